import {
  type AccountId,
  type DeviceId,
  type EntryId,
  type Revision,
  type Role,
  type Row,
  START,
  type WorkspaceId,
  workspaceStream,
} from '@tidemark/domain';
import { booleanOf, type Database, integerOf, optionalTextOf, type Parameter, snapshot, type SqlRow, textOf } from '@tidemark/sqlite';
import { rolledUp } from '../folder-sizes.ts';
import { addressOf, idIn, lastAddressOf, streamOf, type SubjectKind } from '../generations.ts';
import type {
  AccountRow,
  ActivityRow,
  ConflictRow,
  DeviceRow,
  FeedPage,
  FolderSize,
  HistoryPage,
  HistoryQuestion,
  Marks,
  MemberRow,
  ReadModelReader,
  ReceiptRow,
  WorkspaceRow,
} from '../read-model.port.ts';
import { historyPage, lineAt } from './history-lines.ts';
import {
  activityRow,
  conflictRow,
  deviceRow,
  entryRow,
  foldedName,
  marksRow,
  memberRow,
  receiptRow,
  roleOf,
  workspaceRow,
} from './table-rows.ts';
import { figuresBelow } from './tree-below.ts';

const PAGE_ROWS = 500;
/** Above every revision. */
const REVISION_MAX: Revision = 2n ** 63n - 1n;

/** What was found out about ancestors, for as long as one answer is put together. */
type KnownLive = Map<EntryId, boolean>;

/** The reading half. Each answer is of one moment, whatever other processes write. */
export class SqliteReader implements ReadModelReader {
  protected readonly db: Database;

  constructor(db: Database) {
    this.db = db;
  }

  async workspacesOf(account: AccountId): Promise<readonly (WorkspaceRow & { readonly role: Role })[]> {
    const sql = `SELECT workspaces.workspace AS address, workspaces.row, members.role FROM members JOIN workspaces USING (workspace)
       WHERE members.account = ? AND members.gone = 0 ORDER BY workspaces.workspace`;
    return snapshot(this.db, () =>
      this.#current('workspace', this.db.all(sql, account)).map((row) => ({ ...workspaceRow(row), role: roleOf(row) })),
    );
  }

  async workspace(workspace: WorkspaceId): Promise<WorkspaceRow | undefined> {
    const row = this.#within(workspace, (address) => this.db.get('SELECT row FROM workspaces WHERE workspace = ?', address));
    return row === undefined ? undefined : workspaceRow(row);
  }

  async members(workspace: WorkspaceId): Promise<readonly MemberRow[]> {
    const sql = 'SELECT workspace, account, role FROM members WHERE workspace = ? AND gone = 0 ORDER BY account';
    return this.#within(workspace, (address) => this.db.all(sql, address).map(memberRow));
  }

  async entry(workspace: WorkspaceId, entry: EntryId): Promise<Row | undefined> {
    return this.#within(workspace, (address) => this.entryAt(address, entry));
  }

  async entries(workspace: WorkspaceId, entries: readonly EntryId[]): Promise<ReadonlyMap<EntryId, Row>> {
    return this.#within(workspace, (address) => this.entriesAt(address, entries));
  }

  async children(
    workspace: WorkspaceId,
    parent: EntryId,
    options: { readonly after?: string | undefined; readonly limit: number },
  ): Promise<readonly Row[]> {
    const sql = 'SELECT row FROM entries WHERE workspace = ? AND parent = ? AND deleted = 0 AND name > ? ORDER BY name, entry LIMIT ?';
    return this.#within(workspace, (address) => this.db.all(sql, address, parent, options.after ?? '', options.limit).map(entryRow));
  }

