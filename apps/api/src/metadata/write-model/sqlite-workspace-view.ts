import { sha256Hex } from '@tidemark/chunking';
import {
  NO_REVISION,
  START,
  applyChange,
  assert,
  changedAt,
  changesOf,
  conflictAfter,
  encodeJson,
  isChained,
  must,
  nameKey,
  parseWorkspaceEvent,
  type AccountId,
  type Attributes,
  type Chain,
  type ConflictId,
  type ConflictState,
  type Content,
  type Cursor,
  type DeviceId,
  type EntryId,
  type EntryKind,
  type EntryState,
  type RecordedEvent,
  type Revision,
  type Role,
  type Row,
  type Settling,
  type WorkspaceEvent,
  type WorkspaceFacts,
  type WorkspaceView,
} from '@tidemark/domain';
import { bigintOf, booleanOf, optionalBigintOf, optionalTextOf, textOf, transaction, type Database, type SqlRow } from '@tidemark/sqlite';
import { BrokenHistory } from './broken-history.ts';
import { soundPart, type StreamView } from './followed-view.ts';
import { openViewFile, removeViewFile } from './view-file.ts';

/** Found entries kept in memory per view. */
const ENTRIES_KEPT_MAX = 1_000;
/** Chains of the last events, kept in memory per view: devices that are only just behind are known without a look into the log. */
const CHAINS_KEPT_MAX = 500;

/** One released shape. A view of another shape is built again rather than migrated, so this list only ever has one member. */
const SCHEMA = `
  CREATE TABLE head (one INTEGER PRIMARY KEY CHECK (one = 1), revision INTEGER NOT NULL, chain TEXT NOT NULL, workspace TEXT) STRICT;
  CREATE TABLE members (account TEXT PRIMARY KEY, role TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE entries (
    id TEXT PRIMARY KEY, kind TEXT NOT NULL, parent TEXT, name TEXT NOT NULL, name_key TEXT NOT NULL, deleted INTEGER NOT NULL,
    content TEXT, target TEXT, attributes TEXT, rescue_of TEXT,
    content_revision INTEGER NOT NULL, place_revision INTEGER NOT NULL, attributes_revision INTEGER NOT NULL, live_revision INTEGER NOT NULL,
    feed INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX children ON entries (parent, name_key) WHERE deleted = 0;
  CREATE INDEX by_feed ON entries (feed);
  CREATE INDEX stand_ins ON entries (rescue_of) WHERE rescue_of IS NOT NULL;
  CREATE TABLE commits (device TEXT NOT NULL, number INTEGER NOT NULL, revision INTEGER NOT NULL, PRIMARY KEY (device, number)) STRICT, WITHOUT ROWID;
  CREATE TABLE conflicts (id TEXT PRIMARY KEY, how TEXT, settled INTEGER) STRICT, WITHOUT ROWID;
  INSERT INTO head VALUES (1, -1, '${START.chain}', NULL);
`;

