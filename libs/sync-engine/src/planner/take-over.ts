import type { EntryId } from '@tidemark/domain';
import type { Trees } from '../trees/trees.port.ts';

/** The local entry becomes another one, in L and S, with everything in it. */
export function takeOver(trees: Trees, from: EntryId, to: EntryId): void {
  const local = trees.local(from);
  const synced = trees.synced(from);
  trees.setLocal(from, undefined);
  trees.setSynced(from, undefined);
  if (local !== undefined) trees.setLocal(to, { ...local, id: to });
  if (synced !== undefined) trees.setSynced(to, { ...synced, id: to });
  for (const child of Array.from(trees.localChildren(from))) trees.setLocal(child.id, { ...child, parent: to });
  for (const child of Array.from(trees.syncedChildren(from))) {
    if (child.place !== null) trees.setSynced(child.id, { ...child, place: { ...child.place, parent: to } });
  }
}
