import type { Attributes, Content, EntryId, EntryKind, NameRule } from '@tidemark/domain';
import { contentKeyOf, must, nameKey, nanoTime } from '@tidemark/domain';
import type { Database, SqlRow, SqlValue } from '@tidemark/sqlite';
import { bigintOf, integerOf, optionalBigintOf, optionalTextOf, textOf, transaction } from '@tidemark/sqlite';
import {
  ALONE,
  aloneOf,
  pendingOf,
  RecentMap,
  sharesOf,
  type Alone,
  type CopyMemory,
  type Dirty,
  type Identity,
  type LocalEntry,
  type NotedConflict,
  type Pending,
  type RemoteEntry,
  type SyncedEntry,
  type Trees,
} from '@tidemark/sync-engine';
import { contentFromSql, contentToSql, fromJson, idFromSql, idToSql, toJson } from './codec.ts';

/** Rows kept in memory, write-through: planning looks at the same ones again and again. */
const ROWS_CACHED_MAX = 30_000;
const KINDS: readonly EntryKind[] = ['folder', 'file', 'link'];

const READ = `
  SELECT s.*, l.row AS l_row, r.row AS r_row, t.row AS t_row, d.id IS NOT NULL AS is_dirty
  FROM (SELECT ?1 AS wanted) LEFT JOIN synced s ON s.id = wanted LEFT JOIN local l ON l.id = wanted LEFT JOIN remote r ON r.id = wanted
  LEFT JOIN tombstones t ON t.id = wanted LEFT JOIN dirty d ON d.id = wanted`;
const PENDING = 'SELECT count(up) AS ups, total(up) AS up, count(down) AS downs, total(down) AS down FROM dirty';

/** An entry in all three trees, and where its parts are stored. */
interface Triple {
  readonly local: LocalEntry | undefined;
  readonly synced: SyncedEntry | undefined;
  readonly remote: RemoteEntry | undefined;
  readonly isDirty: boolean;
  /** Rows of their own, to be replaced or removed by the next write. */
  readonly stored: { readonly synced: boolean; readonly local: boolean; readonly remote: 'remote' | 'tombstones' | undefined };
}

/** The three trees in the journal; see `schema.ts` for how they are stored. Writes belong in the journal's transaction. */
export class SqliteTrees implements Trees {
  readonly root: EntryId;
  readonly names: NameRule;
  readonly #db: Database;
  readonly #cache = new RecentMap<EntryId, Triple>(ROWS_CACHED_MAX);
  /** What {@link dirtyWithin} said last, until something is written. */
  #dirtySaid: (Dirty & { readonly aloneMax: number }) | undefined;
  #leftOutKnown: ReadonlySet<EntryId> | undefined;

  constructor(db: Database, root: EntryId, names: NameRule) {
    this.#db = db;
    this.root = root;
    this.names = names;
  }

  /** After a transaction that failed: what is cached may never have been written. And when there is nothing to do: it holds tens of megabytes. */
  forget(): void {
    this.#cache.clear();
    this.#dirtySaid = undefined;
    this.#leftOutKnown = undefined;
  }

  /** Roughly how many entries there are. */
  size(): number {
    const row = this.#db.get('SELECT (SELECT count(*) FROM synced) + (SELECT count(*) FROM local) AS n');
    return row === undefined ? 0 : integerOf(row, 'n');
  }

  local(id: EntryId): LocalEntry | undefined {
    return this.#load(id).local;
  }

  synced(id: EntryId): SyncedEntry | undefined {
    return this.#load(id).synced;
  }

  remote(id: EntryId): RemoteEntry | undefined {
    return this.#load(id).remote;
  }

  setLocal(id: EntryId, entry: LocalEntry | undefined): void {
    this.#write(id, { ...this.#load(id), local: entry });
  }

  setSynced(id: EntryId, entry: SyncedEntry | undefined): void {
    this.#write(id, { ...this.#load(id), synced: entry });
  }

