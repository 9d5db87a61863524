import type { Attributes, Commit, Content, Cursor, EntryId, OperationRejection, Row } from '@tidemark/domain';
import type { ChangesAnswer, CommitAnswer, CommonAnswer, PullPosition, ReceiptQuestion } from '@tidemark/protocol';
import type { CopyMemory, Identity, LocalEntry, NotedConflict, SentAspect, SyncedEntry, Trees } from '../trees/trees.port.ts';

/** What must be on disk for the operation to be done: seen when it was planned. */
export interface Expected {
  readonly identity: Identity;
  readonly parent: EntryId;
  readonly name: string;
  /** {@link contentKeyOf}; files and links. */
  readonly content?: string | undefined;
}

/** One step on this device's disk. `synced`: what S holds when it is done (values and revisions carried, not R's of that moment). */
export type DiskOperation =
  | {
      readonly type: 'createFolder';
      readonly entry: EntryId;
      readonly parent: EntryId;
      readonly name: string;
      readonly synced: SyncedEntry;
    }
  | {
      readonly type: 'createFile';
      readonly entry: EntryId;
      readonly parent: EntryId;
      readonly name: string;
      readonly content: Content;
      readonly attributes: Attributes;
      readonly synced: SyncedEntry;
    }
  | {
      readonly type: 'createLink';
      readonly entry: EntryId;
      readonly parent: EntryId;
      readonly name: string;
      readonly target: string;
      readonly synced: SyncedEntry;
    }
  | {
      readonly type: 'replaceFile';
      readonly entry: EntryId;
      readonly expect: Expected;
      readonly content: Content;
      readonly attributes: Attributes;
      readonly synced: SyncedEntry;
    }
  | {
      readonly type: 'replaceLink';
      readonly entry: EntryId;
      readonly expect: Expected;
      readonly target: string;
      readonly synced: SyncedEntry;
    }
  | {
      readonly type: 'setAttributes';
      readonly entry: EntryId;
      readonly expect: Expected;
      readonly attributes: Attributes;
      readonly synced: SyncedEntry;
    }
  /** To or from {@link STAGING} too. Without `synced` it is a giving way that S does not follow. */
  | {
      readonly type: 'rename';
      readonly entry: EntryId;
      readonly expect: Expected;
      readonly parent: EntryId;
      readonly name: string;
      readonly synced?: SyncedEntry | undefined;
    }
  /** Files and links. */
  | { readonly type: 'removeFile'; readonly entry: EntryId; readonly expect: Expected }
  /** An empty folder goes; one that holds only untracked things stays and is remembered as left. */
  | { readonly type: 'removeFolder'; readonly entry: EntryId; readonly expect: Expected };

/** What became of it. `done`: the entry as it is on disk now (nothing after a removal). Not done: an observation, not an error; look again and plan again. */
export type DiskOutcome =
  | { readonly done: true; readonly local?: LocalEntry | undefined; readonly left?: Identity | undefined }
  | { readonly done: false; readonly reason: 'changed' | 'missing' | 'occupied' | 'parent-missing' | 'not-empty' | 'link-on-the-way' };

/** Written before the disk is touched: an observation after a restart that matches it is our own doing. */
export interface Intent {
  readonly operation: DiskOperation;
  /** Of the staged file or folder, or of the one that is moved or removed. */
  readonly identity: Identity;
}

/** A commit under way: stored before it goes out, sent again unchanged after a restart. */
export interface Sent {
  readonly commit: Commit;
  /** `<entry>:<aspect>`. */
  readonly marks: readonly `${string}:${SentAspect}`[];
  readonly notes: readonly SentNote[];
  readonly answer?: CommitAnswer | undefined;
  /** A person asked for it, about this entry. It states nothing of L, so S takes nothing of it, and nothing of it is tried again when it is refused. */
  readonly request?: { readonly entry: EntryId } | undefined;
}

