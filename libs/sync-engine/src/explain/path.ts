import type { EntryId } from '@tidemark/domain';
import { STAGING, type Trees } from '../trees/trees.port.ts';

/** Names from the root down joined by `/`, for people: where the disk has the entry, else where the server has it, else where it was agreed to be. */
export function pathOf(trees: Trees, id: EntryId): string {
  const names: string[] = [];
  const seen = new Set<EntryId>();
  for (let at: EntryId | null = id; at !== null && at !== trees.root && at !== STAGING && !seen.has(at);) {
    seen.add(at);
    const here: { readonly parent: EntryId | null; readonly name: string } | null | undefined =
      trees.local(at) ?? trees.remote(at) ?? trees.synced(at)?.place;
    if (here === undefined || here === null) break;
    names.push(here.name);
    at = here.parent;
  }
  return names.reverse().join('/');
}