  setRemote(row: RemoteEntry): void {
    const before = this.#load(row.id);
    if (before.remote !== undefined && row.feed <= before.remote.feed) return;
    const wasWanted = row.kind === 'folder' && this.#isWanted(row.id);
    this.#write(row.id, { ...before, remote: row });
    if (row.kind === 'folder' && !wasWanted && this.#isWanted(row.id)) this.#lookAgain(row.id);
  }

  clearRemote(): void {
    transaction(this.#db, () => {
      const affected = this.#db.all(`
        SELECT id FROM synced WHERE r_same = 1 UNION SELECT id FROM remote UNION SELECT id FROM tombstones`);
      for (const row of affected) {
        const id = idFromSql(row['id']);
        this.#write(id, { ...this.#load(id), remote: undefined });
      }
    });
  }

  *localChildren(parent: EntryId): Iterable<LocalEntry> {
    const sql = 'SELECT id FROM synced WHERE parent = ?1 AND l_same = 1 UNION ALL SELECT id FROM local WHERE parent = ?1';
    for (const id of this.#ids(sql, parent)) {
      const { local } = this.#load(id);
      if (local?.parent === parent) yield local;
    }
  }

  *syncedChildren(parent: EntryId): Iterable<SyncedEntry> {
    for (const id of this.#ids('SELECT id FROM synced WHERE parent = ?1', parent)) {
      const { synced } = this.#load(id);
      if (synced?.place?.parent === parent) yield synced;
    }
  }

  *remoteChildren(parent: EntryId): Iterable<RemoteEntry> {
    const sql = `
      SELECT id FROM synced WHERE parent = ?1 AND r_same = 1 UNION ALL SELECT id FROM remote WHERE parent = ?1 AND deleted = 0
      UNION ALL SELECT id FROM tombstones WHERE parent = ?1 AND deleted = 0`;
    for (const id of this.#ids(sql, parent)) {
      const { remote } = this.#load(id);
      if (remote?.parent === parent && !remote.deleted) yield remote;
    }
  }

  localByKey(parent: EntryId, key: string): readonly LocalEntry[] {
    const sql = `
      SELECT id FROM synced WHERE parent = ?1 AND ifnull(key, name) = ?2 AND l_same = 1
      UNION ALL SELECT id FROM local WHERE parent = ?1 AND key = ?2`;
    return this.#ids(sql, parent, key)
      .map((id) => this.#load(id).local)
      .filter((entry) => entry !== undefined);
  }

  remoteByKey(parent: EntryId, key: string): RemoteEntry | undefined {
    const sql = `
      SELECT id FROM synced WHERE parent = ?1 AND ifnull(key, name) = ?2 AND r_same = 1
      UNION ALL SELECT id FROM remote WHERE parent = ?1 AND key = ?2 AND deleted = 0
      UNION ALL SELECT id FROM tombstones WHERE parent = ?1 AND key = ?2 AND deleted = 0`;
    const [id] = this.#ids(sql, parent, key);
    return id === undefined ? undefined : this.#load(id).remote;
  }

  localByIdentity(identity: Identity): LocalEntry | undefined {
    const sql = 'SELECT id FROM synced WHERE identity = ?1 UNION ALL SELECT id FROM local WHERE identity = ?1';
    const [id] = sorted(this.#db.all(sql, identity));
    return id === undefined ? undefined : this.#load(id).local;
  }

  *standInsOf(entry: EntryId): Iterable<RemoteEntry> {
    const sql = `
      SELECT id FROM synced WHERE rescue_of = ?1 UNION ALL SELECT id FROM remote WHERE rescue_of = ?1
      UNION ALL SELECT id FROM tombstones WHERE rescue_of = ?1`;
    for (const id of this.#ids(sql, entry)) {
      const { remote } = this.#load(id);
      if (remote?.rescueOf === entry) yield remote;
    }
  }

  leaveOut(entries: readonly EntryId[]): void {
    const before = this.#leftOut;
    const now = new Set(entries);
    const changed = [...now, ...before].filter((id) => !now.has(id) || !before.has(id));
    if (changed.length === 0) return;
    this.#leftOutKnown = now;
    this.#dirtySaid = undefined;
    for (const id of changed) {
      if (now.has(id)) this.#db.run('INSERT INTO left_out VALUES (?)', idToSql(id));
      else this.#db.run('DELETE FROM left_out WHERE id = ?', idToSql(id));
      this.#lookAgain(id);
      const triple = this.#load(id);
      if (isElsewhereOnly(triple)) this.#write(id, triple);
    }
  }

  dirty(): readonly EntryId[] {
    return this.dirtyWithin(Infinity).ids;
  }

  dirtyWithin(aloneMax: number): Dirty {
    const said = this.#dirtySaid;
    if (said !== undefined && (said.aloneMax === aloneMax || (said.cut.length === 0 && said.aloneMax < aloneMax))) return said;
    const differing = this.#differing(aloneMax);
    this.#dirtySaid = { ...differing, ids: this.#withWhatIsBelow(differing.ids), aloneMax };
    return this.#dirtySaid;
  }

  pending(): Pending {
    const row = must(this.#db.get(PENDING), 'sums are a row');
    return {
      upload: { entries: integerOf(row, 'ups'), bytes: integerOf(row, 'up') },
      download: { entries: integerOf(row, 'downs'), bytes: integerOf(row, 'down') },
    };
  }

  /** What differs by itself. */
  #differing(aloneMax: number): Dirty {
    if (aloneMax === Infinity) return { ids: idsOf(this.#db.all('SELECT id FROM dirty')), cut: [], late: [] };
    const ids = idsOf(this.#db.all('SELECT id FROM dirty WHERE alone = 0'));
    const { first, last } = sharesOf(aloneMax);
    const cut: Alone[] = [];
    const late: EntryId[] = [];
    ALONE.forEach((kind, n) => {
      const some = idsOf(this.#db.all('SELECT id FROM dirty WHERE alone = ? ORDER BY id LIMIT ?', n + 1, aloneMax + 1));
      if (some.length > aloneMax) {
        cut.push(kind);
        some.length = first;
        late.push(...idsOf(this.#db.all('SELECT id FROM dirty WHERE alone = ? ORDER BY id DESC LIMIT ?', n + 1, last)));
      }
      for (const id of some) ids.push(id);
    });
    for (const id of late) ids.push(id);
    return { ids, cut, late };
  }

  #withWhatIsBelow(differing: readonly EntryId[]): readonly EntryId[] {
    const found = new Set<EntryId>();
    const below: EntryId[] = [];
    const quiet: EntryId[] = [];
    const live = new Map<EntryId, boolean>();
    const leftOut = new Map<EntryId, boolean>();
    for (const id of differing) {
      const triple = this.#load(id);
      const { local, synced, remote } = triple;
      const isLive = this.#isLive(id, live);
      if (isElsewhereOnly(triple) && (!isLive || this.#isLeftOut(id, leftOut))) {
        quiet.push(id);
        continue;
      }
      found.add(id);
      // Below a folder that only this device knows everything differs by itself.
      if (!isLive && (local ?? synced)?.kind === 'folder' && aloneOf(local, synced, remote) !== 'here') below.push(id);
    }
    // Of what is deleted with a folder, or left out with it, nothing is here: it is looked at again when the folder comes back.
    if (quiet.length > 0) transaction(this.#db, () => quiet.forEach((id) => this.#write(id, this.#load(id), { isQuiet: true })));
    const walked = new Set<EntryId>();
    for (let folder = below.pop(); folder !== undefined; folder = below.pop()) {
      if (walked.has(folder)) continue;
      walked.add(folder);
      const sql = 'SELECT id, kind FROM synced WHERE parent = ?1 UNION ALL SELECT id, kind FROM local WHERE parent = ?1';
      for (const row of this.#db.all(sql, idToSql(folder))) {
        const child = idFromSql(row['id']);
        found.add(child);
        if (row['kind'] === 0) below.push(child);
      }
    }
    found.delete(this.root);
    return [...found].sort();
  }

  copyMemory(entry: EntryId, base: bigint): CopyMemory | undefined {
    const row = this.#db.get('SELECT memory FROM copy_memory WHERE entry = ? AND base = ?', idToSql(entry), base);
    return row === undefined ? undefined : fromJson<CopyMemory>(textOf(row, 'memory'));
  }

  setCopyMemory(entry: EntryId, base: bigint, memory: CopyMemory): void {
    this.#db.run('INSERT OR REPLACE INTO copy_memory VALUES (?, ?, ?)', idToSql(entry), base, toJson(memory));
  }

  isLeft(identity: Identity): boolean {
    return this.#db.get('SELECT 1 FROM left_folders WHERE identity = ?', identity) !== undefined;
  }

  setLeft(identity: Identity, left: boolean): void {
    this.#db.run(left ? 'INSERT OR IGNORE INTO left_folders VALUES (?)' : 'DELETE FROM left_folders WHERE identity = ?', identity);
  }

  conflicts(): readonly NotedConflict[] {
    return this.#db.all('SELECT noted FROM conflicts ORDER BY key').map((row) => fromJson<NotedConflict>(textOf(row, 'noted')));
  }

  conflict(key: string): NotedConflict | undefined {
    const row = this.#db.get('SELECT noted FROM conflicts WHERE key = ?', key);
    return row && fromJson<NotedConflict>(textOf(row, 'noted'));
  }

  setConflict(key: string, noted: NotedConflict | undefined): void {
    if (noted === undefined) this.#db.run('DELETE FROM conflicts WHERE key = ?', key);
    else this.#db.run('INSERT OR REPLACE INTO conflicts VALUES (?, ?)', key, toJson(noted));
  }

  get #leftOut(): ReadonlySet<EntryId> {
    this.#leftOutKnown ??= new Set(idsOf(this.#db.all('SELECT id FROM left_out')));
    return this.#leftOutKnown;
  }

  /** Neither it nor a folder above is deleted, as far as R knows them all; the root always is. */
  #isLive(id: EntryId, memo?: Map<EntryId, boolean>): boolean {
    return this.#climb(id, (at, row) => (at === this.root ? true : row === undefined || row.deleted ? false : undefined), memo);
  }

  #isLeftOut(id: EntryId, memo?: Map<EntryId, boolean>): boolean {
    return this.#leftOut.size > 0 && this.#climb(id, (at) => (this.#leftOut.has(at) ? true : undefined), memo);
  }

  /** To be fetched if it is not here. */
  #isWanted(id: EntryId): boolean {
    return this.#isLive(id) && !this.#isLeftOut(id);
  }

  /** What the first has to say among it and the folders above it in R; false where none has. While rows are still coming folders may lie in one another. */
  #climb(
    id: EntryId,
    say: (at: EntryId, row: RemoteEntry | undefined) => boolean | undefined,
    memo: Map<EntryId, boolean> | undefined,
  ): boolean {
    const seen = new Set<EntryId>();
    let said: boolean | undefined;
    for (let at: EntryId | null = id; at !== null && !seen.has(at);) {
      said = memo?.get(at);
      if (said !== undefined) break;
      const row: RemoteEntry | undefined = at === this.root ? undefined : this.#load(at).remote;
      seen.add(at);
      said = say(at, row);
      if (said !== undefined) break;
      at = row?.parent ?? null;
    }
    for (const entry of seen) memo?.set(entry, said ?? false);
    return said ?? false;
  }

  /** Whether it is wanted has changed for all that is below a folder and known only remotely. */
  #lookAgain(folder: EntryId): void {
    const folders = [folder];
    const walked = new Set<EntryId>();
    for (let at = folders.pop(); at !== undefined; at = folders.pop()) {
      if (walked.has(at)) continue;
      walked.add(at);
      for (const child of this.remoteChildren(at)) {
        const triple = this.#load(child.id);
        if (isElsewhereOnly(triple)) this.#write(child.id, triple);
        if (child.kind === 'folder') folders.push(child.id);
      }
    }
  }

  #ids(sql: string, id: EntryId, key?: string): readonly EntryId[] {
    return sorted(key === undefined ? this.#db.all(sql, idToSql(id)) : this.#db.all(sql, idToSql(id), key));
  }

  #load(id: EntryId): Triple {
    const cached = this.#cache.get(id);
    if (cached !== undefined) return cached;
    const triple = this.#read(id);
    this.#cache.set(id, triple);
    return triple;
  }

  #read(id: EntryId): Triple {
    const row = must(this.#db.get({ text: READ, bigints: true }, idToSql(id)), 'a row, if only of nothing');
    const hasSynced = row['l_same'] !== null;
    const synced = hasSynced ? syncedFrom(id, row) : undefined;
    const own = optionalTextOf(row, 'l_row');
    const remote = optionalTextOf(row, 'r_row') ?? optionalTextOf(row, 't_row');
    return {
      local:
        synced && row['l_same'] === 1n
          ? localFrom(synced, textOf(row, 'identity'))
          : own === undefined
            ? undefined
            : (JSON.parse(own) as LocalEntry),
      synced,
      remote: synced && row['r_same'] === 1n ? remoteFrom(synced, row) : remote === undefined ? undefined : remoteFromJson(remote),
      isDirty: row['is_dirty'] === 1n,
      stored: {
        synced: hasSynced,
        local: own !== undefined,
        remote: row['r_row'] !== null ? 'remote' : row['t_row'] !== null ? 'tombstones' : undefined,
      },
    };
  }

  #write(id: EntryId, triple: Triple, options: { readonly isQuiet?: boolean } = {}): void {
    if (this.#db.isInTransaction) this.#writeParts(id, triple, options.isQuiet ?? false);
    else {
      try {
        transaction(this.#db, () => this.#writeParts(id, triple, options.isQuiet ?? false));
      } catch (error) {
        this.forget();
        throw error;
      }
    }
  }

  #writeParts(id: EntryId, { local, synced, remote, isDirty: wasDirty, stored }: Triple, isQuiet: boolean): void {
    const key = idToSql(id);
    this.#cache.delete(id); // should a statement fail
    this.#dirtySaid = undefined;
    const lSame = synced !== undefined && local !== undefined && isSameLocal(synced, local);
    const rSame = synced !== undefined && remote !== undefined && isSameRemote(synced, remote);
    if (synced !== undefined) this.#putSynced(key, synced, lSame ? local.identity : undefined, rSame ? remote : undefined);
    else if (stored.synced) this.#db.run('DELETE FROM synced WHERE id = ?', key);

    const ownLocal = local !== undefined && !lSame;
    if (ownLocal) {
      const place = [idOrNull(local.parent), nameKey(local.name, this.names)] as const;
      this.#db.run(
        'INSERT OR REPLACE INTO local VALUES (?, ?, ?, ?, ?, ?)',
        key,
        ...place,
        local.identity,
        KINDS.indexOf(local.kind),
        JSON.stringify(local),
      );
    } else if (stored.local) this.#db.run('DELETE FROM local WHERE id = ?', key);

    const isTombstone =
      remote !== undefined &&
      local === undefined &&
      synced === undefined &&
      (isQuiet || remote.deleted || this.#leftOut.has(id) || (remote.parent !== null && this.#isLeftOut(remote.parent)));
    const table: Triple['stored']['remote'] = remote === undefined || rSame ? undefined : isTombstone ? 'tombstones' : 'remote';
    if (stored.remote !== undefined && stored.remote !== table) this.#db.run(`DELETE FROM ${stored.remote} WHERE id = ?`, key);
    if (table !== undefined && remote !== undefined) {
      const place = [idOrNull(remote.parent), nameKey(remote.name, this.names), remote.deleted] as const;
      const rescueOf = remote.rescueOf === undefined ? null : idToSql(remote.rescueOf);
      this.#db.run(`INSERT OR REPLACE INTO ${table} VALUES (?, ?, ?, ?, ?, ?)`, key, ...place, rescueOf, remoteToJson(remote));
    }

    const isDirty = id !== this.root && !isTombstone && !areEqual(local, synced, remote);
    if (isDirty) {
      const alone = aloneOf(local, synced, remote);
      const { up, down } = pendingOf(local, synced, remote);
      this.#db.run('INSERT OR REPLACE INTO dirty VALUES (?, ?, ?, ?)', key, alone === undefined ? 0 : ALONE.indexOf(alone) + 1, up, down);
    } else if (wasDirty) this.#db.run('DELETE FROM dirty WHERE id = ?', key);
    this.#cache.set(id, { local, synced, remote, isDirty, stored: { synced: synced !== undefined, local: ownLocal, remote: table } });
  }

  #putSynced(key: SqlValue, entry: SyncedEntry, identity: Identity | undefined, remote: RemoteEntry | undefined): void {
    const name = entry.place?.name ?? null;
    const folded = name === null ? null : nameKey(name, this.names);
    const { content, place, attributes, live } = entry.revisions;
    this.#db.run(
      'INSERT OR REPLACE INTO synced VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
      key,
      KINDS.indexOf(entry.kind),
      entry.place === null ? null : idOrNull(entry.place.parent),
      name,
      folded === name ? null : folded,
      entry.content?.value ? contentToSql(entry.content.value) : (entry.content?.target ?? null),
      entry.attributes === null ? null : BigInt(entry.attributes.modified),
      entry.attributes?.executable,
      content,
      place,
      attributes,
      live,
      identity !== undefined,
      identity,
      remote !== undefined,
      remote?.feed,
      remote?.rescueOf === undefined ? null : idToSql(remote.rescueOf),
      isPlain(entry) ? null : toJson(entry),
    );
  }
}

const idOrNull = (id: EntryId | null): SqlValue => (id === null ? null : idToSql(id));
const idsOf = (rows: readonly SqlRow[]): EntryId[] => rows.map((row) => idFromSql(row['id']));
const sorted = (rows: readonly SqlRow[]): readonly EntryId[] => idsOf(rows).sort();

/** In R alone. */
const isElsewhereOnly = ({ local, synced }: Triple): boolean => local === undefined && synced === undefined;

/** Whether the columns hold all of it. */
function isPlain({ kind, place, content, attributes }: SyncedEntry): boolean {
  if (place === null || content === null) return false;
  if (kind === 'folder') return content.key === '' && content.value === undefined && content.target === undefined && attributes === null;
  if (kind === 'link') return attributes === null && content.target !== undefined && content.key === `link:${content.target}`;
  return content.value !== undefined && content.target === undefined && content.key === content.value.id;
}

function syncedFrom(id: EntryId, row: SqlRow): SyncedEntry {
  const odd = optionalTextOf(row, 'odd');
  if (odd !== undefined) return fromJson<SyncedEntry>(odd);
  const kind = KINDS[Number(row['kind'])] ?? 'file';
  const modified = optionalBigintOf(row, 'modified');
  const parent = row['parent'] ?? null;
  return {
    id,
    kind,
    place: { parent: parent === null ? null : idFromSql(parent), name: textOf(row, 'name') },
    content: contentFrom(kind, row['content']),
    attributes: modified === undefined ? null : { modified: nanoTime(modified), executable: row['executable'] === 1n },
    revisions: {
      content: bigintOf(row, 'content_revision'),
      place: bigintOf(row, 'place_revision'),
      attributes: bigintOf(row, 'attributes_revision'),
      live: bigintOf(row, 'live_revision'),
    },
  };
}

function contentFrom(kind: EntryKind, stored: SqlValue | undefined): { key: string; value?: Content; target?: string } {
  if (stored instanceof Uint8Array) {
    const value = contentFromSql(stored);
    return { key: value.id, value };
  }
  return kind === 'link' ? { key: `link:${String(stored)}`, target: String(stored) } : { key: '' };
}

const valuesOf = ({ id, kind, place, content, attributes }: SyncedEntry) => ({
  id,
  kind,
  parent: place?.parent ?? null,
  name: place?.name ?? '',
  ...(content?.value && { content: content.value }),
  ...(content?.target !== undefined && { target: content.target }),
  ...(attributes && { attributes }),
});

const localFrom = (synced: SyncedEntry, identity: Identity): LocalEntry => ({ ...valuesOf(synced), identity });

/** Revisions as text: faster than looking for big numbers everywhere. */
function remoteToJson(row: RemoteEntry): string {
  const { content, place, attributes, live } = row.revisions;
  return JSON.stringify({ ...row, revisions: [content, place, attributes, live].map(String), feed: String(row.feed) });
}

function remoteFromJson(text: string): RemoteEntry {
  const row = JSON.parse(text) as Omit<RemoteEntry, 'revisions' | 'feed'> & {
    revisions: readonly [string, string, string, string];
    feed: string;
  };
  const [content, place, attributes, live] = row.revisions;
  return {
    ...row,
    revisions: { content: BigInt(content), place: BigInt(place), attributes: BigInt(attributes), live: BigInt(live) },
    feed: BigInt(row.feed),
  };
}

const remoteFrom = (synced: SyncedEntry, row: SqlRow): RemoteEntry => ({
  ...valuesOf(synced),
  deleted: false,
  ...(row['rescue_of'] !== null && { rescueOf: idFromSql(row['rescue_of']) }),
  revisions: synced.revisions,
  feed: bigintOf(row, 'feed'),
});

/** Whether S's values are exactly L's or R's, so that they need no row of their own. */
function isSameValue(synced: SyncedEntry, other: LocalEntry | RemoteEntry): boolean {
  return isPlain(synced) && isEqualToSynced(synced, other) && isSameAttributes(synced.attributes ?? undefined, other.attributes);
}

const isSameLocal = (synced: SyncedEntry, local: LocalEntry): boolean => isSameValue(synced, local);
const isSameRemote = (synced: SyncedEntry, remote: RemoteEntry): boolean =>
  !remote.deleted && isSameValue(synced, remote) && isSameRevisions(synced, remote);

const isSameRevisions = ({ revisions: a }: SyncedEntry, { revisions: b }: RemoteEntry): boolean =>
  a.content === b.content && a.place === b.place && a.attributes === b.attributes && a.live === b.live;

const isSameAttributes = (a: Attributes | undefined, b: Attributes | undefined): boolean =>
  a === undefined || b === undefined ? a === b : a.modified === b.modified && a.executable === b.executable;

/** Every aspect that its kind has; one that is unset equals nothing. */
function isEqualToSynced(synced: SyncedEntry, other: LocalEntry | RemoteEntry): boolean {
  return (
    synced.kind === other.kind &&
    synced.place !== null &&
    synced.place.parent === other.parent &&
    synced.place.name === other.name &&
    synced.content !== null &&
    synced.content.key === contentKeyOf(other) &&
    (synced.kind !== 'file' || (synced.attributes !== null && isSameAttributes(synced.attributes, other.attributes)))
  );
}

function areEqual(local: LocalEntry | undefined, synced: SyncedEntry | undefined, remote: RemoteEntry | undefined): boolean {
  if (local === undefined && synced === undefined && remote === undefined) return true;
  if (local === undefined || synced === undefined || remote === undefined || remote.deleted) return false;
  return isEqualToSynced(synced, local) && isEqualToSynced(synced, remote) && isSameRevisions(synced, remote);
}
