import type {
  AccountId,
  ConflictId,
  ConflictInputs,
  ConflictRule,
  Cursor,
  DeviceId,
  DeviceKind,
  EntryId,
  Revision,
  Role,
  Row,
  WorkspaceFormat,
  WorkspaceId,
} from '@tidemark/domain';

export interface WorkspaceRow {
  readonly workspace: WorkspaceId;
  readonly name: string;
  readonly root: EntryId;
  readonly format: WorkspaceFormat;
  readonly created: string;
}
export interface MemberRow {
  readonly workspace: WorkspaceId;
  readonly account: AccountId;
  readonly role: Role;
}
/** One line of who did what, when, from which device; one row per event that a person would want to hear of. */
export interface ActivityRow {
  readonly workspace: WorkspaceId;
  readonly revision: Revision;
  readonly at: string;
  readonly type: string;
  readonly entry: EntryId | undefined;
  readonly account: AccountId | undefined;
  readonly device: DeviceId | undefined;
  /** The event's data, plain JSON; gives the entry's content or place at that revision. */
  readonly data: unknown;
}
export interface ConflictRow {
  readonly workspace: WorkspaceId;
  readonly conflict: ConflictId;
  readonly rule: ConflictRule;
  readonly entry: EntryId;
  readonly copy: EntryId | undefined;
  readonly inputs: ConflictInputs;
  readonly device: DeviceId;
  readonly revision: Revision;
  readonly at: string;
  readonly resolved: { readonly how: string; readonly revision: Revision } | undefined;
}
export interface DeviceRow {
  readonly device: DeviceId;
  readonly account: AccountId;
  readonly name: string;
  readonly kind: DeviceKind;
  readonly linked: string;
  readonly unlinked: string | undefined;
}
/** What a device has of a workspace. Live progress, written by receipts, not by events. */
export interface ReceiptRow {
  readonly workspace: WorkspaceId;
  readonly device: DeviceId;
  readonly revision: Revision;
  readonly at: string;
  readonly fetching: readonly { readonly entry: EntryId; readonly bytes: number }[];
  readonly parked: readonly { readonly entry: EntryId; readonly reason: string }[];
}
export interface AccountRow {
  readonly account: AccountId;
  readonly name: string;
}
export interface InviteRow {
  readonly codeHash: string;
  readonly account: AccountId;
}

/** How far a projection has got with one stream: rows of everything up to `projected` are written, everything up to `published` was told. */
export interface Marks {
  readonly projected: Cursor;
  readonly published: Cursor;
}

/**
 * A page of rows in feed order: (feed revision, entry id). A row that has changed stands at its new place in that order, which is further on. Rows may be
 * written ahead of the mark, and a store without transactions may show a batch half written; still
 * - where there is `more`, nothing can come any more that belongs at or before the last row: the next page goes on behind it;
 * - where there is no more and the last row is not ahead of `at`, nor what was asked for, all pages together are exactly the rows at `at`.
 * Where there is no more and the last row is ahead, what it replaced may be missing and others may follow: read again when the mark has come to it.
 */
export interface FeedPage {
  readonly rows: readonly Row[];
  readonly more: boolean;
  /** The `projected` mark at which the page was read: all rows up to it were written before. */
  readonly at: Cursor;
}

/** Below a folder, at any depth, not counting what is deleted, itself or by a folder between. A link has no bytes. */
export interface FolderSize {
  readonly inside: number;
  readonly bytes: number;
}

/** Which lines of activity are asked for: those for which all holds that is given. */
export interface HistoryQuestion {
  /** Lines before this revision. */
  readonly before?: Revision | undefined;
  readonly entry?: EntryId | undefined;
  readonly device?: DeviceId | undefined;
  readonly account?: AccountId | undefined;
  readonly types?: readonly string[] | undefined;
  /** Times as `at` is: from then on, and before then. Exact as long as clocks of servers are apart by no more than `CLOCKS_APART_MS_MAX`. */
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  /** Of the entry, and of all that is in it as the tree is now, deleted entries where they were. What has moved out since is not there. */
  readonly within?: EntryId | undefined;
  readonly limit: number;
}
/** Newest first. Only so many lines are looked through for one page: it may be short, even empty, and there may still be more before `next`. */
export interface HistoryPage {
  readonly lines: readonly ActivityRow[];
  readonly next: Revision | undefined;
}

