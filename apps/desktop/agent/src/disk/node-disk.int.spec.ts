import {
  appendFileSync,
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { STAGING } from '@tidemark/sync-engine';
import { temporaryFolder } from '@tidemark/sqlite/testing';
import { describe, expect, test } from 'vitest';
import { attributes, DiskWorld, expectOf, newId, ROOT_ENTRY, syncedStub } from '../testing/disk-world.ts';
import { isSameStat } from '../journal/disk-forms.ts';
import { statFrom } from './beneath.ts';
import { RootProblem } from './root-marker.ts';
import { GATHERED_BYTES_MAX } from './staging.ts';

describe('what arrives', () => {
  test('a whole tree in one batch: folders, files, links, times, the executable bit', async () => {
    const world = new DiskWorld();
    const [folder, file, link, empty] = [newId(), newId(), newId(), newId()];
    const big = 'x'.repeat(3_000_000);
    const outcomes = await world.perform([
      { type: 'createFolder', entry: folder, parent: ROOT_ENTRY, name: 'docs', synced: syncedStub(folder) },
      {
        type: 'createFile',
        entry: file,
        parent: folder,
        name: 'a.sh',
        content: await world.source.add(big),
        attributes: attributes('1763827200123456789', true),
        synced: syncedStub(file),
      },
      { type: 'createLink', entry: link, parent: folder, name: 'l', target: '../elsewhere', synced: syncedStub(link) },
      {
        type: 'createFile',
        entry: empty,
        parent: ROOT_ENTRY,
        name: 'empty',
        content: await world.source.add(''),
        attributes: attributes('-5000000000'),
        synced: syncedStub(empty),
      },
    ]);
    expect(outcomes.map((one) => 'done' in one && one.done)).toEqual([true, true, true, true]);
    expect(world.tree()).toEqual({ 'docs/': '', 'docs/a.sh': big, 'docs/l': '→ ../elsewhere', empty: '' });
    const stat = lstatSync(world.path('docs/a.sh'), { bigint: true });
    expect(stat.mtimeNs - 1763827200123456789n).toBeLessThan(300n);
    expect(Number(stat.mode) & 0o111).not.toBe(0);
    expect(world.journal.trees.local(file)?.attributes?.modified).toBe('1763827200123456789');
    expect(isSameStat(world.journal.forms.get(world.entryAt('docs/a.sh').identity)!, statFrom(stat))).toBe(true);
    expect(readdirSync(world.path('.tidemark/staging'))).toEqual(['entries']);
  });

  test('a file takes the place of the old one, which is kept; its other mode bits stay', async () => {
    const world = new DiskWorld();
    writeFileSync(world.path('a'), 'old');
    chmodSync(world.path('a'), 0o640);
    const entry = world.seen('a');
    const content = await world.source.add('new');
    await world.perform([
      {
        type: 'replaceFile',
        entry: entry.id,
        expect: expectOf(entry),
        content,
        attributes: attributes(undefined, true),
        synced: syncedStub(entry.id),
      },
    ]);
    expect(world.tree()).toEqual({ a: 'new' });
    expect(statSync(world.path('a')).mode & 0o777).toBe(0o750);
    expect(world.kept()).toEqual(['old']);
    expect(world.journal.kept.all()).toMatchObject([{ path: 'a' }]);
  });

  test('a name that is taken is not taken twice', async () => {
    const world = new DiskWorld();
    writeFileSync(world.path('a'), 'mine');
    const content = await world.source.add('theirs');
    const entry = newId();
    expect(
      await world.perform([
        { type: 'createFile', entry, parent: ROOT_ENTRY, name: 'a', content, attributes: attributes(), synced: syncedStub(entry) },
      ]),
    ).toEqual([{ done: false, reason: 'occupied' }]);
    expect(world.tree()).toEqual({ a: 'mine' });
  });

  test('times before 1970 are kept as well as the disk can', async () => {
    const world = new DiskWorld();
    const entry = newId();
    await world.perform([
      {
        type: 'createFile',
        entry,
        parent: ROOT_ENTRY,
        name: 'old',
        content: await world.source.add('o'),
        attributes: attributes('-86400000000000'),
        synced: syncedStub(entry),
      },
    ]);
    expect(lstatSync(world.path('old'), { bigint: true }).mtimeNs).toBe(-86_400_000_000_000n);
  });
});

describe('a precondition that fails is an observation', () => {
  test('a file that was edited, touched to the same size, or swapped, is not replaced; one whose bytes are still the same is', async () => {
    for (const [edit, outcome] of [
      ['append', 'changed'],
      ['same size and time', 'changed'],
      ['swap', 'changed'],
      ['gone', 'missing'],
      ['only touched', 'done'],
    ] as const) {
      const world = new DiskWorld();
      writeFileSync(world.path('a'), 'old');
      const entry = world.seen('a');
      const { mtime, atime } = statSync(world.path('a'));
      if (edit === 'append') appendFileSync(world.path('a'), '!');
      else if (edit === 'same size and time') {
        writeFileSync(world.path('a'), 'OLD');
        utimesSync(world.path('a'), atime, mtime);
      } else if (edit === 'swap') {
        writeFileSync(world.path('b'), 'old');
        renameSync(world.path('b'), world.path('a'));
      } else if (edit === 'gone') rmSync(world.path('a'));
      else chmodSync(world.path('a'), 0o600);
      const content = await world.source.add('new');
      const [result] = await world.perform([
        { type: 'replaceFile', entry: entry.id, expect: expectOf(entry), content, attributes: attributes(), synced: syncedStub(entry.id) },
      ]);
      if (outcome === 'done') expect(world.tree(), edit).toEqual({ a: 'new' });
      else {
        expect(result, edit).toEqual({ done: false, reason: outcome });
        expect(world.tree(), edit).not.toEqual({ a: 'new' });
      }
    }
  });

  test('an edit that slips in between check and replace comes back beside the new content', async () => {
    for (const at of ['keep', 'replace', 'displaced']) {
      const world = new DiskWorld();
      writeFileSync(world.path('a.txt'), 'old');
      const entry = world.seen('a.txt');
      const content = await world.source.add('new');
      const kept = (): string => world.path(`.tidemark/kept/${readdirSync(world.path('.tidemark/kept'))[0]}`);
      const disk = world.another({
        step: (what) => {
          // A program that has the file open writes wherever the file is by then.
          if (what === at) appendFileSync(at === 'displaced' ? kept() : world.path('a.txt'), ' and edited');
        },
      });
      await world.perform(
        [
          {
            type: 'replaceFile',
            entry: entry.id,
            expect: expectOf(entry),
            content,
            attributes: attributes(),
            synced: syncedStub(entry.id),
          },
        ],
        disk,
      );
      const tree = world.tree();
      expect(Object.values(tree), at).toContain('old and edited');
      if (tree['a.txt'] === 'new')
        expect(
          Object.keys(tree).some((name) => name.includes('conflict, laptop')),
          at,
        ).toBe(true);
    }
  });

  test('a file that is saved anew (beside, then renamed over) while it is replaced is not lost', async () => {
    const world = new DiskWorld();
    writeFileSync(world.path('a.txt'), 'old');
    const entry = world.seen('a.txt');
    const content = await world.source.add('new');
    const disk = world.another({
      step: (what) => {
        if (what !== 'replace') return;
        writeFileSync(world.path('tmp'), 'saved');
        renameSync(world.path('tmp'), world.path('a.txt'));
      },
    });
    const [result] = await world.perform(
      [{ type: 'replaceFile', entry: entry.id, expect: expectOf(entry), content, attributes: attributes(), synced: syncedStub(entry.id) }],
      disk,
    );
    expect(result).toEqual({ done: false, reason: 'changed' });
    expect(world.tree()).toEqual({ 'a.txt': 'saved' });
  });

  test('a file that is saved while it is removed stays', async () => {
    const world = new DiskWorld();
    writeFileSync(world.path('a'), 'old');
    const entry = world.seen('a');
    const disk = world.another({ step: (what) => what === 'remove' && appendFileSync(world.path('a'), '!') });
    expect(await world.perform([{ type: 'removeFile', entry: entry.id, expect: expectOf(entry) }], disk)).toEqual([
      { done: false, reason: 'changed' },
    ]);
    expect(world.tree()).toEqual({ a: 'old!' });
  });

  test('a rename does not swallow an edit that was not looked at yet', async () => {
    const world = new DiskWorld();
    writeFileSync(world.path('a'), 'old');
    const entry = world.seen('a');
    writeFileSync(world.path('a'), 'edited');
    await world.perform([
      { type: 'rename', entry: entry.id, expect: expectOf(entry), parent: ROOT_ENTRY, name: 'b', synced: syncedStub(entry.id) },
    ]);
    expect(world.tree()).toEqual({ b: 'edited' });
    const stat = statFrom(lstatSync(world.path('b'), { bigint: true }));
    expect(isSameStat(world.journal.forms.get(entry.identity)!, stat)).toBe(false);
  });
});

describe('moving and removing', () => {
  test('two names are swapped through the staging folder', async () => {
    const world = new DiskWorld();
    writeFileSync(world.path('a'), 'A');
    writeFileSync(world.path('b'), 'B');
    const [a, b] = [world.seen('a'), world.seen('b')];
    const step = async (id: typeof a.id, parent: typeof a.id, name: string): Promise<void> => {
      const entry = world.journal.trees.local(id)!;
      const [outcome] = await world.perform([{ type: 'rename', entry: id, expect: expectOf(entry), parent, name, synced: syncedStub(id) }]);
      expect(outcome).toMatchObject({ done: true });
    };
    await step(a.id, STAGING, 'a');
    expect(readdirSync(world.path('.tidemark/staging/entries'))).toEqual([a.id]);
    await step(b.id, ROOT_ENTRY, 'a');
    world.disk.prepare();
    await step(a.id, ROOT_ENTRY, 'b');
    expect(world.tree()).toEqual({ a: 'B', b: 'A' });
  });

  test('a folder moves with everything in it, and its files are found at once', async () => {
    const world = new DiskWorld();
    mkdirSync(world.path('d'));
    writeFileSync(world.path('d/f'), 'F');
    mkdirSync(world.path('e'));
    const [d, f, e] = [world.seen('d'), world.seen('d/f'), world.seen('e')];
    const outcomes = await world.perform([
      { type: 'rename', entry: d.id, expect: expectOf(d), parent: e.id, name: 'moved', synced: syncedStub(d.id) },
      { type: 'setAttributes', entry: f.id, expect: expectOf(f), attributes: attributes(undefined, true), synced: syncedStub(f.id) },
    ]);
    expect(outcomes).toMatchObject([{ done: true }, { done: true }]);
    expect(world.tree()).toEqual({ 'e/': '', 'e/moved/': '', 'e/moved/f': 'F' });
    expect(statSync(world.path('e/moved/f')).mode & 0o100).not.toBe(0);
  });

  test('files go into kept files; a folder goes when it is empty, stays for what is never synced, and waits for what is not known yet', async () => {
    const world = new DiskWorld();
    mkdirSync(world.path('d'));
    writeFileSync(world.path('d/f'), 'F');
    writeFileSync(world.path('d/x.ignored'), 'X');
    writeFileSync(world.path('d/new'), 'N');
    const [d, f] = [world.seen('d'), world.seen('d/f')];
    expect(
      await world.perform([
        { type: 'removeFile', entry: f.id, expect: expectOf(f) },
        { type: 'removeFolder', entry: d.id, expect: expectOf(d) },
      ]),
    ).toEqual([{ done: true }, { done: false, reason: 'not-empty' }]);
    expect(world.unknown).toEqual(['d/new']);
    expect(world.kept()).toEqual(['F']);
    rmSync(world.path('d/new'));
    expect(await world.perform([{ type: 'removeFolder', entry: d.id, expect: expectOf(d) }])).toEqual([{ done: true, left: d.identity }]);
    expect(world.tree()).toEqual({ 'd/': '', 'd/x.ignored': 'X' });
  });

  test("a name that the disk spells in its own way is found under the disk's spelling", async () => {
    const world = new DiskWorld();
    writeFileSync(world.path('A\u0308'), 'x');
    const entry = world.seen('A\u0308');
    expect(entry.name).toBe('\u00c4');
    await world.perform([
      { type: 'rename', entry: entry.id, expect: expectOf(entry), parent: ROOT_ENTRY, name: 'b', synced: syncedStub(entry.id) },
    ]);
    expect(world.tree()).toEqual({ b: 'x' });
    expect(world.journal.forms.spellingOf(entry.identity)).toBeUndefined();
  });

  test('kept files that a program still writes into come back; old ones go', async () => {
    let now = Date.now();
    const world = new DiskWorld({ now: () => now });
    for (const name of ['a', 'b']) writeFileSync(world.path(name), name);
    const [a, b] = [world.seen('a'), world.seen('b')];
    await world.perform([
      { type: 'removeFile', entry: a.id, expect: expectOf(a) },
      { type: 'removeFile', entry: b.id, expect: expectOf(b) },
    ]);
    const kept = world.path('.tidemark/kept');
    appendFileSync(
      join(
        kept,
        readdirSync(kept).find((name) => name.endsWith(' a'))!,
      ),
      ' goes on',
    );
    now += 11 * 60_000;
    world.disk.tidyKept();
    expect(Object.values(world.tree())).toEqual(['a goes on']);
    expect(world.kept()).toEqual(['b']);
    now += 8 * 24 * 3_600_000;
    world.disk.tidyKept();
    expect(world.kept()).toEqual([]);
  });
});

describe('links and roots', () => {
  test('nothing is read or written through a folder that was swapped for a link, at whatever moment', async () => {
    for (const moment of ['before', 'stage', 'intend', 'create', 'keep', 'replace', 'remove']) {
      const world = new DiskWorld();
      const outside = temporaryFolder();
      writeFileSync(join(outside, 'f'), 'outside');
      mkdirSync(world.path('d'));
      writeFileSync(world.path('d/f'), 'F');
      writeFileSync(world.path('d/g'), 'G');
      const [d, f, g] = [world.seen('d'), world.seen('d/f'), world.seen('d/g')];
      let swapped = false;
      const swap = (): void => {
        if (swapped) return;
        swapped = true;
        renameSync(world.path('d'), world.path('d-away'));
        symlinkSync(outside, world.path('d'));
      };
      if (moment === 'before') swap();
      const disk = world.another({ step: (what) => what === moment && swap() });
      const entry = newId();
      const content = await world.source.add('new');
      await world.perform(
        [
          { type: 'createFile', entry, parent: d.id, name: 'n', content, attributes: attributes(), synced: syncedStub(entry) },
          { type: 'replaceFile', entry: f.id, expect: expectOf(f), content, attributes: attributes(), synced: syncedStub(f.id) },
          { type: 'removeFile', entry: g.id, expect: expectOf(g) },
        ],
        disk,
      );
      expect(readdirSync(outside), moment).toEqual(['f']);
      expect(readFileSync(join(outside, 'f'), 'utf8'), moment).toBe('outside');
    }
  });

  test('a staged file that is visible under a second name is never written to', async () => {
    const world = new DiskWorld();
    const content = await world.source.add('new content');
    writeFileSync(world.path('precious'), 'precious');
    const { linkSync } = await import('node:fs');
    linkSync(world.path('precious'), world.path(`.tidemark/staging/${content.id}`));
    const entry = newId();
    await world.perform([
      { type: 'createFile', entry, parent: ROOT_ENTRY, name: 'n', content, attributes: attributes(), synced: syncedStub(entry) },
    ]);
    expect(world.tree()).toEqual({ precious: 'precious', n: 'new content' });
  });

  test.each([
    ['ROOT_MISSING', (world: DiskWorld) => renameSync(world.root, `${world.root}-away`)],
    [
      'ROOT_REPLACED',
      (world: DiskWorld) => {
        renameSync(world.root, `${world.root}-away`);
        symlinkSync(`${world.root}-away`, world.root);
      },
    ],
    ['MARKER_MISSING', (world: DiskWorld) => rmSync(world.path('.tidemark/marker.json'))],
    [
      'MARKER_FOREIGN',
      (world: DiskWorld) => writeFileSync(world.path('.tidemark/marker.json'), '{"workspace":"w","device":"d","generation":0}'),
    ],
  ] as const)('%s stops everything and says what to do', async (code, damage) => {
    const world = new DiskWorld();
    damage(world);
    const problem = await world.perform([]).catch((error: unknown) => error);
    expect(problem).toBeInstanceOf(RootProblem);
    expect(problem).toMatchObject({ code, retry: 'later' });
    expect((problem as RootProblem).nextStep).not.toBe('');
  });
});

describe('when it is cut off', () => {
  const build = async (options: { step?: (what: string) => void } = {}): Promise<{ world: DiskWorld; run: () => Promise<unknown> }> => {
    const world = new DiskWorld();
    mkdirSync(world.path('d'));
    for (const name of ['a', 'd/b', 'c']) writeFileSync(world.path(name), `old ${name}`);
    const [d, a, b, c] = [world.seen('d'), world.seen('a'), world.seen('d/b'), world.seen('c')];
    const content = await world.source.add('new a');
    const other = await world.source.add('brand new');
    const [n, l, f] = [newId(), newId(), newId()];
    const disk = world.another(options);
    return {
      world,
      run: () =>
        world.perform(
          [
            { type: 'createFolder', entry: f, parent: d.id, name: 'folder', synced: syncedStub(f) },
            { type: 'createFile', entry: n, parent: f, name: 'n', content: other, attributes: attributes(), synced: syncedStub(n) },
            { type: 'createLink', entry: l, parent: d.id, name: 'l', target: 't', synced: syncedStub(l) },
            { type: 'replaceFile', entry: a.id, expect: expectOf(a), content, attributes: attributes(), synced: syncedStub(a.id) },
            { type: 'rename', entry: b.id, expect: expectOf(b), parent: ROOT_ENTRY, name: 'moved', synced: syncedStub(b.id) },
            { type: 'removeFile', entry: c.id, expect: expectOf(c) },
          ],
          disk,
        ),
    };
  };

  test('at every effect: each file has its old or its new content, nothing is lost, and what was intended is told', async () => {
    let boundaries = 0;
    const counting = await build({ step: () => boundaries++ });
    await counting.run();
    const finished = counting.world.tree();
    expect(finished).toEqual({ a: 'new a', 'd/': '', 'd/folder/': '', 'd/folder/n': 'brand new', 'd/l': '→ t', moved: 'old d/b' });
    expect(boundaries).toBeGreaterThan(12);
    for (let stop = 0; stop < boundaries; stop++) {
      let n = 0;
      const { world, run } = await build({
        step: () => {
          if (n++ === stop) throw new Error('power cut');
        },
      });
      await expect(run()).rejects.toThrow('power cut');
      const tree = world.tree();
      expect(['old a', 'new a'], `stopped at ${stop}`).toContain(tree['a']);
      expect([tree['d/folder/n'] ?? 'brand new', tree['moved'] ?? 'old d/b', tree['d/b'] ?? 'old d/b', tree['c'] ?? 'old c']).toEqual([
        'brand new',
        'old d/b',
        'old d/b',
        'old c',
      ]);
      expect([tree['moved'], tree['d/b']].filter((one) => one !== undefined)).toHaveLength(1);
      expect([...Object.values(tree), ...world.kept()], `stopped at ${stop}`).toEqual(
        expect.arrayContaining(['old a', 'old d/b', 'old c']),
      );
      const intended = world.journal.intents().length;
      const isUntouched = JSON.stringify(tree) === JSON.stringify({ a: 'old a', c: 'old c', 'd/': '', 'd/b': 'old d/b' });
      if (!isUntouched) expect(intended, `stopped at ${stop}`).toBe(6);
      // After the restart L is what the disk shows, and no intent is left.
      world.disk.prepare();
      expect(world.journal.intents()).toEqual([]);
      expect(Object.keys(world.journalTree()).sort(), `stopped at ${stop}`).toEqual(Object.keys(tree).sort());
    }
  });

  test('in a large file, that is written as it comes: old or new content under its name, and what has come is used again', async () => {
    const size = 2 * GATHERED_BYTES_MAX + 8 * 1024 * 1024;
    const bytes = Buffer.alloc(size, 'what stands in a large file');
    const build = async (step: (what: string) => void) => {
      const world = new DiskWorld();
      writeFileSync(world.path('a'), 'old');
      const entry = world.seen('a');
      const content = await world.source.add(bytes);
      const disk = world.another({ step });
      const replace = (by = disk) =>
        world.perform(
          [
            {
              type: 'replaceFile',
              entry: entry.id,
              expect: expectOf(entry),
              content,
              attributes: attributes(),
              synced: syncedStub(entry.id),
            },
          ],
          by,
        );
      return { world, replace };
    };
    const steps: string[] = [];
    const counting = await build((what) => steps.push(what));
    await counting.replace();
    expect(readFileSync(counting.world.path('a')).equals(bytes)).toBe(true);
    expect(steps.filter((what) => what === 'write').length).toBeGreaterThan(1);
    for (let stop = 0; stop < steps.length; stop++) {
      let n = 0;
      const { world, replace } = await build(() => {
        if (n++ === stop) throw new Error('power cut');
      });
      await expect(replace()).rejects.toThrow('power cut');
      const seen = readFileSync(world.path('a'));
      expect(seen.equals(bytes) || seen.toString() === 'old', `stopped at ${steps[stop]}, ${stop}`).toBe(true);
      if (steps[stop] === 'fsync') expect(world.source.before.length, 'the first attempt began anew').toBe(0);
      world.disk.prepare();
      if (seen.toString() !== 'old') continue;
      await replace(world.disk);
      expect(readFileSync(world.path('a')).equals(bytes)).toBe(true);
      if (steps[stop] === 'fsync') expect(world.source.before.map((one) => one.equals(bytes.subarray(0, one.length)))).toEqual([true]);
    }
  });

  test('of small files in one batch: what an earlier attempt has staged is handed in again, and nothing half is visible', async () => {
    const world = new DiskWorld();
    const contents = await Promise.all(Array.from({ length: 600 }, (_, n) => world.source.add(`file ${n}`)));
    const ids = contents.map(() => newId());
    const creations = contents.map((content, n) => ({
      type: 'createFile' as const,
      entry: ids[n]!,
      parent: ROOT_ENTRY,
      name: `${n}`,
      content,
      attributes: attributes(),
      synced: syncedStub(ids[n]!),
    }));
    const cut = world.another({
      step: (what) => {
        if (what === 'intend') throw new Error('power cut');
      },
    });
    await expect(world.perform(creations, cut)).rejects.toThrow('power cut');
    expect(world.tree()).toEqual({});
    world.disk.prepare();
    const outcomes = await world.perform(creations);
    expect(outcomes.every((outcome) => 'done' in outcome && outcome.done)).toBe(true);
    expect(world.source.before).toHaveLength(600);
    expect(world.tree()).toEqual(Object.fromEntries(contents.map((_, n) => [`${n}`, `file ${n}`])));
  });

  test('many files at once are held in memory up to the bound, and no more', async () => {
    const world = new DiskWorld();
    const contents = await Promise.all(
      Array.from({ length: 40 }, (_, n) => world.source.add(Buffer.alloc(GATHERED_BYTES_MAX, `file ${n} `))),
    );
    const ids = contents.map(() => newId());
    await world.perform(
      contents.map((content, n) => ({
        type: 'createFile' as const,
        entry: ids[n]!,
        parent: ROOT_ENTRY,
        name: `${n}`,
        content,
        attributes: attributes(),
        synced: syncedStub(ids[n]!),
      })),
    );
    expect(world.source.openMost).toBe(16);
    expect(Object.keys(world.tree())).toHaveLength(40);
  });

  test('a full disk is a fault of that operation alone; nothing is emptied', async () => {
    const world = new DiskWorld();
    writeFileSync(world.path('a'), 'old');
    const entry = world.seen('a');
    const content = await world.source.add('new');
    const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC', syscall: 'write' });
    let once = true;
    const disk = world.another({
      step: (what) => {
        if (what !== 'write' || !once) return;
        once = false;
        throw full;
      },
    });
    const other = newId();
    const outcomes = await world.perform(
      [
        { type: 'replaceFile', entry: entry.id, expect: expectOf(entry), content, attributes: attributes(), synced: syncedStub(entry.id) },
        { type: 'createFolder', entry: other, parent: ROOT_ENTRY, name: 'd', synced: syncedStub(other) },
      ],
      disk,
    );
    expect(outcomes).toMatchObject([{ fault: { message: expect.stringContaining('the disk is full') as string } }, { done: true }]);
    expect(world.tree()).toEqual({ a: 'old', 'd/': '' });
    await world.perform(
      [{ type: 'replaceFile', entry: entry.id, expect: expectOf(entry), content, attributes: attributes(), synced: syncedStub(entry.id) }],
      disk,
    );
    expect(world.tree()).toEqual({ a: 'new', 'd/': '' });
  });
});
