import { v5 as uuidv5 } from 'uuid';
import type { Brand } from './kernel/brand.ts';

export type WorkspaceId = Brand<string, 'WorkspaceId'>;
/** For life; UUIDv7, minted by whoever creates the entry. Means something only within its workspace. */
export type EntryId = Brand<string, 'EntryId'>;
export type DeviceId = Brand<string, 'DeviceId'>;
export type AccountId = Brand<string, 'AccountId'>;
/** SHA-256 of the chunk's bytes, lower-case hex. */
export type ChunkId = Brand<string, 'ChunkId'>;
/** SHA-256 of the canonical manifest, lower-case hex. */
export type ContentId = Brand<string, 'ContentId'>;
/** Name of a pack in block storage: SHA-256 of the pack's bytes, lower-case hex. */
export type PackId = Brand<string, 'PackId'>;
export type EventId = Brand<string, 'EventId'>;
export type ConflictId = Brand<string, 'ConflictId'>;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const SHA256_HEX = /^[0-9a-f]{64}$/;

export const parseWorkspaceId = (text: string): WorkspaceId | undefined => (UUID.test(text) ? (text as WorkspaceId) : undefined);
export const parseEntryId = (text: string): EntryId | undefined => (UUID.test(text) ? (text as EntryId) : undefined);
export const parseDeviceId = (text: string): DeviceId | undefined => (UUID.test(text) ? (text as DeviceId) : undefined);
export const parseAccountId = (text: string): AccountId | undefined => (UUID.test(text) ? (text as AccountId) : undefined);
export const parseEventId = (text: string): EventId | undefined => (UUID.test(text) ? (text as EventId) : undefined);
export const parseConflictId = (text: string): ConflictId | undefined => (UUID.test(text) ? (text as ConflictId) : undefined);
export const parseChunkId = (text: string): ChunkId | undefined => (SHA256_HEX.test(text) ? (text as ChunkId) : undefined);
export const parseContentId = (text: string): ContentId | undefined => (SHA256_HEX.test(text) ? (text as ContentId) : undefined);
export const parsePackId = (text: string): PackId | undefined => (SHA256_HEX.test(text) ? (text as PackId) : undefined);

const TIDEMARK = '7a5e9c0e-2f0b-5d7e-9c36-1d8a4b6f2c11';

/** UUIDv5 of the parts, in order; the same on every machine. The first part names what it is for. */
export function derivedId<Id extends string>(purpose: string, ...parts: readonly (string | number | bigint)[]): Id {
  return uuidv5([purpose, ...parts.map(String)].join('\n'), TIDEMARK) as Id;
}

/** Known again when a commit is sent again, and never another workspace's. */
export const eventIdOf = (workspace: WorkspaceId, device: DeviceId, commit: number, operation: number, n: number): EventId =>
  derivedId('event', workspace, device, commit, operation, n);

/** One id for one divergence, so that retries and two devices with the same losing content make one copy. */
export const conflictCopyIdOf = (entry: EntryId, base: bigint | string, content: ContentId | string): EntryId =>
  derivedId('copy', entry, base, content);
