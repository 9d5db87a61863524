import { contentKeyOf, must, nameKey, NO_REVISION, type EntryId } from '@tidemark/domain';
import { isSamePlace } from '../trees/compare.ts';
import { STAGING, type CopyMemory, type LocalEntry, type RemoteEntry, type Trees } from '../trees/trees.port.ts';
import type { Marks } from './marks.ts';

/** What becomes of an entry's place: nothing, L is sent, R is followed; `undo`: R is followed because two moves would make a cycle. */
export type PlaceDecision = 'none' | 'push' | 'pull' | 'undo';

/**
 * Questions about the three trees that several rules ask. R does not change while one lives; L and S may (settling), unless `frozen`.
 * Each answer costs what it has to look at: a way up to the root, the children of a folder, what lies below a folder that is gone.
 */
export class Situation {
  readonly trees: Trees;
  readonly marks: Marks;
  readonly #frozen: boolean;
  readonly #live = new Map<EntryId, boolean>();
  readonly #needs = new Map<EntryId, boolean>();

  constructor(trees: Trees, marks: Marks, options: { readonly frozen: boolean }) {
    this.trees = trees;
    this.marks = marks;
    this.#frozen = options.frozen;
    this.#live.set(trees.root, true);
  }

  /** In R, and neither it nor any ancestor is deleted. */
  isLive(id: EntryId | null): boolean {
    const path: EntryId[] = [];
    let at = id;
    let found: boolean | undefined;
    while (found === undefined) {
      if (at === null) found = false;
      else {
        found = this.#live.get(at);
        if (found !== undefined) break;
        path.push(at);
        const row: RemoteEntry | undefined = this.trees.remote(at);
        if (row === undefined || row.deleted) found = false;
        else at = row.parent;
      }
    }
    for (const one of path) this.#live.set(one, found);
    return found;
  }

  /** A folder that something can be put into on disk. */
  isLocalFolder(id: EntryId | null): id is EntryId {
    return id !== null && (id === this.trees.root || this.trees.local(id)?.kind === 'folder');
  }

  key(name: string): string {
    return nameKey(name, this.trees.names);
  }

  localHolder(parent: EntryId, name: string, except?: EntryId): LocalEntry | undefined {
    return this.trees.localByKey(parent, this.key(name)).find((local) => local.id !== except);
  }

  remoteHolder(parent: EntryId, name: string, except?: EntryId): RemoteEntry | undefined {
    const holder = this.trees.remoteByKey(parent, this.key(name));
    return holder?.id === except ? undefined : holder;
  }

  isWithinLocal(id: EntryId, ancestor: EntryId): boolean {
    const seen = new Set<EntryId>();
    for (let at: EntryId | null | undefined = id; at !== null && at !== undefined && !seen.has(at); at = this.trees.local(at)?.parent) {
      if (at === ancestor) return true;
      seen.add(at);
    }
    return false;
  }

