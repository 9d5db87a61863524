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
  const { ids, cut, late } = trees.dirtyWithin(aloneMax);
  if (cut.length === 0) return { ids, isAll: true };
  const due = new Set<EntryId>(ids);
  const open = [...ids];
  const isLate = new Set(late);
  const [isHereCut, isThereCut] = [cut.includes('here'), cut.includes('there')];
  const add = (id: EntryId): void => {
    if (due.has(id)) return;
    due.add(id);
    open.push(id);
  };
  const addNew = (id: EntryId): void => {
    if (trees.synced(id) === undefined) add(id);
  };
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    const local = trees.local(id);
    const remote = trees.remote(id);
    if (local !== undefined && local.parent !== null && trees.synced(id) === undefined) {
      const { parent, name } = local;
      if (isHereCut && parent !== trees.root && trees.local(parent) !== undefined && trees.remote(parent) === undefined) add(parent);
      const holder = isThereCut ? trees.remoteByKey(parent, nameKey(name, trees.names)) : undefined;
      if (holder !== undefined) addNew(holder.id);
      // Of several that want one name the oldest goes first.
      if (isLate.has(id)) for (const twin of trees.localByKey(parent, nameKey(name, trees.names))) addNew(twin.id);
    }
    if (remote !== undefined && !remote.deleted && remote.parent !== null) {
      const { parent, name } = remote;
      if (isThereCut && trees.local(parent) === undefined && trees.remote(parent) !== undefined && parent !== trees.root) add(parent);
      if (isHereCut && local === undefined) for (const holder of trees.localByKey(parent, nameKey(name, trees.names))) addNew(holder.id);
    }
  }
  return { ids: [...due].toSorted(), isAll: false };
}
