import type { EntryId } from '../../ids.ts';
import { must } from '../../kernel/assert.ts';
import { conflictName } from '../../names/conflict-name.ts';
import { BatchView } from '../batch-view.ts';
import type { EntryState } from '../entry.ts';
import type { FolderCreated, WorkspaceEvent } from '../events.ts';
import type { Rescue } from '../operations.ts';
import { isLive, lineage, livingStandIn } from '../tree.ts';
import type { Decision } from '../view.ts';
import { accepted, otherHolder, rejected, type Deciding } from './deciding.ts';

/**
 * Makes stand-ins for a folder that is not live and for its dead ancestors; silent where one lives. Depth is not judged: what is
 * to survive must find a place.
 */
export function rescue(operation: Rescue, deciding: Deciding): Decision {
  const entry = deciding.view.entry(operation.entry);
  if (entry === undefined || entry.kind !== 'folder') return rejected('ENTRY_NOT_FOUND', { current: entry });
  if (isLive(deciding.view, entry.id)) return rejected('ENTRY_LIVE', { current: entry });
  const events: WorkspaceEvent[] = [];
  standIn(entry, { ...deciding, view: new BatchView(deciding.view) }, events, new Set());
  return accepted(...events);
}

type Rescuing = Deciding & { readonly view: BatchView };

/** The folder itself if it lives, else a living stand-in, following stand-ins of stand-ins, else a new one for the last of them. */
function standIn(folder: EntryState, rescuing: Rescuing, events: WorkspaceEvent[], above: ReadonlySet<EntryId>): EntryId {
  const { view } = rescuing;
  const living = livingStandIn(view, folder.id);
  if (living !== undefined) return living;
  const passed = new Set([...above, folder.id]);
  let last = folder;
  for (;;) {
    const made = [...view.standInsOf(last.id)].at(-1);
    // A stand-in that was later moved into what it stood in for would be asked for its own parent for ever.
    if (made === undefined || [...lineage(view, made.id)].some((entry) => passed.has(entry.id))) break;
    passed.add(made.id);
    last = made;
  }
  return makeStandIn(last, rescuing, events, passed);
}

function makeStandIn(folder: EntryState, rescuing: Rescuing, events: WorkspaceEvent[], passed: ReadonlySet<EntryId>): EntryId {
  const { view, facts } = rescuing;
  const above = must(folder.parent === null ? undefined : view.entry(folder.parent), 'only the root has no parent, and it lives');
  const parent = standIn(above, rescuing, events, passed);
  const isTaken = (name: string): boolean => otherHolder(view, parent, name) !== undefined;
  const name = isTaken(folder.name)
    ? conflictName({ name: folder.name, kind: 'folder', device: facts.deviceName, seed: folder.id, taken: isTaken })
    : folder.name;
  const entry = facts.standInId(folder.id, view.head.revision + 1n);
  const event: FolderCreated = { type: 'FolderCreated', v: 1, data: { entry, parent, name, rescueOf: folder.id } };
  view.apply(event);
  events.push(event);
  return entry;
}