const PUT = `INSERT OR REPLACE INTO entries
  (id, kind, parent, name, name_key, deleted, content, target, attributes, rescue_of,
   content_revision, place_revision, attributes_revision, live_revision, feed)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;

/**
 * A workspace as a table in a file of its own: snapshot and cache in one. Carries (revision, chain) of the last event it took.
 * A cache: a damaged or foreign file is dropped and started over, and the file may be deleted at any time.
 */
export class SqliteWorkspaceView implements WorkspaceView, StreamView {
  readonly #path: string;
  #db: Database;
  readonly #kept = new Map<EntryId, EntryState>();
  readonly #chains = new Map<Revision, Chain>();
  #head: Cursor = START;
  #workspace: WorkspaceFacts | undefined;

  private constructor(path: string) {
    this.#path = path;
    this.#db = this.#open();
  }

  static open(path: string): SqliteWorkspaceView {
    return new SqliteWorkspaceView(path);
  }

  get head(): Cursor {
    return this.#head;
  }

  get workspace(): WorkspaceFacts | undefined {
    return this.#workspace;
  }

  isHead({ revision, meta }: RecordedEvent): boolean {
    return revision === this.#head.revision && meta.chain === this.#head.chain;
  }

  /** The chain of each event has to follow from the one before; see {@link StreamView}. */
  take(events: readonly RecordedEvent[]): void {
    let { chain } = this.#head;
    const { sound, broken } = soundPart(events, this.#head.revision, (event) => {
      if (!isChained(chain, event, sha256Hex)) return false;
      chain = must(event.meta.chain, 'what is chained carries its chain');
      return true;
    });
    if (sound.length > 0) this.apply(sound);
    if (broken !== undefined) throw new BrokenHistory(broken.stream, broken.revision);
  }

  /**
   * Takes the events that follow the head, in one transaction; those it has already are passed over. They were chained here, or checked before.
   * @throws {Bug} where one is missing in between.
   */
  apply(events: readonly RecordedEvent[]): void {
    const before = this.#head;
    const workspaceBefore = this.#workspace;
    try {
      transaction(this.#db, () => {
        for (const event of events) if (event.revision > this.#head.revision) this.#applyOne(event);
        this.#db.run(
          'UPDATE head SET revision = ?, chain = ?, workspace = ?',
          this.#head.revision,
          this.#head.chain,
          this.#workspace === undefined ? undefined : JSON.stringify(this.#workspace),
        );
      });
    } catch (error) {
      this.#head = before;
      this.#workspace = workspaceBefore;
      this.#kept.clear();
      this.#chains.clear();
      throw error;
    }
  }

  startOver(): void {
    this.#db.close();
    removeViewFile(this.#path);
    this.#kept.clear();
    this.#chains.clear();
    this.#head = START;
    this.#workspace = undefined;
    this.#db = this.#open();
  }

  close(): void {
    this.#db.close();
  }

  /** The chain of one of the last events that it took; nothing where that is longer ago, or was before it was opened. */
  recentChain(revision: Revision): Chain | undefined {
    return this.#chains.get(revision);
  }

  role(account: AccountId): Role | undefined {
    const row = this.#db.get('SELECT role FROM members WHERE account = ?', account);
    return row === undefined ? undefined : (textOf(row, 'role') as Role);
  }

  members(): ReadonlyMap<AccountId, Role> {
    const rows = this.#db.all('SELECT account, role FROM members');
    return new Map(rows.map((row) => [textOf(row, 'account') as AccountId, textOf(row, 'role') as Role]));
  }

  /** Ancestors are asked for again and again, so the last ones found are kept. */
  entry(id: EntryId): EntryState | undefined {
    const kept = this.#kept.get(id);
    if (kept !== undefined) return kept;
    const row = this.#db.get('SELECT * FROM entries WHERE id = ?', id);
    if (row === undefined) return undefined;
    const entry = entryOf(row);
    if (this.#kept.size >= ENTRIES_KEPT_MAX) this.#kept.clear();
    this.#kept.set(id, entry);
    return entry;
  }

  childByKey(parent: EntryId, key: string): EntryState | undefined {
    const row = this.#db.get('SELECT * FROM entries WHERE parent = ? AND name_key = ? AND deleted = 0', parent, key);
    return row === undefined ? undefined : entryOf(row);
  }

  children(parent: EntryId): Iterable<EntryState> {
    return this.#db.all('SELECT * FROM entries WHERE parent = ? AND deleted = 0', parent).map(entryOf);
  }

  /** A feed revision is never older than an aspect's, so its index finds a few too many and none too few. */
  *changedSince(revision: Revision): Iterable<EntryState> {
    for (const row of this.#db.iterate('SELECT * FROM entries WHERE feed > ?', revision)) {
      const entry = entryOf(row);
      if (changedAt(entry) > revision) yield entry;
    }
  }

  standInsOf(entry: EntryId): Iterable<EntryState> {
    return this.#db.all('SELECT * FROM entries WHERE rescue_of = ? ORDER BY place_revision, id', entry).map(entryOf);
  }

  conflict(id: ConflictId): ConflictState | undefined {
    const row = this.#db.get('SELECT how, settled FROM conflicts WHERE id = ?', id);
    if (row === undefined) return undefined;
    const how = optionalTextOf(row, 'how');
    return how === undefined ? {} : { settled: { how: how as Settling, revision: bigintOf(row, 'settled') } };
  }

  /** Revision of the first event of the device's commit. */
  commit(device: DeviceId, number: number): Revision | undefined {
    const row = this.#db.get('SELECT revision FROM commits WHERE device = ? AND number = ?', device, number);
    return row === undefined ? undefined : bigintOf(row, 'revision');
  }

  /** Number of the device's latest commit, 0 before the first. */
  latestCommit(device: DeviceId): number {
    const row = this.#db.get('SELECT max(number) AS number FROM commits WHERE device = ?', device);
    return Number((row === undefined ? undefined : optionalBigintOf(row, 'number')) ?? 0n);
  }

  /** Rows with a feed revision after the given one, in feed order; nothing where they are more than `bytesMax` of JSON. */
  rowsAfter(revision: Revision, bytesMax: number): readonly Row[] | undefined {
    const rows: Row[] = [];
    let bytes = 0;
    for (const raw of this.#db.iterate('SELECT * FROM entries WHERE feed > ? ORDER BY feed, id', revision)) {
      const row: Row = { ...entryOf(raw), feed: bigintOf(raw, 'feed') };
      bytes += encodeJson(row).length + 1;
      if (bytes > bytesMax) return undefined;
      rows.push(row);
    }
    return rows;
  }

  #applyOne(recorded: RecordedEvent): void {
    const { revision, meta } = recorded;
    assert(revision === this.#head.revision + 1n, `event at revision ${revision} cannot follow ${this.#head.revision}`);
    this.#head = { revision, chain: must(meta.chain, 'an event of a workspace carries its chain') };
    this.#chains.set(revision, this.#head.chain);
    if (this.#chains.size > CHAINS_KEPT_MAX) this.#chains.delete(revision - BigInt(CHAINS_KEPT_MAX));
    if (meta.commit?.count !== undefined && meta.device !== undefined)
      this.#db.run('INSERT OR IGNORE INTO commits VALUES (?, ?, ?)', meta.device, meta.commit.number, revision);
    const event = parseWorkspaceEvent(recorded);
    if (event === undefined) return;
    this.#applyFacts(event, revision);
    for (const change of changesOf(event)) {
      const entry = applyChange(change.created === undefined ? this.entry(change.entry) : undefined, change, revision);
      this.#put(entry, revision);
      if (change.raisesSubtree === true) this.#raise(change.entry, revision);
    }
  }

  #applyFacts(event: WorkspaceEvent, revision: Revision): void {
    if (event.type === 'WorkspaceCreated') {
      const { workspace, name, owner, root, format } = event.data;
      this.#workspace = { id: workspace, name, root, format };
      this.#db.run('INSERT OR REPLACE INTO members VALUES (?, ?)', owner, 'owner');
    } else if (event.type === 'WorkspaceRenamed') {
      if (this.#workspace !== undefined) this.#workspace = { ...this.#workspace, name: event.data.name };
    } else if (event.type === 'MemberGranted')
      this.#db.run('INSERT OR REPLACE INTO members VALUES (?, ?)', event.data.account, event.data.role);
    else if (event.type === 'MemberRevoked') this.#db.run('DELETE FROM members WHERE account = ?', event.data.account);
    const changed = conflictAfter(event, revision, (id) => this.conflict(id));
    if (changed === undefined) return;
    const { conflict, state } = changed;
    this.#db.run('INSERT OR REPLACE INTO conflicts VALUES (?, ?, ?)', conflict, state.settled?.how, state.settled?.revision);
  }

  #put(entry: EntryState, feed: Revision): void {
    this.#kept.delete(entry.id);
    this.#db.run(
      PUT,
      entry.id,
      entry.kind,
      entry.parent,
      entry.name,
      nameKey(entry.name, this.#workspace?.format.names ?? 'portable'),
      entry.deleted,
      entry.content === undefined ? undefined : JSON.stringify(entry.content),
      entry.target,
      entry.attributes === undefined ? undefined : JSON.stringify(entry.attributes),
      entry.rescueOf,
      entry.revisions.content,
      entry.revisions.place,
      entry.revisions.attributes,
      entry.revisions.live,
      feed,
    );
  }

  /** Everything below that is not deleted came back, so every device has to hear of it. */
  #raise(folder: EntryId, feed: Revision): void {
    this.#db.run(
      `WITH RECURSIVE below (id) AS (
         SELECT id FROM entries WHERE parent = ?1 AND deleted = 0
         UNION SELECT entries.id FROM entries JOIN below ON entries.parent = below.id WHERE entries.deleted = 0
       ) UPDATE entries SET feed = ?2 WHERE id IN (SELECT id FROM below)`,
      folder,
      feed,
    );
  }

  #open(): Database {
    return openViewFile(this.#path, SCHEMA, (db) => {
      const row = must(db.get('SELECT revision, chain, workspace FROM head'), 'a view has a head');
      const workspace = optionalTextOf(row, 'workspace');
      this.#head = { revision: bigintOf(row, 'revision'), chain: textOf(row, 'chain') as Chain };
      this.#workspace = workspace === undefined ? undefined : (JSON.parse(workspace) as WorkspaceFacts);
      assert((this.#head.revision === NO_REVISION) === (workspace === undefined), 'a view that has read an event knows its workspace');
    });
  }
}

function entryOf(row: SqlRow): EntryState {
  const content = optionalTextOf(row, 'content');
  const target = optionalTextOf(row, 'target');
  const attributes = optionalTextOf(row, 'attributes');
  const rescueOf = optionalTextOf(row, 'rescue_of');
  return {
    id: textOf(row, 'id') as EntryId,
    kind: textOf(row, 'kind') as EntryKind,
    parent: (optionalTextOf(row, 'parent') ?? null) as EntryId | null,
    name: textOf(row, 'name'),
    deleted: booleanOf(row, 'deleted'),
    ...(content === undefined ? {} : { content: JSON.parse(content) as Content }),
    ...(target === undefined ? {} : { target }),
    ...(attributes === undefined ? {} : { attributes: JSON.parse(attributes) as Attributes }),
    ...(rescueOf === undefined ? {} : { rescueOf: rescueOf as EntryId }),
    revisions: {
      content: bigintOf(row, 'content_revision'),
      place: bigintOf(row, 'place_revision'),
      attributes: bigintOf(row, 'attributes_revision'),
      live: bigintOf(row, 'live_revision'),
    },
  };
}
