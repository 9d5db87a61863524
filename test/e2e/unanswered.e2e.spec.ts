import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { until } from '../support/processes.ts';
import { World, type Device } from '../support/world.ts';

const isCommit = (method: string, path: string): boolean => method === 'POST' && path.endsWith('/commits');

describe("while one's own earlier commit is unanswered (answers held back by 2 s)", () => {
  let world: World;
  let laptop: Device;
  beforeEach(async () => {
    world = await World.start();
    laptop = world.device('laptop');
    await writeFile(laptop.path('a.txt'), 'start');
    await mkdir(laptop.path('folder'));
    await world.quiet();
    laptop.proxy.faults.match = isCommit;
    laptop.proxy.faults.delayAnswersMs = 2_000;
  });
  afterEach(async () => {
    await world.stop();
  });

  /** The commit has reached the server, its answer has not come back. */
  const untilDecided = async (work: () => Promise<void>): Promise<void> => {
    const before = (await world.events()).length;
    await work();
    await until('the commit is decided', async () => (await world.events()).length > before);
  };
  const conflicts = async (): Promise<number> => (await world.events()).filter((event) => event.type === 'ConflictRecorded').length;

  test('further saves: the last one is everywhere, without a conflict', async () => {
    await untilDecided(() => writeFile(laptop.path('a.txt'), 'first save'));
    await writeFile(laptop.path('a.txt'), 'second save');
    await writeFile(laptop.path('a.txt'), 'third save');
    expect(Object.keys(await world.quiet())).toEqual(['a.txt', 'folder']);
    expect(await readFile(world.device('phone').path('a.txt'), 'utf8')).toBe('third save');
    expect(await conflicts()).toBe(0);
  });

  test('the save is undone: the old content is everywhere', async () => {
    await untilDecided(() => writeFile(laptop.path('a.txt'), 'a mistake'));
    await writeFile(laptop.path('a.txt'), 'start');
    await world.quiet();
    expect(await readFile(world.device('phone').path('a.txt'), 'utf8')).toBe('start');
    expect(await conflicts()).toBe(0);
  });

  test('a second rename: the last name is everywhere', async () => {
    await untilDecided(() => rename(laptop.path('a.txt'), laptop.path('b.txt')));
    await rename(laptop.path('b.txt'), laptop.path('folder/c.txt'));
    expect(Object.keys(await world.quiet())).toEqual(['folder', 'folder/c.txt']);
    expect(await conflicts()).toBe(0);
  });

  test('a deletion: nothing is resurrected', async () => {
    await untilDecided(() => writeFile(laptop.path('a.txt'), 'edited, then deleted'));
    await rm(laptop.path('a.txt'));
    expect(Object.keys(await world.quiet())).toEqual(['folder']);
    expect(await conflicts()).toBe(0);
  });

  test('a new file deleted again: nothing is resurrected', async () => {
    await untilDecided(() => writeFile(laptop.path('new.txt'), 'short-lived'));
    await rm(laptop.path('new.txt'));
    expect(Object.keys(await world.quiet())).toEqual(['a.txt', 'folder']);
    expect(await conflicts()).toBe(0);
  });
});
