import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ChokidarWatcher } from './chokidar-watcher.ts';
import { RecursiveWatcher } from './recursive-watcher.ts';
import type { Watcher } from './watcher.port.ts';

describe.each([
  ['ChokidarWatcher', (root: string): Watcher => new ChokidarWatcher(root, (path) => path.includes('.tidemark'))],
  ['RecursiveWatcher', (root: string): Watcher => new RecursiveWatcher(root, (path) => path.includes('.tidemark'))],
])('%s', (_name, make) => {
  let root: string;
  let watcher: Watcher;
  const hints = new Set<string>();
  const heard = (path: string): Promise<void> => vi.waitFor(() => expect([...hints]).toContain(join(root, path)), 10_000);

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'tidemark-watch-'));
    hints.clear();
    await mkdir(join(root, '.tidemark'));
    await mkdir(join(root, 'folder'));
    await writeFile(join(root, 'folder', 'old.txt'), 'old');
    watcher = make(root);
    await watcher.start({
      onHint: (path) => hints.add(path),
      onOverflow: (path) => hints.add(path),
      onProblem: (message) => expect.fail(message),
    });
  });
  afterEach(async () => {
    await watcher.stop();
    await rm(root, { recursive: true, force: true });
  });

  test('hints at new, changed, renamed and removed files', async () => {
    await writeFile(join(root, 'folder', 'new.txt'), 'new');
    await heard('folder/new.txt');
    await writeFile(join(root, 'folder', 'old.txt'), 'changed');
    await heard('folder/old.txt');
    await rename(join(root, 'folder', 'new.txt'), join(root, 'renamed.txt'));
    await heard('renamed.txt');
    hints.clear();
    await rm(join(root, 'renamed.txt'));
    await heard('renamed.txt');
  });

  test('hints at what is put into a new folder', async () => {
    await mkdir(join(root, 'a/b/c'), { recursive: true });
    await heard('a');
    await writeFile(join(root, 'a/b/c/deep.txt'), 'deep');
    await vi.waitFor(() => expect([...hints].some((path) => path.startsWith(join(root, 'a')))).toBe(true), 10_000);
  });

  test('hints at a name that is not UTF-8, and again when it is gone', async ({ skip }) => {
    skip(process.platform !== 'linux', 'a disk takes no such name but on Linux');
    skip(watcher instanceof RecursiveWatcher, 'the platform’s recursive watch tells nothing of such a name; scans find it');
    const place = Buffer.concat([Buffer.from(join(root, 'folder/caf')), Buffer.from([0xe9])]);
    const hinted = (): Promise<void> => vi.waitFor(() => expect([...hints]).toContain(join(root, 'folder/caf\ufffd')), 10_000);
    await writeFile(place, 'x');
    await hinted();
    hints.clear();
    await rm(place);
    await hinted();
  });

  test("is silent about Tidemark's own folder", async () => {
    await writeFile(join(root, '.tidemark', 'staged'), 'x');
    await writeFile(join(root, 'after.txt'), 'x');
    await heard('after.txt');
    expect([...hints].filter((path) => path.includes('.tidemark/'))).toEqual([]);
  });
});
