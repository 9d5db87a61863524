import type { ChunkingStrategy, Content } from '../content/content.ts';
import type { AccountId, ChunkId, ConflictId, DeviceId, EntryId, PackId, WorkspaceId } from '../ids.ts';
import type { Attributes } from './entry.ts';
import type { ConflictInputs, ConflictRule, Settling } from './operations.ts';

export type Role = 'owner' | 'editor' | 'viewer';
export type NameRule = 'portable' | 'exact';

export interface WorkspaceFormat {
  readonly chunking: ChunkingStrategy;
  readonly names: NameRule;
  /** Of the folding table, such as `17.0.0`; never changes for a workspace. */
  readonly unicode: string;
}

/** Event payloads are plain JSON: no bigint, no class, no undefined that matters. `type` is a literal, never a class name. */
type Event<Type extends string, Data> = { readonly type: Type; readonly v: 1; readonly data: Readonly<Data> };

export type WorkspaceCreated = Event<
  'WorkspaceCreated',
  { workspace: WorkspaceId; name: string; owner: AccountId; root: EntryId; format: WorkspaceFormat }
>;
export type WorkspaceRenamed = Event<'WorkspaceRenamed', { name: string }>;
export type MemberGranted = Event<'MemberGranted', { account: AccountId; role: Role }>;
export type MemberRevoked = Event<'MemberRevoked', { account: AccountId }>;
export type FolderCreated = Event<'FolderCreated', { entry: EntryId; parent: EntryId; name: string; rescueOf?: EntryId | undefined }>;
export type FileCreated = Event<'FileCreated', { entry: EntryId; parent: EntryId; name: string; content: Content; attributes: Attributes }>;
export type LinkCreated = Event<'LinkCreated', { entry: EntryId; parent: EntryId; name: string; target: string }>;
export type ContentCommitted = Event<'ContentCommitted', { entry: EntryId; content: Content; attributes: Attributes }>;
export type LinkRetargeted = Event<'LinkRetargeted', { entry: EntryId; target: string }>;
export type EntryMoved = Event<'EntryMoved', { entry: EntryId; parent: EntryId; name: string }>;
export type AttributesChanged = Event<'AttributesChanged', { entry: EntryId; attributes: Attributes }>;
/** One event for a whole subtree: what is below stays where it is and is not live because an ancestor is not. */
export type EntryDeleted = Event<'EntryDeleted', { entry: EntryId }>;
/** Live again with everything that went with it; what was deleted before, or moved out, stays so. */
export type EntryRestored = Event<'EntryRestored', { entry: EntryId; parent: EntryId; name: string }>;
/** A commit of which nothing was accepted; its outcomes stand in the envelope. Changes no row. */
export type CommitRejected = Event<'CommitRejected', { device: DeviceId; number: number }>;
/** A commit of which everything was so already; its outcomes stand in the envelope. Changes no row. See `decideCommit` for why it is kept. */
export type CommitConfirmed = Event<'CommitConfirmed', { device: DeviceId; number: number }>;
export type ConflictRecorded = Event<
  'ConflictRecorded',
  { conflict: ConflictId; rule: ConflictRule; entry: EntryId; copy?: EntryId | undefined; inputs: ConflictInputs; device: DeviceId }
>;
export type ConflictResolved = Event<'ConflictResolved', { conflict: ConflictId; how: Settling }>;
/** A settling was taken back: the conflict is open again. */
export type ConflictReopened = Event<'ConflictReopened', { conflict: ConflictId }>;

export type WorkspaceEvent =
  | WorkspaceCreated
  | WorkspaceRenamed
  | MemberGranted
  | MemberRevoked
  | FolderCreated
  | FileCreated
  | LinkCreated
  | ContentCommitted
  | LinkRetargeted
  | EntryMoved
  | AttributesChanged
  | EntryDeleted
  | EntryRestored
  | CommitRejected
  | CommitConfirmed
  | ConflictRecorded
  | ConflictResolved
  | ConflictReopened;

/** Names kept free for what is to come. */
export const RESERVED_EVENT_TYPES = [
  'RetentionSet',
  'UndoStarted',
  'UndoFinished',
  'ContentErased',
  'PackRewritten',
  'ChunksCondemned',
  'ChunksCollected',
] as const;

/** `chunks` is the compact form of `libs/domain` `encodeStoredChunks`: base64 of fixed-width records. */
export type ChunksStored = Event<'ChunksStored', { pack: PackId; bytes: number; chunks: string }>;
export type BlocksEvent = ChunksStored;

/** One chunk in a pack, as `ChunksStored` tells it. */
export interface StoredChunk {
  readonly id: ChunkId;
  /** In the pack, bytes. */
  readonly offset: number;
  /** As it rests there, bytes. */
  readonly storedLength: number;
  /** Of the chunk itself, bytes. */
  readonly size: number;
  readonly codec: 'none' | 'zstd';
  /** A run of a manifest rather than of a file. */
  readonly page: boolean;
}

export type DeviceKind = 'agent' | 'browser';
export type DeviceLinked = Event<
  'DeviceLinked',
  {
    device: DeviceId;
    account: AccountId;
    name: string;
    kind: DeviceKind;
    /** SHA-256 of the token, lower-case hex; the token itself is nowhere. */
    tokenHash: string;
    /** ISO 8601, UTC; absent: until revoked. */
    tokenExpires?: string | undefined;
  }
>;
export type DeviceRenamed = Event<'DeviceRenamed', { name: string }>;
export type DeviceUnlinked = Event<'DeviceUnlinked', { by: DeviceId | 'operator' }>;
/** A receipt: this device has applied everything of the workspace up to here, but for the parked entries. */
export type DeviceCaughtUp = Event<
  'DeviceCaughtUp',
  { workspace: WorkspaceId; revision: string; parked: readonly { entry: EntryId; reason: string }[] }
>;
export type DeviceEvent = DeviceLinked | DeviceRenamed | DeviceUnlinked | DeviceCaughtUp;

export type AccountRegistered = Event<'AccountRegistered', { account: AccountId; name: string }>;
export type InviteIssued = Event<
  'InviteIssued',
  {
    /** SHA-256 of the code, lower-case hex. */
    codeHash: string;
    expires: string;
    /** Links another device of this account, or another person with a role in a workspace. */
    purpose: { kind: 'device' } | { kind: 'member'; workspace: WorkspaceId; role: Role };
  }
>;
export type InviteUsed = Event<'InviteUsed', { codeHash: string; device: DeviceId; account: AccountId }>;
export type AccountEvent = AccountRegistered | InviteIssued | InviteUsed;

export type DomainEvent = WorkspaceEvent | BlocksEvent | DeviceEvent | AccountEvent;