/** Front door `@tidemark/read-model/reader`: what queries see. */
export interface ReadModelReader {
  workspacesOf(account: AccountId): Promise<readonly (WorkspaceRow & { readonly role: Role })[]>;
  workspace(workspace: WorkspaceId): Promise<WorkspaceRow | undefined>;
  members(workspace: WorkspaceId): Promise<readonly MemberRow[]>;
  entry(workspace: WorkspaceId, entry: EntryId): Promise<Row | undefined>;
  /** As `entry`, of many at once. Those not there are left out. */
  entries(workspace: WorkspaceId, entries: readonly EntryId[]): Promise<ReadonlyMap<EntryId, Row>>;
  /** Children not themselves deleted, by name, after the given name. */
  children(
    workspace: WorkspaceId,
    parent: EntryId,
    options: { readonly after?: string | undefined; readonly limit: number },
  ): Promise<readonly Row[]>;
  /** The entry at the end of these names, one below the other, none of them deleted. */
  descend(workspace: WorkspaceId, from: EntryId, names: readonly string[]): Promise<Row | undefined>;
  /** Of each of the folders, which may be deleted themselves. Work in proportion to what is below them all. */
  sizes(workspace: WorkspaceId, folders: readonly EntryId[]): Promise<ReadonlyMap<EntryId, FolderSize>>;
  /** Entries deleted by themselves, not by an ancestor alone, in the order of their feed revisions, the last one first; before one of these. */
  deleted(workspace: WorkspaceId, options: { readonly before?: Revision | undefined; readonly limit: number }): Promise<readonly Row[]>;
  /** Live entries whose name contains the text, letters of either case. */
  find(workspace: WorkspaceId, text: string, limit: number): Promise<readonly Row[]>;
  /** Rows after (`revision`, `entry`) in feed order. `liveOnly` leaves out what is not live, by its own or an ancestor's deletion. */
  feed(
    workspace: WorkspaceId,
    after: { readonly revision: Revision; readonly entry?: EntryId | undefined },
    limit: number,
    liveOnly: boolean,
  ): Promise<FeedPage>;
  /** Whether nothing above the entry, nor it, is deleted. */
  isLive(workspace: WorkspaceId, entry: EntryId): Promise<boolean>;
  /** Every row of the workspace in entry id order; for seeding, comparing and export. */
  rows(workspace: WorkspaceId): AsyncIterable<Row>;
  activity(
    workspace: WorkspaceId,
    options: {
      readonly before?: Revision | undefined;
      readonly entry?: EntryId | undefined;
      readonly device?: DeviceId | undefined;
      readonly limit: number;
    },
  ): Promise<readonly ActivityRow[]>;
  /** As `activity`, by more, and looking through bounded. */
  history(workspace: WorkspaceId, question: HistoryQuestion): Promise<HistoryPage>;
  /** The lines of these revisions; those not there are left out. */
  activityAt(workspace: WorkspaceId, revisions: readonly Revision[]): Promise<ReadonlyMap<Revision, ActivityRow>>;
  conflicts(
    workspace: WorkspaceId,
    options: { readonly open?: boolean | undefined; readonly before?: Revision | undefined; readonly limit: number },
  ): Promise<readonly ConflictRow[]>;
  /** Devices of the workspace's members. */
  devices(workspace: WorkspaceId): Promise<readonly DeviceRow[]>;
  devicesOf(account: AccountId): Promise<readonly DeviceRow[]>;
  /** Those of these ids that are known, unlinked ones too. */
  devicesBy(devices: readonly DeviceId[]): Promise<readonly DeviceRow[]>;
  receipts(workspace: WorkspaceId): Promise<readonly ReceiptRow[]>;
  accountOfInvite(codeHash: string): Promise<AccountId | undefined>;
  accounts(): Promise<readonly AccountRow[]>;
  /** Those of these ids that are known. */
  accountsBy(accounts: readonly AccountId[]): Promise<readonly AccountRow[]>;
  marks(stream: string): Promise<Marks | undefined>;
  close(): Promise<void>;
}