/** Beside each operation (by index, and member index in a group): what S may take when it is accepted. */
export interface SentNote {
  readonly operation: number;
  readonly member?: number | undefined;
  /** It does not state what L holds of that entry: S learns it from R. */
  readonly foreign?: boolean | undefined;
  /** The copy memory this operation feeds. */
  readonly copyOf?: { readonly entry: EntryId; readonly base: string } | undefined;
  /** Entries missing from L when a deletion was planned: S drops exactly those. */
  readonly gone?: readonly EntryId[] | undefined;
  /** Key of the noted conflict that this operation tells the server of. */
  readonly conflict?: string | undefined;
  /** What it settles: noted when it is accepted, and then told; one that lost a race settles nothing. */
  readonly settles?: NotedConflict | undefined;
}

/** observation → rule → operation → outcome, for `explain`. */
export interface DecisionRecord {
  readonly at: number;
  readonly entry: EntryId;
  /** At that moment, for finding it by path. */
  readonly path: string;
  readonly what: 'observed' | 'planned' | 'accepted' | 'rejected' | 'done' | 'refused' | 'parked' | 'settled' | 'adopted';
  readonly rule?: string | undefined;
  /** One sentence that says what happens next. */
  readonly detail: string;
}

export interface Parked {
  readonly entry: EntryId;
  readonly path: string;
  readonly code: string;
  readonly message: string;
  readonly nextStep: string;
}

/**
 * The device's memory of one workspace; `transaction` is durable when it returns, all or nothing.
 * Keeps cursors it has had (thinned out), so that a common one can be found in another history.
 */
export interface Journal {
  readonly trees: Trees;
  transaction<Result>(work: () => Result): Result;
  cursor(): PullPosition;
  setCursor(cursor: PullPosition): void;
  /** Newest first. */
  cursors(): readonly Cursor[];
  forgetCursorsAfter(cursor: Cursor | undefined): void;
  /** The server's history differs from ours: R is being pulled from zero, then S is brought back to the common cursor (`null`: nothing in common). */
  diverged(): { readonly common: Cursor | null } | undefined;
  setDiverged(diverged: { readonly common: Cursor | null } | undefined): void;
  /** The last pull has ended: R is exactly the tree at the cursor. */
  isComplete(): boolean;
  setComplete(complete: boolean): void;
  /** The number of the last commit sent; 0 before the first. */
  lastNumber(): number;
  sent(): Sent | undefined;
  setSent(sent: Sent | undefined): void;
  intents(): readonly Intent[];
  addIntents(intents: readonly Intent[]): void;
  dropIntent(entry: EntryId): void;
  note(decision: DecisionRecord): void;
}

/**
 * The disk of the workspace folder. Every operation checks its precondition right before it acts, follows no link, stays inside the root,
 * and is durable when it is answered. `intend` is called (and durable) before anything visible changes.
 * @throws {Fault} where the disk fails (full, unreadable): nothing was changed; other operations of the batch were done or not as the outcomes so far say.
 */
export interface Disk {
  perform(
    operations: readonly DiskOperation[],
    intend: (intents: readonly Intent[]) => void,
  ): Promise<readonly (DiskOutcome | { readonly fault: Error })[]>;
}

/** Refused as a whole; `code` of the protocol's problems. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** The server, for one workspace. @throws {Refused} @throws {Fault} `retry: 'later'` when it cannot be reached. */
export interface Remote {
  pull(
    position: PullPosition,
    options: { readonly fresh: boolean; readonly limit: number; readonly signal?: AbortSignal },
  ): Promise<ChangesAnswer>;
  common(cursors: readonly Cursor[]): Promise<CommonAnswer>;
  commit(commit: Commit): Promise<CommitAnswer>;
  receipt(receipt: ReceiptQuestion): Promise<void>;
}

/**
 * Brings the contents that a commit refers to onto the server, before the commit: asks what is missing (not under `ASK_MISSING_BYTES_MIN`), packs it, sends it.
 * Gives the entries whose file is no longer what was indexed (changed or gone): their operations are left out and looked at again.
 */
export interface Uploader {
  upload(
    needed: readonly { readonly entry: EntryId; readonly content: Content; readonly base?: Content | undefined }[],
  ): Promise<{ readonly stale: readonly EntryId[] }>;
}

export type { CopyMemory, OperationRejection, Row };
