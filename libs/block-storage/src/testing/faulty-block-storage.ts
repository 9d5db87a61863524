import { Fault, type PackId, type WorkspaceId } from '@tidemark/domain';
import type { BlockStorage, Range } from '../block-storage.port.ts';

/**
 * What is to happen to one call.
 * - `fail`: a fault to retry later, nothing done. - `unknown`: done, and yet a fault, as when the answer is lost.
 * - `missing`: as if the pack were gone for good (reads alone). - `damaged`: one byte is wrong (reads alone).
 * - a promise: the call waits for it first.
 */
export type PutFate = 'pass' | 'fail' | 'unknown' | Promise<void>;
export type ReadFate = 'pass' | 'fail' | 'missing' | 'damaged' | Promise<void>;

export interface BlockFaults {
  /** Asked before every put; `call` counts from 1. */
  readonly put?: (call: number, pack: PackId) => PutFate;
  /** Asked before every read; `call` counts from 1. */
  readonly read?: (call: number, pack: PackId) => ReadFate;
}

/** Block storage that fails when told to; everything else is passed on. */
export class FaultyBlockStorage implements BlockStorage {
  readonly #storage: BlockStorage;
  readonly #faults: BlockFaults;
  readonly #calls = { put: 0, read: 0 };

  constructor(storage: BlockStorage, faults: BlockFaults) {
    this.#storage = storage;
    this.#faults = faults;
  }

  async put(workspace: WorkspaceId, pack: PackId, bytes: Uint8Array): Promise<void> {
    this.#calls.put += 1;
    const fate = this.#faults.put?.(this.#calls.put, pack) ?? 'pass';
    if (fate === 'fail') throw new Fault('block storage is away (as told to)', { retry: 'later' });
    if (fate instanceof Promise) await fate;
    await this.#storage.put(workspace, pack, bytes);
    if (fate === 'unknown') throw new Fault('the answer of block storage was lost (as told to)', { retry: 'later' });
  }

  async read(workspace: WorkspaceId, pack: PackId, range?: Range): Promise<Uint8Array> {
    this.#calls.read += 1;
    const fate = this.#faults.read?.(this.#calls.read, pack) ?? 'pass';
    if (fate === 'fail') throw new Fault('block storage is away (as told to)', { retry: 'later' });
    if (fate === 'missing') throw new Fault(`the pack ${pack} is missing (as told to)`, { retry: 'never' });
    if (fate instanceof Promise) await fate;
    const bytes = await this.#storage.read(workspace, pack, range);
    return fate === 'damaged' ? bytes.map((byte, index) => (index === 0 ? byte ^ 0xff : byte)) : bytes;
  }

  has(workspace: WorkspaceId, pack: PackId): Promise<boolean> {
    return this.#storage.has(workspace, pack);
  }

  list(workspace: WorkspaceId): AsyncIterable<{ readonly pack: PackId; readonly bytes: number }> {
    return this.#storage.list(workspace);
  }

  remove(workspace: WorkspaceId, pack: PackId): Promise<void> {
    return this.#storage.remove(workspace, pack);
  }

  close(): Promise<void> {
    return this.#storage.close();
  }
}