/**
 * Front door `@tidemark/read-model/reader`, since receipts are told to API processes and are live progress, not a projection.
 * - a receipt replaces the device's last one of that workspace unless it is older (`at`); the same again changes nothing.
 */
export interface ReceiptStore {
  receipt(row: ReceiptRow): Promise<void>;
}

/**
 * One batch of row changes that belongs to one stream. All rows are guarded: a row is only ever replaced by a later one. Entries are guarded by
 * their feed revision, conflicts and activity by their own; workspaces, members, devices and accounts carry none and are guarded by `through`.
 */
export interface Batch {
  readonly stream: string;
  /**
   * Revision of the stream's last event that the batch reflects. Without it, rows that carry no revision are written whatever is there, so that a
   * late repeat can bring an old one back.
   */
  readonly through?: Revision | undefined;
  /** The workspace of `rows`. */
  readonly rows?: readonly Row[];
  readonly rowsOf?: WorkspaceId;
  readonly workspaces?: readonly WorkspaceRow[];
  readonly members?: readonly (MemberRow & { readonly gone?: boolean })[];
  readonly activity?: readonly ActivityRow[];
  readonly conflicts?: readonly ConflictRow[];
  /** Guarded by `revision`: of settling and taking back, the later one counts, in whatever order they are written. */
  readonly resolved?: readonly {
    readonly workspace: WorkspaceId;
    readonly conflict: ConflictId;
    /** `undefined`: taken back, the conflict is open again. */
    readonly how: string | undefined;
    readonly revision: Revision;
  }[];
  readonly devices?: readonly DeviceRow[];
  readonly accounts?: readonly AccountRow[];
  readonly invites?: readonly InviteRow[];
}

/** What a projection writes on: the rows of one stream's subject, live or built aside. */
export interface RowWriter {
  write(batch: Batch): Promise<void>;
  /** Row as it is now, for projections that build on it. */
  entry(workspace: WorkspaceId, entry: EntryId): Promise<Row | undefined>;
  /** As `entry`, of many at once: a store on the network is asked but once. Those not there are left out. */
  entries(workspace: WorkspaceId, entries: readonly EntryId[]): Promise<ReadonlyMap<EntryId, Row>>;
  /** Children not themselves deleted. */
  childrenOf(workspace: WorkspaceId, parent: EntryId): AsyncIterable<Row>;
}

/**
 * Front door `@tidemark/read-model/writer`.
 * - `write` may repeat and may be cut off half-way: writing the same batch again changes nothing, and a row never goes back (guarded by feed revision).
 * - marks move by compare-and-set: `false` means somebody else has moved it, read it again. `from: undefined` and `START` both mean: not moved yet.
 * - `write` and `mark` of one stream may be one transaction where the store has them, but nobody may rely on it.
 * - a stream's rows are of a generation, which its marks name. `marks` says where a visit begins: what is written and marked after it belongs to the
 *   generation of that moment. Once another has taken its place, `write` changes nothing that is ever read and `mark('projected')` says `false`.
 */
export interface ReadModelWriter extends RowWriter {
  marks(stream: string): Promise<Marks | undefined>;
  mark(stream: string, which: 'projected' | 'published', from: Cursor | undefined, to: Cursor): Promise<boolean>;
  /** Everything of the stream's subject forgotten, marks too, receipts not; its rows are built again from the log. */
  forget(stream: string): Promise<void>;
  /** Every stream that has marks. */
  streams(): AsyncIterable<string>;
  /** Rows of the stream's subject built again aside; what an earlier one left unfinished is discarded. */
  fresh(stream: string): Promise<FreshRows>;
  close(): Promise<void>;
}

/** - `behind`: readers may have seen more than is here; take what came since and ask again. - `superseded`: another one was begun, or the stream was forgotten. */
export type Replaced = 'replaced' | 'behind' | 'superseded';

/**
 * The next generation of one stream's rows, seen by nobody until it takes the place of the one before: at once, for every process, with the
 * stream's mark `published` as it was. Batches of other streams have no place here.
 */
export interface FreshRows extends RowWriter {
  /** @param at The last event that the rows reflect; becomes the mark `projected`. The rows before are then removed. */
  replace(at: Cursor): Promise<Replaced>;
  /** For one that was not to be finished; what has taken its place stays, also where that could not be told. */
  discard(): Promise<void>;
}
