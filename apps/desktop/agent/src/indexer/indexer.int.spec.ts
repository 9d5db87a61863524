import {
  appendFileSync,
  chmodSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { EntryId } from '@tidemark/domain';
import { temporaryFolder } from '@tidemark/sqlite/testing';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { attributes, DiskWorld, newId, ROOT_ENTRY, syncedStub } from '../testing/disk-world.ts';
import { Indexer } from './indexer.ts';

function indexed(world = new DiskWorld()): {
  world: DiskWorld;
  indexer: Indexer;
  tree: () => Record<string, string>;
  entry: (path: string) => EntryId;
} {
  const indexer = world.indexer();
  onTestFinished(() => indexer.stop());
  indexer.start();
  const tree = (): Record<string, string> => {
    const found: Record<string, string> = {};
    const walk = (folder: EntryId, path: string): void => {
      for (const child of world.journal.trees.localChildren(folder)) {
        const at = `${path}${child.name}`;
        if (child.kind === 'folder') {
          found[`${at}/`] = '';
          walk(child.id, `${at}/`);
        } else found[at] = child.kind === 'link' ? `→ ${child.target}` : String(child.content?.size);
      }
    };
    walk(ROOT_ENTRY, '');
    return found;
  };
  return { world, indexer, tree, entry: (path) => world.entryAt(path).id };
}

const settle = (path: string): void => utimesSync(path, 1_700_000_000, 1_700_000_000);

describe('a scan', () => {
  test('finds a whole tree; a second one finds nothing to do', async () => {
    const { world, indexer, tree } = indexed();
    mkdirSync(world.path('a/b/c'), { recursive: true });
    writeFileSync(world.path('a/b/c/deep'), 'deep');
    writeFileSync(world.path('top.txt'), 'top');
    writeFileSync(world.path('big'), Buffer.alloc(3_000_000, 7));
    symlinkSync('../x', world.path('a/l'));
    await indexer.scanAll();
    await indexer.whenQuiet();
    expect(tree()).toEqual({ 'a/': '', 'a/b/': '', 'a/b/c/': '', 'a/b/c/deep': '4', 'a/l': '→ ../x', big: '3000000', 'top.txt': '3' });
    const told: EntryId[] = [];
    indexer.onObserved((entries) => told.push(...entries));
    const before = world.journal.trees.dirty();
    await indexer.scanAll();
    expect(told).toEqual([]);
    expect(world.journal.trees.dirty()).toEqual(before);
    expect(indexer.status()).toMatchObject({ isQuiet: true, issues: [], unsettled: 0 });
  });

  test('a rename of a folder, and of a file in it, keeps the entries', async () => {
    const { world, indexer, tree, entry } = indexed();
    mkdirSync(world.path('a'));
    writeFileSync(world.path('a/f'), 'content');
    await indexer.scanAll();
    await indexer.whenQuiet();
    const [a, f] = [entry('a'), entry('a/f')];
    renameSync(world.path('a'), world.path('z'));
    renameSync(world.path('z/f'), world.path('z/g'));
    await indexer.scanAll();
    await indexer.whenQuiet();
    expect(tree()).toEqual({ 'z/': '', 'z/g': '7' });
    expect([entry('z'), entry('z/g')]).toEqual([a, f]);
  });

  test("an editor's save is an edit of the entry, and so is an edit that keeps size and time", async () => {
    const { world, indexer, entry } = indexed();
    writeFileSync(world.path('f'), 'one');
    settle(world.path('f'));
    await indexer.scanAll();
    await indexer.whenQuiet();
    const f = entry('f');
    const first = world.journal.trees.local(f)?.content?.id;
    writeFileSync(world.path('.f.swp'), 'two');
    renameSync(world.path('.f.swp'), world.path('f'));
    await indexer.scanAll();
    await indexer.whenQuiet();
    expect(entry('f')).toBe(f);
    const second = world.journal.trees.local(f)?.content?.id;
    expect(second).not.toBe(first);
    writeFileSync(world.path('f'), 'six');
    settle(world.path('f'));
    await indexer.scanAll();
    await indexer.whenQuiet();
    expect(world.journal.trees.local(f)?.content?.id).not.toBe(second);
  });

  test('what is gone leaves after a second look; the root or its marker gone deletes nothing', async () => {
    const { world, indexer, tree } = indexed();
    for (const name of ['a', 'b']) writeFileSync(world.path(name), name);
    await indexer.scanAll();
    await indexer.whenQuiet();
    renameSync(world.root, `${world.root}-away`);
    await expect(indexer.scanAll()).rejects.toMatchObject({ code: 'ROOT_MISSING' });
    mkdirSync(world.root);
    await expect(indexer.scanAll()).rejects.toMatchObject({ code: 'MARKER_MISSING' });
    expect(indexer.status()).toMatchObject({ isQuiet: false, rootProblem: { code: 'MARKER_MISSING' } });
    rmSync(world.root, { recursive: true });
    renameSync(`${world.root}-away`, world.root);
    rmSync(world.path('a'));
    await indexer.scanAll();
    expect(tree()).toEqual({ b: '1' });
    expect(indexer.status().rootProblem).toBeUndefined();
  });

  test('a deletion and a creation with equal content are a move', async () => {
    const { world, indexer, entry } = indexed();
    mkdirSync(world.path('d'));
    writeFileSync(world.path('f'), 'some content');
    await indexer.scanAll();
    await indexer.whenQuiet();
    const f = entry('f');
    writeFileSync(world.path('d/copy'), 'some content');
    rmSync(world.path('f'));
    await indexer.scanAll();
    await indexer.whenQuiet();
    expect(entry('d/copy')).toBe(f);
  });

  test('rules and temporary files are left out, tracked ones stay; a rule that goes brings files back', async () => {
    const { world, indexer, tree } = indexed();
    mkdirSync(world.path('node_modules/x'), { recursive: true });
    writeFileSync(world.path('node_modules/x/y'), 'y');
    writeFileSync(world.path('tracked.log'), 't');
    await indexer.scanAll();
    await indexer.whenQuiet();
    expect(tree()).toMatchObject({ 'tracked.log': '1', 'node_modules/x/y': '1' });
    writeFileSync(world.path('.tidemarkignore'), '*.log\nbuild/\n');
    writeFileSync(world.path('new.log'), 'n');
    for (const name of ['~$doc.docx', '.#lock', 'a~', '.x.swp', '.~lock.a.odt#', '.DS_Store']) writeFileSync(world.path(name), 'x');
    mkdirSync(world.path('build'));
    writeFileSync(world.path('build/out'), 'o');
    await indexer.scanAll();
    await indexer.whenQuiet();
    expect(tree()).toEqual({
      'node_modules/': '',
      'node_modules/x/': '',
      'node_modules/x/y': '1',
      'tracked.log': '1',
      '.tidemarkignore': '13',
    });
    writeFileSync(world.path('.tidemarkignore'), 'build/\n');
    indexer.hint('.tidemarkignore');
    await indexer.whenQuiet();
    expect(tree()).toMatchObject({ 'new.log': '1' });
  });

  test('a file that cannot be read, and one whose name is not UTF-8, are shown, and nothing of them is taken as deleted', async () => {
    const { world, indexer, tree } = indexed();
    mkdirSync(world.path('d'));
    writeFileSync(world.path('d/f'), 'f');
    await indexer.scanAll();
    await indexer.whenQuiet();
    writeFileSync(Buffer.concat([Buffer.from(`${world.root}/bad`), Buffer.from([0xff])]), 'x');
    if (process.getuid?.() !== 0) chmodSync(world.path('d'), 0o000);
    await indexer.scanAll();
    chmodSync(world.path('d'), 0o755);
    expect(tree()).toEqual({ 'd/': '', 'd/f': '1' });
    expect(indexer.status().issues.map(({ code }) => code)).toContain('NAME_NOT_UTF8');
  });

  test('a name that is not UTF-8 is shown by the first scan after a start, unless rules hide it, and the next scan after it is gone takes it back', async () => {
    const world = new DiskWorld();
    const first = indexed(world);
    mkdirSync(world.path('d'));
    writeFileSync(world.path('d/f'), 'f');
    writeFileSync(world.path('.tidemarkignore'), '*.tmp\n');
    await first.indexer.scanAll();
    await first.indexer.whenQuiet();
    await first.indexer.stop();
    const bad = (end: string): Buffer => Buffer.concat([Buffer.from(world.path('d/caf')), Buffer.from([0xe9]), Buffer.from(end)]);
    const isNamed = ({ indexer }: ReturnType<typeof indexed>): readonly unknown[] => indexer.status().issues;
    writeFileSync(bad('.tmp'), 'x');
    writeFileSync(bad('.txt'), 'x');
    utimesSync(world.path('d'), 1_700_000_000, 1_700_000_000);

    const second = indexed(world);
    await second.indexer.scanAll();
    expect(isNamed(second)).toMatchObject([
      { path: 'd/caf\ufffd.txt', code: 'NAME_NOT_UTF8', nextStep: expect.stringMatching(/^Rename it/) },
    ]);
    rmSync(bad('.txt'));
    await second.indexer.scanAll();
    expect(isNamed(second)).toEqual([]);

    writeFileSync(bad('.txt'), 'x');
    await second.indexer.scanAll();
    expect(isNamed(second)).toHaveLength(1);
    renameSync(bad('.txt'), world.path('d/café.txt'));
    await second.indexer.scanAll();
    expect(isNamed(second)).toEqual([]);
    await second.indexer.whenQuiet();
    expect(second.tree()).toMatchObject({ 'd/café.txt': '1' });
  });

  test('the same name in two spellings: one is synced, the other is shown', async () => {
    const { world, indexer, tree } = indexed();
    writeFileSync(world.path('A\u0308'), 'decomposed');
    await indexer.scanAll();
    await indexer.whenQuiet();
    expect(tree()).toEqual({ '\u00c4': '10' });
    expect(world.journal.forms.spellingOf(world.entryAt('A\u0308').identity)).toBe('A\u0308');
    writeFileSync(world.path('\u00c4'), 'composed!');
    await indexer.scanAll();
    await indexer.whenQuiet();
    expect(tree()).toEqual({ '\u00c4': '10' });
    expect(indexer.status().issues).toMatchObject([{ code: 'NAME_TWICE' }]);
  });

  test('hard links are entries of their own, and do not fight over one', async () => {
    const { world, indexer, tree } = indexed();
    writeFileSync(world.path('a'), 'same');
    linkSync(world.path('a'), world.path('b'));
    await indexer.scanAll();
    await indexer.whenQuiet();
    const first = tree();
    expect(first).toEqual({ a: '4', b: '4' });
    const dirty = world.journal.trees.dirty();
    await indexer.scanAll();
    expect(world.journal.trees.dirty()).toEqual(dirty);
  });
});

describe('hints', () => {
  test('lead to the file, also in folders that are not known yet', async () => {
    const { world, indexer, tree } = indexed();
    mkdirSync(world.path('a/b'), { recursive: true });
    writeFileSync(world.path('a/b/f'), 'x');
    indexer.hint('a/b/f');
    await indexer.whenQuiet();
    expect(tree()).toEqual({ 'a/': '', 'a/b/': '', 'a/b/f': '1' });
    rmSync(world.path('a/b/f'));
    indexer.hint('a/b/f');
    await indexer.whenQuiet();
    expect(tree()).toEqual({ 'a/': '', 'a/b/': '' });
  });

  test('a file that is still being written waits until it has settled, and nothing half-written is taken', async () => {
    const { world, indexer, tree } = indexed();
    writeFileSync(world.path('log'), 'start');
    const writing = setInterval(() => appendFileSync(world.path('log'), 'more'), 60);
    onTestFinished(() => clearInterval(writing));
    indexer.hint('log');
    await expect.poll(() => indexer.status().unsettled, { timeout: 5_000 }).toBe(1);
    expect(tree()).toEqual({});
    expect(indexer.status().isQuiet).toBe(false);
    clearInterval(writing);
    await indexer.whenQuiet();
    expect(tree()['log']).not.toBe('5');
  });

  test('what our own disk has just written is no change', async () => {
    const { world, indexer, tree } = indexed();
    const told: EntryId[] = [];
    indexer.onObserved((entries) => told.push(...entries));
    const file = newId();
    const content = await world.source.add('from far away');
    await world.perform([
      {
        type: 'createFile',
        entry: file,
        parent: ROOT_ENTRY,
        name: 'n',
        content,
        attributes: attributes('1763827200123456789', true),
        synced: syncedStub(file),
      },
    ]);
    indexer.hint('n');
    await indexer.whenQuiet();
    await indexer.scanAll();
    expect(told).toEqual([]);
    expect(tree()).toEqual({ n: '13' });
    expect(world.journal.trees.local(file)?.attributes).toEqual(attributes('1763827200123456789', true));
    chmodSync(world.path('n'), 0o644);
    indexer.hint('n');
    await indexer.whenQuiet();
    expect(world.journal.trees.local(file)?.attributes).toEqual(attributes('1763827200123456789', false));
  });

  test('at a folder that is as it was leads to a comparison aside: none of its entries is looked at here', async () => {
    const { world, indexer, tree } = indexed();
    mkdirSync(world.path('a'));
    for (const name of ['f', 'g']) writeFileSync(world.path(`a/${name}`), name);
    settle(world.path('a/f'));
    await indexer.scanAll();
    await indexer.whenQuiet();
    const looks = vi.spyOn(world.journal.trees, 'localChildren');
    indexer.hint('a/f', true);
    await indexer.whenQuiet();
    expect(looks).not.toHaveBeenCalled();
    looks.mockRestore();
    writeFileSync(world.path('a/f'), 'changed');
    indexer.hint('a/f', true);
    await indexer.whenQuiet();
    expect(tree()).toEqual({ 'a/': '', 'a/f': '7', 'a/g': '1' });
  });

  test('a file that was removed and one that was moved to another folder are told apart', async () => {
    const { world, indexer, tree, entry } = indexed();
    for (const name of ['x', 'y']) mkdirSync(world.path(name));
    writeFileSync(world.path('x/f'), 'f');
    await indexer.scanAll();
    await indexer.whenQuiet();
    const f = entry('x/f');
    renameSync(world.path('x/f'), world.path('y/g'));
    indexer.hint('x/f');
    indexer.hint('y/g');
    await indexer.whenQuiet();
    expect(tree()).toEqual({ 'x/': '', 'y/': '', 'y/g': '1' });
    expect(entry('y/g')).toBe(f);
  });
});

test('a folder that is swapped for a link to somewhere else is not followed', async () => {
  const { world, indexer, tree } = indexed();
  mkdirSync(world.path('d'));
  writeFileSync(world.path('d/f'), 'f');
  await indexer.scanAll();
  await indexer.whenQuiet();
  const outside = mkdtempSync(join(temporaryFolder(), 'outside'));
  writeFileSync(join(outside, 'secret'), 'secret');
  renameSync(world.path('d'), world.path('e'));
  symlinkSync(outside, world.path('d'));
  await indexer.scanAll();
  await indexer.whenQuiet();
  expect(tree()).toEqual({ d: `→ ${outside}`, 'e/': '', 'e/f': '1' });
});

test('many small files are found quickly, and looking at them again costs little', async () => {
  const { world, indexer } = indexed();
  const [folders, files] = [20, 250];
  for (let d = 0; d < folders; d++) {
    mkdirSync(world.path(`d${d}`));
    for (let n = 0; n < files; n++) writeFileSync(world.path(`d${d}/f${n}`), `${d} ${n}`);
  }
  await indexer.scanAll();
  await indexer.whenQuiet();
  expect(world.journal.trees.dirty()).toHaveLength(folders * files + folders);
  const started = performance.now();
  await indexer.scanAll();
  expect(performance.now() - started).toBeLessThan(1_500);
});
