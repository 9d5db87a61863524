import { nameKey, type EntryId, type NameRule } from '@tidemark/domain';
import { ALONE, aloneOf, sharesOf } from './alone.ts';
import { isAgreed } from './compare.ts';
import { MultiMap } from './multi-map.ts';
import { pendingOf } from './pending.ts';
import type {
  Alone,
  CopyMemory,
  Dirty,
  Identity,
  LocalEntry,
  NotedConflict,
  Pending,
  RemoteEntry,
  SyncedEntry,
  Trees,
} from './trees.port.ts';

/** The three trees in memory: for tests and simulations, and the pattern for the journal's. */
export class MemoryTrees implements Trees {
  readonly root: EntryId;
  readonly names: NameRule;
  readonly #local = new Map<EntryId, LocalEntry>();
  readonly #synced = new Map<EntryId, SyncedEntry>();
  readonly #remote = new Map<EntryId, RemoteEntry>();
  readonly #localChildren = new MultiMap<EntryId, EntryId>();
  readonly #syncedChildren = new MultiMap<EntryId, EntryId>();
  readonly #remoteChildren = new MultiMap<EntryId, EntryId>();
  readonly #localKeys = new MultiMap<string, EntryId>();
  readonly #remoteKeys = new MultiMap<string, EntryId>();
  readonly #identities = new MultiMap<Identity, EntryId>();
  readonly #standIns = new MultiMap<EntryId, EntryId>();
  readonly #copies = new Map<string, CopyMemory>();
  readonly #left = new Set<Identity>();
  readonly #conflicts = new Map<string, NotedConflict>();
  /** Where the three rows are not agreed: a superset of what is dirty by itself. */
  readonly #unsettled = new Set<EntryId>();
  #leftOut: ReadonlySet<EntryId> = new Set();

  constructor(root: EntryId, names: NameRule) {
    this.root = root;
    this.names = names;
  }

  local(id: EntryId): LocalEntry | undefined {
    return this.#local.get(id);
  }

  synced(id: EntryId): SyncedEntry | undefined {
    return this.#synced.get(id);
  }

  remote(id: EntryId): RemoteEntry | undefined {
    return this.#remote.get(id);
  }

  setLocal(id: EntryId, entry: LocalEntry | undefined): void {
    const before = this.#local.get(id);
    if (before !== undefined) {
      this.#identities.delete(before.identity, id);
      if (before.parent !== null) {
        this.#localChildren.delete(before.parent, id);
        this.#localKeys.delete(this.#slot(before.parent, before.name), id);
      }
    }
    if (entry === undefined) this.#local.delete(id);
    else {
      this.#local.set(id, entry);
      this.#identities.add(entry.identity, id);
      if (entry.parent !== null) {
        this.#localChildren.add(entry.parent, id);
        this.#localKeys.add(this.#slot(entry.parent, entry.name), id);
      }
    }
    this.#weigh(id);
  }

  setSynced(id: EntryId, entry: SyncedEntry | undefined): void {
    const before = this.#synced.get(id)?.place?.parent;
    if (before !== undefined && before !== null) this.#syncedChildren.delete(before, id);
    if (entry === undefined) this.#synced.delete(id);
    else {
      this.#synced.set(id, entry);
      if (entry.place !== null && entry.place.parent !== null) this.#syncedChildren.add(entry.place.parent, id);
    }
    this.#weigh(id);
  }

  setRemote(row: RemoteEntry): void {
    const before = this.#remote.get(row.id);
    if (before !== undefined && before.feed >= row.feed) return;
    if (before !== undefined) this.#leaveRemote(before);
    this.#remote.set(row.id, row);
    if (!row.deleted && row.parent !== null) {
      this.#remoteChildren.add(row.parent, row.id);
      this.#remoteKeys.add(this.#slot(row.parent, row.name), row.id);
    }
    if (row.rescueOf !== undefined) this.#standIns.add(row.rescueOf, row.id);
    this.#weigh(row.id);
  }

