import type { PackId, WorkspaceId } from '@tidemark/domain';
import type { BlockStorage, Range } from '../block-storage.port.ts';
import { assertRange, missingPack, shortPack } from '../missing-pack.ts';

/** Block storage for tests and simulation: the contract without the disk. */
export class MemoryBlockStorage implements BlockStorage {
  readonly #workspaces = new Map<WorkspaceId, Map<PackId, Uint8Array>>();

  async put(workspace: WorkspaceId, pack: PackId, bytes: Uint8Array): Promise<void> {
    const packs = this.#workspaces.get(workspace) ?? new Map<PackId, Uint8Array>();
    this.#workspaces.set(workspace, packs);
    packs.set(pack, bytes.slice());
  }

  async read(workspace: WorkspaceId, pack: PackId, range?: Range): Promise<Uint8Array> {
    if (range !== undefined) assertRange(range);
    const bytes = this.#workspaces.get(workspace)?.get(pack);
    if (bytes === undefined) throw missingPack(pack);
    if (range === undefined) return bytes.slice();
    if (range.offset + range.length > bytes.length) throw shortPack(pack, range, bytes.length);
    return bytes.slice(range.offset, range.offset + range.length);
  }

  async has(workspace: WorkspaceId, pack: PackId): Promise<boolean> {
    return this.#workspaces.get(workspace)?.has(pack) ?? false;
  }

  async *list(workspace: WorkspaceId): AsyncIterable<{ readonly pack: PackId; readonly bytes: number }> {
    for (const [pack, bytes] of this.#workspaces.get(workspace) ?? []) yield { pack, bytes: bytes.length };
  }

  async remove(workspace: WorkspaceId, pack: PackId): Promise<void> {
    this.#workspaces.get(workspace)?.delete(pack);
  }

  async close(): Promise<void> {}
}
