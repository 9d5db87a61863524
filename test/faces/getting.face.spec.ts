import { chmod, mkdir, readFile, readlink, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { IpcClient } from '@tidemark/ipc';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { entryOf, faceOf } from '../support/faces.ts';
import { World } from '../support/world.ts';

describe('a folder is put onto this disk with everything in it', () => {
  let world: World;
  let face: IpcClient;
  let workspace: string;
  let entry: string;
  /** When everything was there as it is made below. */
  let then: string;
  const on = (path: string): string => world.device('laptop').path(path);
  const beside = (path: string): string => join(world.base, path);
  const get = (to: string, revision?: string) => face.call('get', { workspace, entry, to, ...(revision !== undefined && { revision }) });

  beforeAll(async () => {
    world = await World.start();
    face = await faceOf(world.device('laptop'));
    workspace = await world.workspaceId(world.device('laptop'));
    await mkdir(on('tree/sub'), { recursive: true });
    await mkdir(on('tree/empty'));
    await writeFile(on('tree/a.txt'), 'a');
    await writeFile(on('tree/run.sh'), 'run');
    await chmod(on('tree/run.sh'), 0o755);
    await utimes(on('tree/run.sh'), 1_700_000_000, 1_700_000_000);
    await writeFile(on('tree/sub/b.txt'), 'bb');
    await symlink('a.txt', on('tree/link'));
    await writeFile(on('outside.txt'), 'no part of it');
    await world.quiet();
    then = (await face.call('activity', { workspace, limit: 1 })).lines[0]?.revision ?? '';
    await writeFile(on('tree/a.txt'), 'a, gone on with');
    await rm(on('tree/sub/b.txt'));
    await writeFile(on('tree/sub/c.txt'), 'ccc');
    await world.quiet();
    entry = await entryOf(world.device('laptop'), 'tree');
  });
  afterAll(async () => {
    await world.stop();
  });

  test('as it is now, with times, bits, links and empty folders', async () => {
    const to = beside('now');
    const folder = { files: 3, folders: 2, links: 1, same: 0, leftCount: 0, left: [] };
    expect(await get(to)).toEqual({ path: to, bytes: 21, folder });
    expect(await readFile(join(to, 'a.txt'), 'utf8')).toBe('a, gone on with');
    expect(await readFile(join(to, 'sub/c.txt'), 'utf8')).toBe('ccc');
    expect(await readlink(join(to, 'link'))).toBe('a.txt');
    expect((await stat(join(to, 'empty'))).isDirectory()).toBe(true);
    const { mode, mtimeMs } = await stat(join(to, 'run.sh'));
    expect([mode & 0o100, mtimeMs]).toEqual([0o100, 1_700_000_000_000]);
  });

  test('as it was at a revision, which need not be one of its own files', async () => {
    const to = beside('then');
    expect(await get(to, then)).toMatchObject({ bytes: 6, folder: { files: 3, folders: 2, links: 1 } });
    expect(await readFile(join(to, 'a.txt'), 'utf8')).toBe('a');
    expect(await readFile(join(to, 'sub/b.txt'), 'utf8')).toBe('bb');
    await expect(get(beside('before'), '0')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(get(beside('after'), '99999')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test('a whole workspace, now and then', async () => {
    const { entry: root } = await face.call('entryAt', { workspace, path: '' });
    const all = { workspace, entry: root.id };
    expect((await face.call('get', { ...all, to: beside('all') })).folder).toMatchObject({ files: 4, folders: 3, links: 1 });
    expect((await face.call('get', { ...all, to: beside('all then'), revision: then })).folder).toMatchObject({ files: 4, folders: 3 });
    expect(await readFile(beside('all then/tree/sub/b.txt'), 'utf8')).toBe('bb');
    expect(await readFile(beside('all/outside.txt'), 'utf8')).toBe('no part of it');
  });

  test('again, it goes on: what is the same counts as done, what is missing is put there, and anything else is left and told', async () => {
    const to = beside('again');
    await get(to);
    expect((await get(to)).folder).toEqual({ files: 0, folders: 2, links: 0, same: 4, leftCount: 0, left: [] });
    await writeFile(join(to, 'a.txt'), 'written by somebody');
    await rm(join(to, 'run.sh'));
    await rm(join(to, 'sub'), { recursive: true });
    await mkdir(beside('elsewhere'));
    await symlink(beside('elsewhere'), join(to, 'sub'));
    const { folder } = await get(to);
    expect(folder).toMatchObject({ files: 1, same: 1, leftCount: 2 });
    expect(folder?.left.toSorted()).toEqual(['a.txt', 'sub']);
    expect(await readFile(join(to, 'a.txt'), 'utf8')).toBe('written by somebody');
    expect(await readFile(join(to, 'run.sh'), 'utf8')).toBe('run');
    await expect(stat(beside('elsewhere/c.txt'))).rejects.toThrow('ENOENT');
    await writeFile(beside('a file'), 'x');
    await expect(get(beside('a file'))).rejects.toMatchObject({ code: 'REFUSED' });
    expect(await readFile(beside('a file'), 'utf8')).toBe('x');
  });

  test('into a synced folder, even into itself: it is a copy as any other, and does not hold itself', async () => {
    await get(on('tree/copy'));
    await world.quiet();
    const paths = Object.keys(await world.device('phone').tree());
    expect(paths).toContain('tree/copy/sub/c.txt');
    expect(paths.filter((path) => path.includes('copy/copy') || path.includes('partial'))).toEqual([]);
    await rm(on('tree/copy'), { recursive: true });
    await world.quiet();
  });

  test('one that was deleted is not there now, and is there as it was', async () => {
    await rm(on('tree'), { recursive: true });
    await world.quiet();
    await expect(get(beside('gone'))).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect((await get(beside('gone'), then)).folder).toMatchObject({ files: 3 });
  });
});
