import { nameKey, type EntryId } from '@tidemark/domain';
import type { Trees } from '../trees/trees.port.ts';

/** What one turn settles and plans. */
export interface Due {
  readonly ids: readonly EntryId[];
  /** Nothing that is dirty was left for later. */
  readonly isAll: boolean;
}

/**
 * Of what is dirty all that needs to be seen together, and of what stands alone only so many, with what they lean on: the new folders that they lie in, and who has
 * the name here or there, so that cutting changes when something is decided and never what. Costs what it gives.
 */
export function dueOf(trees: Trees, aloneMax: number): Due {
  const { ids, isAll } = trees.dirtyWithin(aloneMax);
  if (isAll) return { ids, isAll };
  const due = new Set<EntryId>(ids);
  const open = [...ids];
  const add = (id: EntryId): void => {
    if (due.has(id)) return;
    due.add(id);
    open.push(id);
  };
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    const local = trees.local(id);
    const remote = trees.remote(id);
    const synced = trees.synced(id);
    if (synced !== undefined && local !== undefined && remote !== undefined && !remote.deleted) continue;
    if (local !== undefined && local.parent !== null) {
      if (local.parent !== trees.root && trees.local(local.parent) !== undefined && trees.remote(local.parent) === undefined)
        add(local.parent);
      const key = nameKey(local.name, trees.names);
      const holder = trees.remoteByKey(local.parent, key);
      if (holder !== undefined && trees.synced(holder.id) === undefined) add(holder.id);
      for (const twin of trees.localByKey(local.parent, key)) if (trees.synced(twin.id) === undefined) add(twin.id);
    }
    if (remote !== undefined && !remote.deleted && remote.parent !== null) {
      if (remote.parent !== trees.root && trees.local(remote.parent) === undefined && trees.remote(remote.parent) !== undefined)
        add(remote.parent);
      for (const holder of trees.localByKey(remote.parent, nameKey(remote.name, trees.names)))
        if (trees.synced(holder.id) === undefined) add(holder.id);
    }
  }
  return { ids: [...due].toSorted(), isAll };
}
