import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { World } from '../support/world.ts';

describe('the way between device and server', () => {
  test('with the socket blocked altogether devices converge by pulling', async () => {
    const world = await World.start({ devices: [] });
    try {
      for (const name of ['laptop', 'phone']) {
        const device = await world.prepareDevice(name, world.workspace);
        device.proxy.faults.blockSocket = true;
        await device.start();
      }
      await writeFile(world.device('laptop').path('a.txt'), 'pulled');
      await world.untilOn('phone', 'a.txt', 110_000);
      expect(await readFile(world.device('phone').path('a.txt'), 'utf8')).toBe('pulled');
      expect(world.device('phone').proxy.requests.some(({ path }) => path.includes('/changes'))).toBe(true);
    } finally {
      await world.stop();
    }
  });

  test('every request sent twice has the effect of one', async () => {
    const world = await World.start();
    try {
      const laptop = world.device('laptop');
      for (const device of world.devices) device.proxy.faults.repeat = true;
      await mkdir(laptop.path('folder'));
      await writeFile(laptop.path('folder/a.txt'), 'one');
      await world.quiet();
      await writeFile(laptop.path('folder/a.txt'), 'two');
      await world.quiet();
      await rename(laptop.path('folder'), laptop.path('moved'));
      await world.quiet();
      await rm(laptop.path('moved/a.txt'));
      expect(Object.keys(await world.quiet())).toEqual(['moved']);
      const types = (await world.events()).map((event) => event.type);
      expect(types).toEqual(['WorkspaceCreated', 'FolderCreated', 'FileCreated', 'ContentCommitted', 'EntryMoved', 'EntryDeleted']);
    } finally {
      await world.stop();
    }
  });

  test('answers lost after the commit: exactly one revision each', async () => {
    const world = await World.start();
    try {
      const laptop = world.device('laptop');
      laptop.proxy.faults.match = (method, path) => method === 'POST' && path.endsWith('/commits');
      laptop.proxy.faults.loseAnswers = 2;
      await writeFile(laptop.path('a.txt'), 'once');
      await world.quiet();
      expect((await world.events()).map((event) => event.type)).toEqual(['WorkspaceCreated', 'FileCreated']);
    } finally {
      await world.stop();
    }
  });
});