  /** Live rows strictly below a live folder. */
  *remoteBelow(id: EntryId): Iterable<RemoteEntry> {
    const open = [id];
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      for (const row of this.trees.remoteChildren(at)) {
        yield row;
        if (row.kind === 'folder') open.push(row.id);
      }
    }
  }

  isStaged(local: LocalEntry): boolean {
    return local.parent === STAGING;
  }

  /** Whether two moves make a cycle is judged on the merged tree: own moves, also those under way, count as done. */
  placeDecision(id: EntryId): PlaceDecision {
    const { trees } = this;
    const local = trees.local(id);
    const synced = trees.synced(id);
    const remote = trees.remote(id);
    if (local === undefined || synced === undefined || remote === undefined || !this.isLive(id)) return 'none';
    if (this.isStaged(local)) return 'pull';
    const isLocalChange = !isSamePlace(local, synced.place);
    const isRemoteChange = !isSamePlace(remote, synced.place);
    if (!isLocalChange && !isRemoteChange) return 'none';
    if (isLocalChange && isRemoteChange) return isSamePlace(local, remote) ? 'none' : 'pull';
    if (isRemoteChange) return 'pull';
    return this.#closesCycle(id, local.parent);
  }

  #closesCycle(id: EntryId, from: EntryId | null): PlaceDecision {
    const { trees } = this;
    const seen = new Set<EntryId>();
    for (let at = from; at !== null && at !== trees.root && !seen.has(at);) {
      if (at === id) return 'undo';
      seen.add(at);
      if (this.marks.hasAny(at)) return 'none';
      const local = trees.local(at);
      const synced = trees.synced(at);
      const remote = trees.remote(at);
      const isOurs =
        local !== undefined &&
        (synced === undefined ||
          !this.isLive(at) ||
          (!isSamePlace(local, synced.place) && remote !== undefined && isSamePlace(remote, synced.place)));
      at = (isOurs ? local.parent : remote?.parent) ?? null;
    }
    return 'push';
  }

  /** What a copy of the entry last got from here, for its present base. */
  copyMemory(id: EntryId): CopyMemory | undefined {
    const synced = this.trees.synced(id);
    return synced === undefined ? undefined : this.trees.copyMemory(id, synced.revisions.content);
  }

  /** The local content differs from the agreed one and is not safe in a copy. */
  isContentChanged(id: EntryId): boolean {
    const local = must(this.trees.local(id), 'asked of what is in L');
    const key = contentKeyOf(local);
    return local.kind !== 'folder' && key !== this.trees.synced(id)?.content?.key && this.copyMemory(id)?.content !== key;
  }

  isPlaceChanged(id: EntryId): boolean {
    const local = must(this.trees.local(id), 'asked of what is in L');
    return !this.isStaged(local) && !isSamePlace(local, this.trees.synced(id)?.place ?? null);
  }

  /** Of a child in a folder that is not live: it needs the folder to live on. */
  needsDirectly(child: LocalEntry): boolean {
    const isLive = this.isLive(child.id);
    if (this.trees.synced(child.id) === undefined) return !isLive;
    if (isLive) return this.placeDecision(child.id) === 'push';
    return this.isContentChanged(child.id) || this.isPlaceChanged(child.id);
  }

  /** Something in this folder, which is not live, needs it to live on. */
  isNeeded(folder: EntryId): boolean {
    if (!this.#frozen) this.#needs.clear();
    return this.#isNeeded(folder);
  }

  #isNeeded(folder: EntryId): boolean {
    const known = this.#needs.get(folder);
    if (known !== undefined) return known;
    this.#needs.set(folder, false);
    let needed = false;
    for (const child of this.trees.localChildren(folder)) {
      const isDead = this.trees.synced(child.id) !== undefined && !this.isLive(child.id);
      if (this.needsDirectly(child) || (isDead && child.kind === 'folder' && this.#isNeeded(child.id))) {
        needed = true;
        break;
      }
    }
    this.#needs.set(folder, needed);
    return needed;
  }

  /**
   * Of a folder in S that is gone from L, live and unmoved in R. `delete` as one only if every row of R below it was in S, unmoved and unchanged, and none of
   * it is on disk elsewhere with its move not yet in R (`wait`).
   */
  fate(id: EntryId): 'delete' | 'keep' | 'wait' {
    if (this.marks.hasAny(id)) return 'wait';
    let decided: 'delete' | 'wait' = 'delete';
    let keeps = false;
    for (const row of this.remoteBelow(id)) {
      if (this.marks.hasAny(row.id)) return 'wait';
      if (keeps) continue;
      const synced = this.trees.synced(row.id);
      if (synced === undefined || !isSamePlace(row, synced.place) || synced.content?.key !== contentKeyOf(row)) keeps = true;
      else if (this.trees.local(row.id) !== undefined) decided = 'wait';
    }
    return keeps ? 'keep' : decided;
  }

  /** What the row stands in for, or what that stands in for, is still held by this device without being live: it is taken over, never fetched. */
  isStandInForOurs(row: RemoteEntry): boolean {
    const seen = new Set<EntryId>();
    for (let at = row.rescueOf; at !== undefined && !seen.has(at); at = this.trees.remote(at)?.rescueOf) {
      seen.add(at);
      if (this.trees.local(at) !== undefined && !this.isLive(at)) return true;
    }
    return false;
  }

  livingStandIn(id: EntryId, seen: Set<EntryId> = new Set()): RemoteEntry | undefined {
    if (seen.has(id)) return undefined;
    seen.add(id);
    for (const row of this.trees.standInsOf(id)) {
      if (this.isLive(row.id)) return row;
      const further = this.livingStandIn(row.id, seen);
      if (further !== undefined) return further;
    }
    return undefined;
  }

  /** The local entry, not known to anybody else, may become the remote one. */
  isAdoptable(row: RemoteEntry, occupant: LocalEntry): boolean {
    if (this.trees.synced(occupant.id) !== undefined || this.isLive(occupant.id) || this.isStaged(occupant)) return false;
    return occupant.kind === row.kind && contentKeyOf(occupant) === contentKeyOf(row);
  }

  /** Restored by somebody since it was agreed on. */
  isRestoredSince(id: EntryId): boolean {
    const live = this.trees.synced(id)?.revisions.live;
    return live !== undefined && live !== NO_REVISION && live !== this.trees.remote(id)?.revisions.live;
  }
}
