import { mkdir, readFile, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { World } from '../support/world.ts';

describe('what lies outside', () => {
  test('a symbolic link on the way leads nothing outside the folder, neither reading nor writing', async () => {
    const world = await World.start();
    try {
      const laptop = world.device('laptop');
      const phone = world.device('phone');
      await mkdir(laptop.path('folder'));
      await writeFile(laptop.path('folder/inside.txt'), 'inside');
      await world.quiet();

      const outside = join(world.base, 'outside');
      await mkdir(outside);
      await writeFile(join(outside, 'secret.txt'), 'secret');
      phone.proxy.goOffline();
      await rename(phone.path('folder'), join(world.base, 'taken away'));
      await symlink(outside, phone.path('folder'));
      await writeFile(laptop.path('folder/inside.txt'), 'edited while a link stands there');
      await writeFile(laptop.path('folder/another.txt'), 'another');
      await world.quietOne('laptop');
      phone.proxy.goOnline();
      const tree = await world.quiet();
      expect(await readdir(outside)).toEqual(['secret.txt']);
      const texts = await Promise.all(
        Object.entries(tree)
          .filter(([, seen]) => seen.kind === 'file')
          .map(([path]) => readFile(laptop.path(path), 'utf8')),
      );
      expect(texts).not.toContain('secret');
      expect(texts).toContain('edited while a link stands there');
    } finally {
      await world.stop();
    }
  });

  test('a device that was unlinked hears nothing more, and its files stay; linked again it goes on', async () => {
    const world = await World.start();
    try {
      const phone = world.device('phone');
      await writeFile(phone.path('a.txt'), 'a');
      await world.quiet();
      const { device } = await world.credentials(phone);
      const answer = await world.api(world.device('laptop'), `/v1/devices/${device}`, { method: 'DELETE' });
      expect(answer.status).toBeLessThan(300);
      await writeFile(world.device('laptop').path('later.txt'), 'later');
      await world.quietOne('laptop');
      expect((await world.api(phone, '/v1/workspaces')).status).toBe(401);
      expect(await readdir(phone.folder)).not.toContain('later.txt');
      expect(await readFile(phone.path('a.txt'), 'utf8')).toBe('a');

      await phone.must('link', phone.proxy.url, '--code', await world.linkCode(), '--device', 'phone');
      expect(Object.keys(await world.quiet())).toEqual(['a.txt', 'later.txt']);
      await writeFile(phone.path('again.txt'), 'again');
      expect(Object.keys(await world.quiet())).toEqual(['a.txt', 'again.txt', 'later.txt']);
    } finally {
      await world.stop();
    }
  });

  test('a folder removed stops syncing, and its files stay on both sides; added again it merges', async () => {
    const world = await World.start();
    try {
      const laptop = world.device('laptop');
      const phone = world.device('phone');
      await writeFile(laptop.path('a.txt'), 'a');
      await world.quiet();
      await phone.must('remove', phone.folder);
      await writeFile(laptop.path('b.txt'), 'b');
      await rm(phone.path('a.txt'));
      await world.quietOne('laptop');
      expect(await readFile(laptop.path('a.txt'), 'utf8')).toBe('a');
      await phone.must('add', phone.folder, '--workspace', 'shared');
      const tree = await world.quiet();
      expect(Object.keys(tree)).toEqual(['a.txt', 'b.txt']);
    } finally {
      await world.stop();
    }
  });
});
