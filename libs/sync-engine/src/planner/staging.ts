import { must, type EntryId } from '@tidemark/domain';
import type { DiskOperation } from '../synchronizer/ports.ts';
import { STAGING, type Trees } from '../trees/trees.port.ts';
import { expectedOf } from './disk-operations.ts';

/** An entry that R has elsewhere and that cannot get there: what it waits for. */
export interface Blocked {
  readonly entry: EntryId;
  readonly by: readonly EntryId[];
}

/**
 * Nothing else can be done, so pulled names and places block one another in a circle: one of them steps aside into the hidden staging folder of the volume. What
 * waits for something parked stays where the person sees it.
 */
export function stageOne(trees: Trees, blocked: readonly Blocked[], parked: ReadonlySet<EntryId>): DiskOperation | undefined {
  const waits = new Map(blocked.map(({ entry, by }) => [entry, by]));
  const isHopeless = (id: EntryId, seen: Set<EntryId>): boolean => {
    if (parked.has(id)) return true;
    if (seen.has(id)) return false;
    seen.add(id);
    return (waits.get(id) ?? []).some((next) => isHopeless(next, seen));
  };
  for (const { entry } of blocked) {
    const local = must(trees.local(entry), 'what is blocked is in L');
    if (local.parent === STAGING || isHopeless(entry, new Set())) continue;
    return { type: 'rename', entry, expect: expectedOf(local), parent: STAGING, name: entry };
  }
  return undefined;
}