  async descend(workspace: WorkspaceId, from: EntryId, names: readonly string[]): Promise<Row | undefined> {
    const sql = 'SELECT row FROM entries WHERE workspace = ? AND parent = ? AND deleted = 0 AND name = ? ORDER BY entry LIMIT 1';
    return this.#within(workspace, (address) => {
      let at = this.entryAt(address, from);
      for (const name of names) {
        if (at === undefined || at.deleted) return undefined;
        const row = this.db.get(sql, address, at.id, name);
        at = row === undefined ? undefined : entryRow(row);
      }
      return at?.deleted === true ? undefined : at;
    });
  }

  async sizes(workspace: WorkspaceId, folders: readonly EntryId[]): Promise<ReadonlyMap<EntryId, FolderSize>> {
    return this.#within(workspace, (address) => rolledUp(folders, figuresBelow(this.db, address, folders)));
  }

  async deleted(
    workspace: WorkspaceId,
    { before, limit }: { readonly before?: Revision | undefined; readonly limit: number },
  ): Promise<readonly Row[]> {
    const sql = `SELECT row FROM entries INDEXED BY entries_deleted WHERE workspace = ? AND deleted = 1 AND feed < ? ORDER BY feed DESC, entry LIMIT ?`;
    return this.#within(workspace, (address) => this.db.all(sql, address, before ?? REVISION_MAX, limit).map(entryRow));
  }

  async find(workspace: WorkspaceId, text: string, limit: number): Promise<readonly Row[]> {
    return this.#within(workspace, (address) => {
      const found: Row[] = [];
      const known: KnownLive = new Map();
      const matches = this.db.iterate(
        `SELECT entry FROM entries INDEXED BY entries_by_folded_name
         WHERE workspace = ? AND deleted = 0 AND instr(folded, ?) > 0 ORDER BY folded, entry`,
        address,
        foldedName(text),
      );
      for (const match of matches) {
        if (found.length >= limit) break;
        const entry = textOf(match, 'entry') as EntryId;
        const row = this.entryAt(address, entry);
        if (row !== undefined && this.#isLive(address, entry, known)) found.push(row);
      }
      return found;
    });
  }

  async feed(
    workspace: WorkspaceId,
    after: { readonly revision: Revision; readonly entry?: EntryId | undefined },
    limit: number,
    liveOnly: boolean,
  ): Promise<FeedPage> {
    return this.#within(workspace, (address) => {
      const rows: Row[] = [];
      const known: KnownLive = new Map();
      const [condition, parameters] =
        after.entry === undefined ? ['feed > ?', [after.revision]] : ['(feed, entry) > (?, ?)', [after.revision, after.entry]];
      const later = this.db.iterate(
        `SELECT entry, row FROM entries WHERE workspace = ? AND ${condition} ORDER BY feed, entry`,
        address,
        ...parameters,
      );
      for (const row of later) {
        if (liveOnly && !this.#isLive(address, textOf(row, 'entry') as EntryId, known)) continue;
        rows.push(entryRow(row));
        if (rows.length > limit) break; // one more than asked, to know whether there is more
      }
      const at = this.marksOf(workspaceStream(workspace))?.projected ?? START;
      return { rows: rows.slice(0, limit), more: rows.length > limit, at };
    });
  }

  async isLive(workspace: WorkspaceId, entry: EntryId): Promise<boolean> {
    return this.#within(workspace, (address) => this.#placeOf(address, entry) !== undefined && this.#isLive(address, entry, new Map()));
  }

  /** Each page of the generation of its moment. */
  async *rows(workspace: WorkspaceId): AsyncIterable<Row> {
    let after = '';
    for (;;) {
      const page = this.#within(workspace, (address) =>
        this.db
          .all('SELECT row FROM entries WHERE workspace = ? AND entry > ? ORDER BY entry LIMIT ?', address, after, PAGE_ROWS)
          .map(entryRow),
      );
      const last = page.at(-1);
      if (last === undefined) return;
      yield* page;
      after = last.id;
    }
  }

  /** Children not themselves deleted, by name. */
  childrenOf(workspace: WorkspaceId, parent: EntryId): AsyncIterable<Row> {
    return this.childrenAt(() => this.address('workspace', workspace), parent);
  }

  /** Newest first. */
  async activity(
    workspace: WorkspaceId,
    options: {
      readonly before?: Revision | undefined;
      readonly entry?: EntryId | undefined;
      readonly device?: DeviceId | undefined;
      readonly limit: number;
    },
  ): Promise<readonly ActivityRow[]> {
    const conditions = ['workspace = ?'];
    const parameters: Parameter[] = [];
    for (const [condition, value] of [
      ['revision < ?', options.before],
      ['entry = ?', options.entry],
      ['device = ?', options.device],
    ] as const) {
      if (value === undefined) continue;
      conditions.push(condition);
      parameters.push(value);
    }
    const sql = `SELECT * FROM activity WHERE ${conditions.join(' AND ')} ORDER BY revision DESC LIMIT ?`;
    return this.#within(workspace, (address) => this.db.all(sql, address, ...parameters, options.limit).map(activityRow));
  }

  async history(workspace: WorkspaceId, question: HistoryQuestion): Promise<HistoryPage> {
    return this.#within(workspace, (address) => historyPage(this.db, address, question));
  }

  async activityAt(workspace: WorkspaceId, revisions: readonly Revision[]): Promise<ReadonlyMap<Revision, ActivityRow>> {
    return this.#within(workspace, (address) => {
      const lines = revisions.map((revision) => lineAt(this.db, address, revision)).filter((line) => line !== undefined);
      return new Map(lines.map((line) => [line.revision, line]));
    });
  }

  /** Newest first. `open`: only those not settled; `false`: only those settled. */
  async conflicts(
    workspace: WorkspaceId,
    { open, before, limit }: { readonly open?: boolean | undefined; readonly before?: Revision | undefined; readonly limit: number },
  ): Promise<readonly ConflictRow[]> {
    const which = open === undefined ? '' : open ? 'AND resolved_how IS NULL' : 'AND resolved_how IS NOT NULL';
    const sql = `SELECT * FROM conflicts WHERE workspace = ? AND revision < ? ${which} ORDER BY revision DESC, conflict LIMIT ?`;
    return this.#within(workspace, (address) => this.db.all(sql, address, before ?? REVISION_MAX, limit).map(conflictRow));
  }

  async devices(workspace: WorkspaceId): Promise<readonly DeviceRow[]> {
    const sql = `SELECT devices.*, device AS address FROM members JOIN devices USING (account)
       WHERE members.workspace = ? AND members.gone = 0 ORDER BY device`;
    return this.#within(workspace, (address) => this.#current('device', this.db.all(sql, address)).map(deviceRow));
  }

  async devicesOf(account: AccountId): Promise<readonly DeviceRow[]> {
    const sql = 'SELECT *, device AS address FROM devices WHERE account = ? ORDER BY device';
    return snapshot(this.db, () => this.#current('device', this.db.all(sql, account)).map(deviceRow));
  }

  async devicesBy(devices: readonly DeviceId[]): Promise<readonly DeviceRow[]> {
    return snapshot(this.db, () =>
      devices.flatMap((device) => {
        const row = this.db.get('SELECT * FROM devices WHERE device = ?', this.address('device', device));
        return row === undefined ? [] : [deviceRow(row)];
      }),
    );
  }

  async receipts(workspace: WorkspaceId): Promise<readonly ReceiptRow[]> {
    return this.db.all('SELECT * FROM receipts WHERE workspace = ? ORDER BY device', workspace).map(receiptRow);
  }

  async accountOfInvite(codeHash: string): Promise<AccountId | undefined> {
    return snapshot(this.db, () => {
      const rows = this.db.all('SELECT code_hash, account FROM invites WHERE code_hash BETWEEN ? AND ?', codeHash, lastAddressOf(codeHash));
      // An invitation's key has the generation of its account.
      const row = rows.find((each) => textOf(each, 'code_hash') === this.address('account', textOf(each, 'account'), codeHash));
      return row === undefined ? undefined : (textOf(row, 'account') as AccountId);
    });
  }

  async accounts(): Promise<readonly AccountRow[]> {
    return snapshot(this.db, () => {
      const rows = this.#current('account', this.db.all('SELECT account AS address, account, name FROM accounts ORDER BY account'));
      return rows.map((row) => ({ account: idIn(textOf(row, 'account')) as AccountId, name: textOf(row, 'name') }));
    });
  }

  async accountsBy(accounts: readonly AccountId[]): Promise<readonly AccountRow[]> {
    return snapshot(this.db, () =>
      accounts.flatMap((account) => {
        const row = this.db.get('SELECT name FROM accounts WHERE account = ?', this.address('account', account));
        return row === undefined ? [] : [{ account, name: textOf(row, 'name') }];
      }),
    );
  }

  async marks(stream: string): Promise<Marks | undefined> {
    return this.marksOf(stream);
  }

  async close(): Promise<void> {
    this.db.close();
  }

  /** Where the subject's rows of the present generation stand, or what else goes by its generation. */
  protected address(kind: SubjectKind, id: string, what: string = id): string {
    const row = this.db.get('SELECT generation FROM marks WHERE stream = ?', streamOf(kind, id));
    return addressOf(what, row === undefined ? 0 : integerOf(row, 'generation'));
  }

  protected entryAt(address: string, entry: EntryId): Row | undefined {
    const row = this.db.get('SELECT row FROM entries WHERE workspace = ? AND entry = ?', address, entry);
    return row === undefined ? undefined : entryRow(row);
  }

  protected entriesAt(address: string, entries: readonly EntryId[]): ReadonlyMap<EntryId, Row> {
    const found = entries.map((entry) => this.entryAt(address, entry)).filter((row) => row !== undefined);
    return new Map(found.map((row) => [row.id, row]));
  }

  /** @param addressNow Asked before each page. */
  protected async *childrenAt(addressNow: () => string, parent: EntryId): AsyncIterable<Row> {
    let after: readonly [string, string] = ['', ''];
    for (;;) {
      const page = snapshot(this.db, () =>
        this.db.all(
          'SELECT row FROM entries WHERE workspace = ? AND parent = ? AND deleted = 0 AND (name, entry) > (?, ?) ORDER BY name, entry LIMIT ?',
          addressNow(),
          parent,
          ...after,
          PAGE_ROWS,
        ),
      ).map(entryRow);
      const last = page.at(-1);
      if (last === undefined) return;
      yield* page;
      after = [last.name, last.id];
    }
  }

  /** Which generation it is and what stands there are of one moment, so that another taking its place is seen whole or not at all. */
  #within<Result>(workspace: WorkspaceId, read: (address: string) => Result): Result {
    return snapshot(this.db, () => read(this.address('workspace', workspace)));
  }

  /** Those whose column `address` is of the present generation. */
  #current(kind: SubjectKind, rows: readonly SqlRow[]): readonly SqlRow[] {
    return rows.filter((row) => {
      const address = textOf(row, 'address');
      return address === this.address(kind, idIn(address));
    });
  }

  protected marksOf(stream: string): Marks | undefined {
    const row = this.db.get('SELECT * FROM marks WHERE stream = ?', stream);
    return row === undefined ? undefined : marksRow(row);
  }

  #placeOf(address: string, entry: EntryId): SqlRow | undefined {
    return this.db.get('SELECT parent, deleted FROM entries WHERE workspace = ? AND entry = ?', address, entry);
  }

  /** Ancestors not there yet count as not deleted: a batch may be half written. */
  #isLive(address: string, entry: EntryId, known: KnownLive): boolean {
    const walked = new Set<EntryId>();
    let at: EntryId | undefined = entry;
    let live = true;
    while (at !== undefined && !walked.has(at)) {
      const before = known.get(at);
      const place: SqlRow | undefined = before === undefined ? this.#placeOf(address, at) : undefined;
      live = before ?? (place === undefined || !booleanOf(place, 'deleted'));
      walked.add(at);
      at = live && place !== undefined ? (optionalTextOf(place, 'parent') as EntryId | undefined) : undefined;
    }
    for (const ancestor of walked) known.set(ancestor, live);
    return live;
  }
}
