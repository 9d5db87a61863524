import type { PackId, WorkspaceId } from '@tidemark/domain';

/** A run of bytes within a pack. */
export interface Range {
  readonly offset: number;
  readonly length: number;
}

/**
 * Where packs rest. A pack is written once and never changed; its id is the hash of its bytes.
 * - `put` is durable when it resolves: after a power cut the pack is there, whole. Putting the same pack again changes nothing.
 * - a pack that is half written is never visible.
 * - every key begins with the workspace; the same pack of two workspaces is two objects.
 *
 * @throws {Fault} `retry: 'later'` when the store is away or full, `'never'` when a pack that should be there is missing or shorter than the range.
 */
export interface BlockStorage {
  put(workspace: WorkspaceId, pack: PackId, bytes: Uint8Array): Promise<void>;
  /** The bytes of the range; of the whole pack without one. */
  read(workspace: WorkspaceId, pack: PackId, range?: Range): Promise<Uint8Array>;
  has(workspace: WorkspaceId, pack: PackId): Promise<boolean>;
  /** Every pack of the workspace with its size in bytes, in no particular order. */
  list(workspace: WorkspaceId): AsyncIterable<{ readonly pack: PackId; readonly bytes: number }>;
  /** Gone for good; nothing happens where it is not. */
  remove(workspace: WorkspaceId, pack: PackId): Promise<void>;
  close(): Promise<void>;
}
