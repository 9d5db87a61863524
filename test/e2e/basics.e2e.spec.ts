import { randomBytes } from 'node:crypto';
import { appendFile, chmod, mkdir, readFile, rename, rm, symlink, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { World } from '../support/world.ts';

describe('two devices through one embedded server', () => {
  let world: World;
  const on = (name: string, path: string) => world.device(name).path(path);

  beforeAll(async () => {
    world = await World.start();
  });
  afterAll(async () => {
    await world.stop();
  });

  test('a file, an empty file and an empty folder cross with bytes, modified time and executable bit', async () => {
    await writeFile(on('laptop', 'a.txt'), 'one');
    await utimes(on('laptop', 'a.txt'), new Date(), new Date('2001-02-03T04:05:06.789Z'));
    await writeFile(on('laptop', 'run.sh'), '#!/bin/sh\n');
    await chmod(on('laptop', 'run.sh'), 0o755);
    await writeFile(on('laptop', 'empty'), '');
    await mkdir(on('laptop', 'nothing in it'));
    const tree = await world.quiet();
    expect(Object.keys(tree)).toEqual(['a.txt', 'empty', 'nothing in it', 'run.sh']);
    expect(tree['a.txt']?.modifiedMs).toBe(Date.parse('2001-02-03T04:05:06.789Z'));
    expect(tree['run.sh']?.executable).toBe(true);
    expect(await readFile(on('phone', 'a.txt'), 'utf8')).toBe('one');
  });

  test('edits, appends and truncations cross in both directions', async () => {
    await writeFile(on('phone', 'a.txt'), 'edited on the phone');
    await appendFile(on('laptop', 'run.sh'), 'echo more\n');
    await world.quiet();
    expect(await readFile(on('laptop', 'a.txt'), 'utf8')).toBe('edited on the phone');
    await truncate(on('laptop', 'a.txt'), 6);
    await world.quiet();
    expect(await readFile(on('phone', 'a.txt'), 'utf8')).toBe('edited');
  });

  test('an editor that writes beside and renames over edits the file; the entry stays', async () => {
    const before = await world.events();
    await writeFile(on('laptop', '.a.txt.editor~'), 'saved by an editor');
    await rename(on('laptop', '.a.txt.editor~'), on('laptop', 'a.txt'));
    await world.quiet();
    expect(await readFile(on('phone', 'a.txt'), 'utf8')).toBe('saved by an editor');
    const added = (await world.events()).slice(before.length).map((event) => event.type);
    expect(added).toEqual(['ContentCommitted']);
  });

  test('modes and links cross; a link is never followed', async () => {
    await chmod(on('phone', 'run.sh'), 0o644);
    await symlink('a.txt', on('laptop', 'a link'));
    await symlink('/nowhere/at/all', on('laptop', 'dangling'));
    const tree = await world.quiet();
    expect(tree['run.sh']?.executable).toBe(false);
    expect(tree['a link']).toEqual({ kind: 'link', content: 'a.txt' });
    expect(tree['dangling']).toEqual({ kind: 'link', content: '/nowhere/at/all' });
  });

  test('a file renamed is one event and uploads no content', async () => {
    await writeFile(on('laptop', 'large.bin'), randomBytes(3_000_000));
    await world.quiet();
    const events = (await world.events()).length;
    const sent = world.device('laptop').proxy.traffic().up;
    await rename(on('laptop', 'large.bin'), on('laptop', 'renamed.bin'));
    expect(Object.keys(await world.quiet())).toContain('renamed.bin');
    expect((await world.events()).slice(events).map((event) => event.type)).toEqual(['EntryMoved']);
    expect(world.device('laptop').proxy.traffic().up - sent).toBeLessThan(16 * 1024);
    await rm(on('phone', 'renamed.bin'));
    await world.quiet();
  });

  test('renames, moves across folders and deep paths', async () => {
    const deep = Array.from({ length: 30 }, (_, depth) => `level ${depth}`).join('/');
    await mkdir(on('laptop', deep), { recursive: true });
    await rename(on('laptop', 'a.txt'), on('laptop', join(deep, 'b.txt')));
    const tree = await world.quiet();
    expect(tree[`${deep}/b.txt`]?.size).toBe('saved by an editor'.length);
    await rename(on('phone', 'level 0'), on('phone', 'renamed'));
    const after = await world.quiet();
    expect(Object.keys(after).filter((path) => path.endsWith('b.txt'))).toEqual([`renamed/${deep.slice('level 0/'.length)}/b.txt`]);
  });

  test('names of every script, and long ones', async () => {
    const names = [
      '日本語.txt',
      'Ελληνικά',
      'русский файл',
      'עברית',
      'العربية',
      'हिन्दी',
      'ไทย',
      '한국어',
      '😀 emoji 👩‍👩‍👧',
      'naïve café',
      'quote \' " ',
      'a:b?c*',
      'x'.repeat(250),
    ];
    for (const name of names) await writeFile(on('laptop', name), name);
    const tree = await world.quiet();
    for (const name of names) expect(tree[name]?.size, name).toBe(Buffer.byteLength(name));
  });

  test('of two names that differ only by case the second is parked with an explanation, and nothing is renamed', async () => {
    await writeFile(on('laptop', 'Readme'), 'first');
    await world.quiet();
    await writeFile(on('laptop', 'README'), 'second');
    const issue = await world.untilIssue('laptop', (found) => found.path === 'README');
    expect(issue.nextStep).not.toBe('');
    expect(await readFile(on('laptop', 'README'), 'utf8')).toBe('second');
    expect(await readFile(on('phone', 'Readme'), 'utf8')).toBe('first');
    await rm(on('laptop', 'README'));
    await world.quiet();
    await rename(on('laptop', 'Readme'), on('laptop', 'README'));
    expect(Object.keys(await world.quiet())).toContain('README');
  });

  test('a folder with contents is deleted as one, by one event', async () => {
    const before = await world.events();
    await rm(on('phone', 'renamed'), { recursive: true });
    const tree = await world.quiet();
    expect(Object.keys(tree).filter((path) => path.startsWith('renamed'))).toEqual([]);
    expect((await world.events()).slice(before.length).map((event) => event.type)).toEqual(['EntryDeleted']);
  });

  test('`explain` says what was decided about a file', async () => {
    const said = await world.device('laptop').must('explain', on('laptop', 'run.sh'));
    expect(said).toMatch(/run\.sh/);
    expect(said.split('\n').length).toBeGreaterThan(2);
  });

  test('`.tidemarkignore` keeps what it names on its own device, and syncs itself', async () => {
    await writeFile(on('laptop', '.tidemarkignore'), 'build/\n*.log\n');
    await world.quiet();
    await mkdir(on('laptop', 'build'));
    await writeFile(on('laptop', 'build/out.o'), 'object');
    await writeFile(on('laptop', 'x.log'), 'log');
    await writeFile(on('laptop', 'kept.txt'), 'kept');
    await world.untilOn('phone', 'kept.txt');
    const tree = await world.device('phone').tree();
    expect(Object.keys(tree)).toContain('.tidemarkignore');
    expect(Object.keys(tree).some((path) => path.startsWith('build') || path === 'x.log')).toBe(false);
    expect(await readFile(on('laptop', 'build/out.o'), 'utf8')).toBe('object');
  });
});

describe('many files', () => {
  test('a folder of a thousand files crosses, is renamed by one event without content, and goes again', async () => {
    const world = await World.start();
    try {
      const laptop = world.device('laptop');
      await mkdir(laptop.path('many'));
      for (let n = 0; n < 1_000; n += 1) await writeFile(laptop.path(`many/file ${n}`), `content of ${n}`);
      const tree = await world.quiet();
      expect(Object.keys(tree).length).toBe(1_001);

      const events = await world.events();
      const sent = laptop.proxy.traffic().up;
      await rename(laptop.path('many'), laptop.path('renamed'));
      expect(Object.keys(await world.quiet())).toContain('renamed/file 999');
      expect((await world.events()).slice(events.length).map((event) => event.type)).toEqual(['EntryMoved']);
      expect(laptop.proxy.traffic().up - sent).toBeLessThan(64 * 1024);
    } finally {
      await world.stop();
    }
  });
});