  clearRemote(): void {
    const rows = [...this.#remote.values()];
    this.#remote.clear();
    for (const row of rows) {
      this.#leaveRemote(row);
      this.#weigh(row.id);
    }
  }

  *localChildren(parent: EntryId): Iterable<LocalEntry> {
    for (const id of this.#localChildren.get(parent)) yield* known(this.#local, id);
  }

  *syncedChildren(parent: EntryId): Iterable<SyncedEntry> {
    for (const id of this.#syncedChildren.get(parent)) yield* known(this.#synced, id);
  }

  *remoteChildren(parent: EntryId): Iterable<RemoteEntry> {
    for (const id of this.#remoteChildren.get(parent)) yield* known(this.#remote, id);
  }

  localByKey(parent: EntryId, key: string): readonly LocalEntry[] {
    return this.#localKeys.get(`${parent}/${key}`).flatMap((id) => [...known(this.#local, id)]);
  }

  remoteByKey(parent: EntryId, key: string): RemoteEntry | undefined {
    const [id] = this.#remoteKeys.get(`${parent}/${key}`);
    return id === undefined ? undefined : this.#remote.get(id);
  }

  localByIdentity(identity: Identity): LocalEntry | undefined {
    const [id] = this.#identities.get(identity);
    return id === undefined ? undefined : this.#local.get(id);
  }

  *standInsOf(entry: EntryId): Iterable<RemoteEntry> {
    for (const id of this.#standIns.get(entry)) yield* known(this.#remote, id);
  }

  leaveOut(entries: readonly EntryId[]): void {
    this.#leftOut = new Set(entries);
  }

  dirty(): readonly EntryId[] {
    const { own, below } = this.#differing();
    return [...new Set([...own, ...below])].toSorted();
  }

  /** What differs by itself, and everything below folders that are not live any more. */
  #differing(): { readonly own: readonly EntryId[]; readonly below: ReadonlySet<EntryId> } {
    const own: EntryId[] = [];
    const below = new Set<EntryId>();
    const live = new Map<EntryId, boolean>([[this.root, true]]);
    const walked = new Set<EntryId>();
    for (const id of this.#unsettled) {
      const isLive = this.#isLive(id, live);
      const isHere = this.#isHere(id);
      if (isHere || (isLive && !this.#isLeftOut(id))) own.push(id);
      // Below a folder that only this device knows everything differs by itself.
      if (isHere && !isLive && this.#kindOf(id) !== 'here') this.#addBelow(id, below, walked);
    }
    below.delete(this.root);
    return { own, below };
  }

  dirtyWithin(aloneMax: number): Dirty {
    const alone = new Map<Alone, EntryId[]>(ALONE.map((kind) => [kind, []]));
    const { own, below } = this.#differing();
    const ids = [...below];
    for (const id of own.toSorted()) {
      if (below.has(id)) continue;
      const kind = this.#kindOf(id);
      (kind === undefined ? ids : alone.get(kind))?.push(id);
    }
    const { first, last } = sharesOf(aloneMax);
    const cut: Alone[] = [];
    const late: EntryId[] = [];
    for (const [kind, all] of alone) {
      if (all.length <= aloneMax) ids.push(...all);
      else {
        cut.push(kind);
        ids.push(...all.slice(0, first));
        late.push(...all.slice(all.length - last));
      }
    }
    return { ids: [...ids, ...late].toSorted(), cut, late };
  }

  pending(): Pending {
    const [upload, download] = [
      { entries: 0, bytes: 0 },
      { entries: 0, bytes: 0 },
    ];
    const live = new Map<EntryId, boolean>([[this.root, true]]);
    for (const id of this.#unsettled) {
      if (!this.#isHere(id) && !(this.#isLive(id, live) && !this.#isLeftOut(id))) continue;
      const { up, down } = pendingOf(this.#local.get(id), this.#synced.get(id), this.#remote.get(id));
      if (up !== undefined) [upload.entries, upload.bytes] = [upload.entries + 1, upload.bytes + up];
      if (down !== undefined) [download.entries, download.bytes] = [download.entries + 1, download.bytes + down];
    }
    return { upload, download };
  }

  copyMemory(entry: EntryId, base: bigint): CopyMemory | undefined {
    return this.#copies.get(`${entry}:${base}`);
  }

  setCopyMemory(entry: EntryId, base: bigint, memory: CopyMemory): void {
    this.#copies.set(`${entry}:${base}`, memory);
  }

  isLeft(identity: Identity): boolean {
    return this.#left.has(identity);
  }

  setLeft(identity: Identity, left: boolean): void {
    if (left) this.#left.add(identity);
    else this.#left.delete(identity);
  }

  conflicts(): readonly NotedConflict[] {
    return [...this.#conflicts.values()].toSorted((a, b) => (a.key < b.key ? -1 : 1));
  }

  conflict(key: string): NotedConflict | undefined {
    return this.#conflicts.get(key);
  }

  setConflict(key: string, noted: NotedConflict | undefined): void {
    if (noted === undefined) this.#conflicts.delete(key);
    else this.#conflicts.set(key, noted);
  }

  /** Every row of a tree, in no particular order: for tests, which compare whole trees. */
  all(): { local: Iterable<LocalEntry>; synced: Iterable<SyncedEntry>; remote: Iterable<RemoteEntry> } {
    return { local: this.#local.values(), synced: this.#synced.values(), remote: this.#remote.values() };
  }

  #kindOf(id: EntryId): Alone | undefined {
    return aloneOf(this.#local.get(id), this.#synced.get(id), this.#remote.get(id));
  }

  #slot(parent: EntryId, name: string): string {
    return `${parent}/${nameKey(name, this.names)}`;
  }

  #leaveRemote(row: RemoteEntry): void {
    if (row.rescueOf !== undefined) this.#standIns.delete(row.rescueOf, row.id);
    if (row.deleted || row.parent === null) return;
    this.#remoteChildren.delete(row.parent, row.id);
    this.#remoteKeys.delete(this.#slot(row.parent, row.name), row.id);
  }

  #weigh(id: EntryId): void {
    const local = this.#local.get(id);
    const synced = this.#synced.get(id);
    const remote = this.#remote.get(id);
    const quiet =
      local === undefined && synced === undefined
        ? remote === undefined || remote.deleted
        : local !== undefined && synced !== undefined && remote !== undefined && isAgreed(local, synced, remote);
    if (quiet || id === this.root) this.#unsettled.delete(id);
    else this.#unsettled.add(id);
  }

  #isHere(id: EntryId): boolean {
    return this.#local.has(id) || this.#synced.has(id);
  }

  #isLeftOut(id: EntryId): boolean {
    if (this.#leftOut.size === 0) return false;
    const seen = new Set<EntryId>();
    for (let at: EntryId | null | undefined = id; at !== null && at !== undefined && !seen.has(at); at = this.#remote.get(at)?.parent) {
      if (this.#leftOut.has(at)) return true;
      seen.add(at);
    }
    return false;
  }

  #isLive(id: EntryId, live: Map<EntryId, boolean>): boolean {
    const path: EntryId[] = [];
    let at: EntryId | null = id;
    let found: boolean | undefined;
    while (found === undefined) {
      found = at === null ? false : live.get(at);
      if (found !== undefined || at === null) break;
      const row: RemoteEntry | undefined = this.#remote.get(at);
      path.push(at);
      live.set(at, false);
      if (row === undefined || row.deleted) found = false;
      else at = row.parent;
    }
    for (const one of path) live.set(one, found ?? false);
    return found ?? false;
  }

  #addBelow(folder: EntryId, ids: Set<EntryId>, walked: Set<EntryId>): void {
    const open = [folder];
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      if (walked.has(at)) continue;
      walked.add(at);
      for (const id of [...this.#localChildren.get(at), ...this.#syncedChildren.get(at)]) {
        ids.add(id);
        open.push(id);
      }
    }
  }
}

function* known<Row>(tree: ReadonlyMap<EntryId, Row>, id: EntryId): Iterable<Row> {
  const row = tree.get(id);
  if (row !== undefined) yield row;
}
