import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { crashes } from '../support/crashes.ts';
import { overwriteByte, writeLarge } from '../support/files.ts';
import { World } from '../support/world.ts';

describe('full sizes', () => {
  test('10,000 files cross; their folder is renamed by one event without content, and deleted by one', async () => {
    const world = await World.start();
    try {
      const laptop = world.device('laptop');
      await mkdir(laptop.path('many'));
      for (let n = 0; n < 10_000; n += 1) await writeFile(laptop.path(`many/file ${n}`), `content of ${n}`);
      expect(Object.keys(await world.quiet(300_000))).toHaveLength(10_001);

      const sent = laptop.proxy.traffic().up;
      let events = (await world.events()).length;
      await rename(laptop.path('many'), laptop.path('renamed'));
      expect(Object.keys(await world.quiet(120_000))).toContain('renamed/file 9999');
      expect((await world.events()).slice(events).map((event) => event.type)).toEqual(['EntryMoved']);
      expect(laptop.proxy.traffic().up - sent).toBeLessThan(64 * 1024);

      events = (await world.events()).length;
      await rm(world.device('phone').path('renamed'), { recursive: true });
      expect(Object.keys(await world.quiet(300_000))).toEqual([]);
      expect((await world.events()).slice(events).map((event) => event.type)).toEqual(['EntryDeleted']);
    } finally {
      await world.stop();
    }
  });

  test('a file of 1 GiB crosses, and so does an edit of one byte in it', async () => {
    const world = await World.start();
    try {
      const laptop = world.device('laptop');
      await writeLarge(laptop.path('large.bin'), 2 ** 30, 'a GiB');
      const before = await world.quiet(600_000);
      expect(before['large.bin']?.size).toBe(2 ** 30);
      await overwriteByte(laptop.path('large.bin'), 2 ** 29);
      const after = await world.quiet(300_000);
      expect(after['large.bin']?.content).not.toBe(before['large.bin']?.content);
      expect((await stat(world.device('phone').path('large.bin'))).size).toBe(2 ** 30);
    } finally {
      await world.stop();
    }
  });
});

describe('killed in the middle, with 500 MB on the way', () => {
  test.each(crashes)('$name: everything resumes, less than a pack is sent again, no half file is visible', async (one) => {
    const { again, packBytesMax, sawHalf } = await one.run(500_000_000, 60_000_000);
    expect(sawHalf).toEqual([]);
    expect(again).toBeLessThan(packBytesMax);
  });
});
