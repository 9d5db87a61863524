import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseWorkspaceId } from '@tidemark/domain';
import { World } from '../support/world.ts';

describe('history', () => {
  test('a server put back to an old copy: devices offer what it lost, and delete or overwrite nothing', async () => {
    const world = await World.start();
    try {
      const laptop = world.device('laptop');
      await writeFile(laptop.path('old.txt'), 'old');
      await writeFile(laptop.path('edited.txt'), 'before');
      await writeFile(laptop.path('deleted later.txt'), 'deleted later');
      await world.quiet();

      await world.server.stop();
      const putBack = await world.server.copyHistory();
      await world.server.start();
      await writeFile(laptop.path('edited.txt'), 'after the copy');
      await writeFile(world.device('phone').path('new.txt'), 'made after the copy');
      await mkdir(laptop.path('new folder'));
      await writeFile(laptop.path('new folder/inside.txt'), 'inside');
      await rename(laptop.path('old.txt'), laptop.path('renamed.txt'));
      const before = await world.quiet();

      await world.server.stop('SIGKILL');
      await putBack();
      await world.server.start();
      const after = await world.quiet(120_000);
      expect(after).toEqual(before);
      const events = await world.events();
      expect(events.filter((event) => event.type === 'EntryDeleted')).toEqual([]);
    } finally {
      await world.stop();
    }
  });

  test('a journal deleted while the agent is off: it starts over, merges, transfers no content and makes no conflict', async () => {
    const world = await World.start();
    try {
      const laptop = world.device('laptop');
      await mkdir(laptop.path('folder/inner'), { recursive: true });
      for (let n = 0; n < 20; n += 1) await writeFile(laptop.path(`folder/inner/${n}.txt`), `${n} `.repeat(20_000));
      const before = await world.quiet();
      await laptop.stop();
      const events = (await world.events()).length;
      await rm(join(laptop.home, 'workspaces'), { recursive: true });
      const traffic = laptop.proxy.traffic();
      await laptop.start();
      expect(await world.quiet()).toEqual(before);
      expect((await world.events()).length).toBe(events);
      const now = laptop.proxy.traffic();
      expect(now.up - traffic.up).toBeLessThan(100_000);
      expect(now.down - traffic.down).toBeLessThan(100_000);
    } finally {
      await world.stop();
    }
  });

  test('`projector --rebuild` gives the same rows as before', async () => {
    const world = await World.start();
    try {
      const laptop = world.device('laptop');
      await mkdir(laptop.path('folder'));
      for (let n = 0; n < 10; n += 1) await writeFile(laptop.path(`folder/${n}`), `${n}`);
      await world.quiet();
      await rename(laptop.path('folder'), laptop.path('moved'));
      await rm(laptop.path('moved/3'));
      await writeFile(laptop.path('moved/4'), 'edited');
      await world.quiet();
      const workspace = parseWorkspaceId(await world.workspaceId(laptop));
      if (!workspace) throw new Error('no workspace');
      await laptop.stop();
      await world.device('phone').stop();
      const rows = async (): Promise<unknown[]> => {
        const model = await world.server.openReadModel();
        try {
          const all: unknown[] = [];
          for await (const row of model.rows(workspace)) all.push(row);
          return [
            all,
            await model.activity(workspace, { limit: 10_000 }),
            await model.conflicts(workspace, { limit: 1_000 }),
            await model.members(workspace),
          ];
        } finally {
          await model.close();
        }
      };
      const before = await rows();
      const ran = await world.server.rebuild();
      expect(ran.stderr + ran.stdout).not.toMatch(/rror/);
      expect(ran.code).toBe(0);
      expect(await rows()).toEqual(before);
      expect((before[0] as unknown[]).length).toBeGreaterThan(11);
      await laptop.start();
      await world.device('phone').start();
      await writeFile(laptop.path('moved/5'), 'goes on');
      await world.quiet();
      expect(await readFile(world.device('phone').path('moved/5'), 'utf8')).toBe('goes on');
    } finally {
      await world.stop();
    }
  });
});
