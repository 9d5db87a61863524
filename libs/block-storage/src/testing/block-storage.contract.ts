import { assert, type PackId, PACK_BYTES_MAX, type WorkspaceId } from '@tidemark/domain';
import { contract, type Skip } from '@tidemark/sqlite/testing';
import { expect, onTestFinished } from 'vitest';
import type { BlockStorage } from '../block-storage.port.ts';
import { newWorkspace, packOf, randomPack } from './sample-packs.ts';

export interface StorageUnderTest {
  readonly storage: BlockStorage;
  /** Closes the storage and opens it again on the same place. */
  readonly restart?: () => Promise<BlockStorage>;
}

async function listOf(storage: BlockStorage, workspace: WorkspaceId): Promise<ReadonlyMap<PackId, number>> {
  const packs = new Map<PackId, number>();
  for await (const { pack, bytes } of storage.list(workspace)) {
    expect(packs.has(pack)).toBe(false);
    packs.set(pack, bytes);
  }
  return packs;
}

/**
 * What every block storage promises. It may hold what other tests left; each test uses workspaces of its own.
 * `skips` says what an adapter cannot do, and why.
 */
export function blockStorageContract(make: () => Promise<StorageUnderTest>, skips: readonly Skip[] = []): void {
  const start = async (): Promise<StorageUnderTest> => {
    const made = await make();
    onTestFinished(() => made.storage.close());
    return made;
  };
  const open = async (): Promise<BlockStorage> => (await start()).storage;

  contract(
    'block storage',
    {
      'a pack comes back as it was put, whole and by ranges': async () => {
        const storage = await open();
        const workspace = newWorkspace();
        const { pack, bytes } = randomPack(100_000);
        await storage.put(workspace, pack, bytes);
        expect(await storage.has(workspace, pack)).toBe(true);
        expect(Buffer.from(await storage.read(workspace, pack)).equals(bytes)).toBe(true);
        for (const [offset, length] of [
          [0, 1],
          [0, 100_000],
          [99_999, 1],
          [12_345, 54_321],
          [7, 0],
          [100_000, 0],
        ] as const) {
          const run = await storage.read(workspace, pack, { offset, length });
          expect(Buffer.from(run).equals(bytes.subarray(offset, offset + length))).toBe(true);
        }
      },

      'the largest pack and an empty one are kept': async () => {
        const storage = await open();
        const workspace = newWorkspace();
        for (const { pack, bytes } of [randomPack(PACK_BYTES_MAX), packOf(new Uint8Array(0))]) {
          await storage.put(workspace, pack, bytes);
          expect(Buffer.from(await storage.read(workspace, pack)).equals(bytes)).toBe(true);
        }
      },

      'a pack put again, or twice at once, is there once and unchanged': async () => {
        const storage = await open();
        const workspace = newWorkspace();
        const { pack, bytes } = randomPack(50_000);
        await Promise.all([storage.put(workspace, pack, bytes), storage.put(workspace, pack, bytes)]);
        await storage.put(workspace, pack, bytes);
        expect([...(await listOf(storage, workspace))]).toEqual([[pack, 50_000]]);
        expect(Buffer.from(await storage.read(workspace, pack)).equals(bytes)).toBe(true);
      },

      'a pack is its workspace’s alone': async () => {
        const storage = await open();
        const [mine, theirs] = [newWorkspace(), newWorkspace()];
        const { pack, bytes } = randomPack(1_000);
        await storage.put(mine, pack, bytes);
        expect(await storage.has(theirs, pack)).toBe(false);
        await expect(storage.read(theirs, pack)).rejects.toMatchObject({ name: 'Fault', retry: 'never' });
        expect((await listOf(storage, theirs)).size).toBe(0);
        await storage.put(theirs, pack, bytes);
        await storage.remove(mine, pack);
        expect(await storage.has(theirs, pack)).toBe(true);
      },

      'a missing pack is a fault that no repeat helps': async () => {
        const storage = await open();
        const { pack } = randomPack(10);
        const workspace = newWorkspace();
        expect(await storage.has(workspace, pack)).toBe(false);
        await expect(storage.read(workspace, pack)).rejects.toMatchObject({ name: 'Fault', retry: 'never' });
        await expect(storage.read(workspace, pack, { offset: 0, length: 1 })).rejects.toMatchObject({ name: 'Fault', retry: 'never' });
      },

      'a range past the end of a pack is a fault that no repeat helps': async () => {
        const storage = await open();
        const workspace = newWorkspace();
        const { pack, bytes } = randomPack(1_000);
        await storage.put(workspace, pack, bytes);
        for (const [offset, length] of [
          [0, 1_001],
          [999, 2],
          [1_000, 1],
          [5_000, 10],
        ] as const) {
          await expect(storage.read(workspace, pack, { offset, length })).rejects.toMatchObject({ name: 'Fault', retry: 'never' });
        }
      },

      'every pack of a workspace is listed with its size': async () => {
        const storage = await open();
        const workspace = newWorkspace();
        expect((await listOf(storage, workspace)).size).toBe(0);
        const packs = Array.from({ length: 40 }, (_, index) => randomPack(100 + index));
        await Promise.all(packs.map(({ pack, bytes }) => storage.put(workspace, pack, bytes)));
        const expected = new Map(packs.map(({ pack, bytes }) => [pack, bytes.length]));
        expect(await listOf(storage, workspace)).toEqual(expected);
      },

      'a removed pack is gone, and removing what is not there changes nothing': async () => {
        const storage = await open();
        const workspace = newWorkspace();
        const [kept, removed] = [randomPack(10), randomPack(20)];
        await storage.remove(workspace, removed.pack);
        await storage.put(workspace, kept.pack, kept.bytes);
        await storage.put(workspace, removed.pack, removed.bytes);
        await storage.remove(workspace, removed.pack);
        await storage.remove(workspace, removed.pack);
        expect(await storage.has(workspace, removed.pack)).toBe(false);
        await expect(storage.read(workspace, removed.pack)).rejects.toMatchObject({ retry: 'never' });
        expect([...(await listOf(storage, workspace)).keys()]).toEqual([kept.pack]);
        await storage.put(workspace, removed.pack, removed.bytes);
        expect(await storage.has(workspace, removed.pack)).toBe(true);
      },

      'what was put cannot be changed through the bytes handed in or out': async () => {
        const storage = await open();
        const workspace = newWorkspace();
        const { pack, bytes } = randomPack(100);
        const handed = bytes.slice();
        await storage.put(workspace, pack, handed);
        handed.fill(0);
        (await storage.read(workspace, pack)).fill(1);
        expect(Buffer.from(await storage.read(workspace, pack)).equals(bytes)).toBe(true);
      },

      'a storage opened again has every pack': async () => {
        const { storage, restart } = await start();
        assert(restart !== undefined, 'skip this test where the storage cannot be opened again');
        const workspace = newWorkspace();
        const { pack, bytes } = randomPack(10_000);
        await storage.put(workspace, pack, bytes);
        const again = await restart();
        onTestFinished(() => again.close());
        expect(Buffer.from(await again.read(workspace, pack)).equals(bytes)).toBe(true);
        expect([...(await listOf(again, workspace)).keys()]).toEqual([pack]);
      },
    },
    skips,
  );
}
