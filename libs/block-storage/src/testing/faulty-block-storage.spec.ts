import { expect, test } from 'vitest';
import { MemoryBlockStorage } from '../index.ts';
import { FaultyBlockStorage, newWorkspace, randomPack } from './index.ts';

test('a put with unknown outcome is there, one that fails is not', async () => {
  const storage = new FaultyBlockStorage(new MemoryBlockStorage(), { put: (call) => (call === 1 ? 'unknown' : 'fail') });
  const [workspace, one, two] = [newWorkspace(), randomPack(10), randomPack(10)];
  await expect(storage.put(workspace, one.pack, one.bytes)).rejects.toMatchObject({ retry: 'later' });
  await expect(storage.put(workspace, two.pack, two.bytes)).rejects.toMatchObject({ retry: 'later' });
  expect([await storage.has(workspace, one.pack), await storage.has(workspace, two.pack)]).toEqual([true, false]);
});

test('reads fail, miss and are damaged as told', async () => {
  const fates = ['fail', 'missing', 'damaged', 'pass'] as const;
  const storage = new FaultyBlockStorage(new MemoryBlockStorage(), { read: (call) => fates[call - 1] ?? 'pass' });
  const [workspace, { pack, bytes }] = [newWorkspace(), randomPack(10)];
  await storage.put(workspace, pack, bytes);
  await expect(storage.read(workspace, pack)).rejects.toMatchObject({ retry: 'later' });
  await expect(storage.read(workspace, pack)).rejects.toMatchObject({ retry: 'never' });
  expect(await storage.read(workspace, pack)).not.toEqual(bytes);
  expect(await storage.read(workspace, pack)).toEqual(bytes);
});
