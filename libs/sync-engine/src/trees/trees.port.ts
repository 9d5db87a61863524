import type { AspectRevisions, Attributes, Content, EntryId, EntryKind, NameRule, RecordConflict, Row } from '@tidemark/domain';

/** Parent of what lies in the hidden staging folder of the volume, seen as a place like any other; never a local change. */
export const STAGING = 'staging' as EntryId;

/** (device number, inode, birth time) of a file system object, opaque here. Same identity at a new path is a move. */
export type Identity = string & { readonly __identity?: never };

interface TreeEntry {
  readonly id: EntryId;
  readonly kind: EntryKind;
  /** The workspace's root folder has `null`. */
  readonly parent: EntryId | null;
  readonly name: string;
  readonly content?: Content | undefined;
  readonly target?: string | undefined;
  readonly attributes?: Attributes | undefined;
}

/** L: last seen on disk. `attributes` are what the disk's form stands for, so a time that the disk rounded is no change. */
export interface LocalEntry extends TreeEntry {
  readonly identity: Identity;
}

/** S: last agreed. An aspect may be unset (`null`) where only the rest is agreed: that aspect then differs from everything. */
export interface SyncedEntry {
  readonly id: EntryId;
  readonly kind: EntryKind;
  readonly place: { readonly parent: EntryId | null; readonly name: string } | null;
  /** {@link contentKeyOf} of what was agreed; '' for folders. */
  readonly content: { readonly key: string; readonly value?: Content | undefined; readonly target?: string | undefined } | null;
  readonly attributes: Attributes | null;
  readonly revisions: AspectRevisions;
}

/** R: last heard from the server; deleted ones too. */
export type RemoteEntry = Row;

/** Of a commit under way: which aspects are not planned meanwhile. */
export type SentAspect = 'content' | 'place' | 'attributes' | '*';

/** What a conflict copy last got from here, per (entry, base content revision). */
export interface CopyMemory {
  readonly copy: EntryId;
  /** {@link contentKeyOf}. */
  readonly content: string;
  /** Content revision of the copy after that. */
  readonly revision: bigint;
}

/** A conflict that was met: told to the server once, forgotten when its entry is quiet again, so that one conflict is recorded once. */
export interface NotedConflict {
  /** `<entry>:<aspect>`, with the copy where there is one. */
  readonly key: string;
  readonly operation: RecordConflict;
  /** The server has it. */
  readonly told: boolean;
}

/**
 * Dirty in a way that needs no other entry to be looked at in the same turn: made here and known to nobody else, heard of and not here yet, or in one and the
 * same place everywhere with another content or attributes. Everything else (moves, deletions, what gives way) is looked at together.
 */
export type Alone = 'here' | 'there' | 'in-place';

export interface Amount {
  readonly entries: number;
  readonly bytes: number;
}

/** What is still to be brought to the server, and here. */
export interface Pending {
  readonly upload: Amount;
  readonly download: Amount;
}

/** Some of what is dirty, ascending. */
export interface Dirty {
  readonly ids: readonly EntryId[];
  /** The kinds of which not all is in it. */
  readonly cut: readonly Alone[];
  /** Those that were taken from the highest id down. */
  readonly late: readonly EntryId[];
}

/**
 * The three trees of one workspace on one device. Synchronous; one implementation in memory (tests), one in the journal (SQLite), under one contract.
 * R and L may be stored as differences from S: the setters keep the other trees' values as they are.
 * Keys are `nameKey(name, rule)`. The root and {@link STAGING} are folders that are always there: they need no row, and having one changes nothing
 * (L may hold one for the root, for its identity).
 */
export interface Trees {
  readonly root: EntryId;
  readonly names: NameRule;

  local(id: EntryId): LocalEntry | undefined;
  synced(id: EntryId): SyncedEntry | undefined;
  remote(id: EntryId): RemoteEntry | undefined;

  setLocal(id: EntryId, entry: LocalEntry | undefined): void;
  setSynced(id: EntryId, entry: SyncedEntry | undefined): void;
  /** Rows in feed order only; a row is taken when its feed revision is greater than that of the one held. */
  setRemote(row: RemoteEntry): void;
  /** R forgotten, to be pulled from zero (history that differs). */
  clearRemote(): void;

  localChildren(parent: EntryId): Iterable<LocalEntry>;
  syncedChildren(parent: EntryId): Iterable<SyncedEntry>;
  /** Not itself deleted. */
  remoteChildren(parent: EntryId): Iterable<RemoteEntry>;
  /** All that hold the key, by id: the disk may hold several. */
  localByKey(parent: EntryId, key: string): readonly LocalEntry[];
  /** Not itself deleted. */
  remoteByKey(parent: EntryId, key: string): RemoteEntry | undefined;
  /** Of several (hard links) the one with the smallest id. */
  localByIdentity(identity: Identity): LocalEntry | undefined;
  standInsOf(entry: EntryId): Iterable<RemoteEntry>;

  /**
   * Ids of every entry that settling or planning must look at, ascending: where R, L and S differ in any aspect or revision, where one of them is missing, and everything in L or S
   * below a folder that is not live in R. Not among them: the root, and what is in R alone without being live there (itself deleted, or below such a folder) or
   * without being wanted here (see {@link leaveOut}). Costs what is dirty, not what there is.
   */
  dirty(): readonly EntryId[];
  /**
   * These are out of this device's scope now, each with everything that lies in it in R, and what was before is not any more. What is in R alone there is no
   * difference: however much it is, no turn looks at it. Costs what the entries hold that are new or no longer among them; nothing where all are the same.
   */
  leaveOut(entries: readonly EntryId[]): void;
  /**
   * The same, but of those that stand alone (see {@link Alone}) at most `aloneMax` of each kind: most by id from the lowest, some from the highest, so that
   * what was made last need not wait for everything before it. Costs what it gives, not what is dirty.
   */
  dirtyWithin(aloneMax: number): Dirty;
  /** What `pendingOf` says of everything that differs by itself, added up. Costs little, however much that is. */
  pending(): Pending;

  copyMemory(entry: EntryId, base: bigint): CopyMemory | undefined;
  setCopyMemory(entry: EntryId, base: bigint, memory: CopyMemory): void;
  /** A folder that was deleted remotely and stays on disk for what is untracked in it. */
  isLeft(identity: Identity): boolean;
  setLeft(identity: Identity, left: boolean): void;

  /** By key, ascending. */
  conflicts(): readonly NotedConflict[];
  conflict(key: string): NotedConflict | undefined;
  setConflict(key: string, noted: NotedConflict | undefined): void;
}
