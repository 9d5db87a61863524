import { existsSync, readdirSync, renameSync, rmSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@tidemark/sqlite/testing';
import { describe, expect, test } from 'vitest';
import { blockStorageContract, newWorkspace, randomPack } from '../testing/index.ts';
import { FolderBlockStorage, LEFTOVER_AGE_MS } from './folder-block-storage.ts';

const openFolder = async () => {
  const folder = join(temporaryFolder(), 'blocks');
  return { folder, storage: await FolderBlockStorage.open(folder), restart: () => FolderBlockStorage.open(folder) };
};

describe('FolderBlockStorage', () => {
  blockStorageContract(openFolder);

  test('a pack rests under its workspace and its first two letters, and nothing is left beside', async () => {
    const { folder, storage } = await openFolder();
    const [workspace, { pack, bytes }] = [newWorkspace(), randomPack(1_000)];
    await storage.put(workspace, pack, bytes);
    expect(existsSync(join(folder, 'packs', workspace, pack.slice(0, 2), pack))).toBe(true);
    expect(readdirSync(join(folder, 'tmp'))).toEqual([]);
  });

  test('what a crash left half-written is never listed, and is removed at open once nobody can be writing it', async () => {
    const { folder, storage, restart } = await openFolder();
    const [workspace, { pack, bytes }] = [newWorkspace(), randomPack(1_000)];
    const [old, young] = [join(folder, 'tmp', `${pack}.old`), join(folder, 'tmp', `${pack}.young`)];
    writeFileSync(old, bytes.subarray(0, 500));
    writeFileSync(young, bytes.subarray(0, 500));
    const longAgo = (Date.now() - LEFTOVER_AGE_MS - 60_000) / 1000;
    utimesSync(old, longAgo, longAgo);
    expect(await storage.has(workspace, pack)).toBe(false);
    await restart();
    expect([existsSync(old), existsSync(young)]).toEqual([false, true]);
  });

  test('a pack cut short is a fault no repeat helps, and is whole again when it is put again', async () => {
    const { folder, storage } = await openFolder();
    const [workspace, { pack, bytes }] = [newWorkspace(), randomPack(1_000)];
    await storage.put(workspace, pack, bytes);
    truncateSync(join(folder, 'packs', workspace, pack.slice(0, 2), pack), 300);
    await expect(storage.read(workspace, pack, { offset: 200, length: 200 })).rejects.toMatchObject({ retry: 'never' });
    await storage.put(workspace, pack, bytes);
    expect(Buffer.from(await storage.read(workspace, pack)).equals(bytes)).toBe(true);
  });

  test('a volume that is away is a fault to retry later, and nothing is written in its place', async () => {
    const { folder, storage } = await openFolder();
    const [workspace, one, two] = [newWorkspace(), randomPack(1_000), randomPack(1_000)];
    await storage.put(workspace, one.pack, one.bytes);
    renameSync(folder, `${folder}.away`);
    const calls = [
      () => storage.put(workspace, two.pack, two.bytes),
      () => storage.read(workspace, one.pack),
      () => storage.has(workspace, one.pack),
      () => storage.remove(workspace, one.pack),
    ];
    for (const call of calls) await expect(call()).rejects.toMatchObject({ name: 'Fault', retry: 'later' });
    expect(existsSync(folder)).toBe(false);
    renameSync(`${folder}.away`, folder);
    rmSync(join(folder, 'packs'), { recursive: true });
    for (const call of calls) await expect(call()).rejects.toMatchObject({ name: 'Fault', retry: 'later' });
  });

  test('a put that fails leaves no temporary file', async () => {
    const { folder, storage } = await openFolder();
    const [workspace, { pack, bytes }] = [newWorkspace(), randomPack(1_000)];
    writeFileSync(join(folder, 'packs', workspace), 'a file where the folder should be');
    await expect(storage.put(workspace, pack, bytes)).rejects.toMatchObject({ name: 'Fault', retry: 'later' });
    expect(readdirSync(join(folder, 'tmp'))).toEqual([]);
  });
});
