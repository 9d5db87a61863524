import { describe, expect, test } from 'vitest';
import { attributesAt, contentNamed, e, localOf, remoteRow } from '../testing/rows.ts';
import { MemoryTrees } from '../trees/memory-trees.ts';
import { STAGING, type LocalEntry } from '../trees/trees.port.ts';
import { settleIntents } from './intents.ts';
import { MissingEntries } from './missing.ts';
import { confirmMissing, observeFolder, type FoundEntry, type ObserveTools } from './observe.ts';

const ROOT = e('root');

/** L holds these, and looks are taken with new ids n1, n2, … */
function device(...rows: readonly LocalEntry[]) {
  const trees = new MemoryTrees(ROOT, 'portable');
  for (const row of rows) trees.setLocal(row.id, row);
  const missing = new MissingEntries();
  let minted = 0;
  const tools: ObserveTools = {
    ids: { next: () => `n${++minted}` },
    missing,
    isElsewhere: () => false,
    isStillAt: () => false,
    isTrackable: () => false,
  };
  return {
    trees,
    missing,
    look: (folder: string, found: readonly FoundEntry[], changed: Partial<ObserveTools> = {}) =>
      observeFolder(trees, e(folder), found, { ...tools, ...changed }),
    at: (id: string) => {
      const local = trees.local(e(id));
      return local === undefined ? undefined : `${local.parent}/${local.name}`;
    },
    content: (id: string) => trees.local(e(id))?.content?.id,
  };
}

const file = (name: string, identity: string, content = 'one'): FoundEntry => ({
  name,
  kind: 'file',
  identity,
  content: contentNamed(content),
  attributes: attributesAt(1),
  ignored: false,
});
const folder = (name: string, identity: string): FoundEntry => ({ name, kind: 'folder', identity, ignored: false });
const knownFile = (id: string, parent: string, name: string, identity: string, content = 'one'): LocalEntry =>
  localOf(remoteRow(id, parent, name, { content, modified: 1 }), { identity });
const knownFolder = (id: string, parent: string, name: string, identity: string): LocalEntry =>
  localOf(remoteRow(id, parent, name), { identity });

describe('what is new', () => {
  test('a file and a folder get new ids, and the folder is to be looked into', () => {
    const { look, at } = device();
    expect(look('root', [file('a', 'i1'), folder('f', 'i2')])).toEqual({
      missing: [],
      observed: [
        { entry: 'n1', what: 'created' },
        { entry: 'n2', what: 'created' },
      ],
      descend: ['n2'],
      folders: ['n2'],
      outOfOrder: false,
    });
    expect([at('n1'), at('n2')]).toEqual(['root/a', 'root/f']);
  });

  test('the same look again changes nothing', () => {
    const { look, trees } = device(knownFile('a', 'root', 'a', 'i1'), knownFolder('f', 'root', 'f', 'i2'));
    const before = trees.local(e('a'));
    expect(look('root', [file('a', 'i1'), folder('f', 'i2')])).toMatchObject({ missing: [], observed: [], descend: [], folders: ['f'] });
    expect(trees.local(e('a'))).toBe(before);
  });

  test('a name that was taken since by another entry stays with that one, whatever else L still has under it', () => {
    const { look, at, missing } = device(knownFile('a', 'root', 'a', 'i1'), knownFile('b', 'root', 'a', 'gone'));
    expect(look('root', [file('a', 'i1')])).toMatchObject({ missing: ['b'], observed: [] });
    expect(at('a')).toBe('root/a');
    expect(missing.ids()).toEqual(['b']);
  });

  test('ignored names are not tracked, and what is tracked stays so under an ignored name', () => {
    const { look, at } = device(knownFile('a', 'root', 'a', 'i1'));
    look('root', [
      { ...file('.a', 'i1'), ignored: true },
      { ...file('.b', 'i2'), ignored: true },
    ]);
    expect(at('a')).toBe('root/.a');
    expect(at('n1')).toBeUndefined();
  });

  test('a folder left for what is untracked in it is tracked again when something trackable appears', () => {
    const { look, trees, at } = device();
    trees.setLeft('i1', true);
    look('root', [folder('f', 'i1')]);
    expect(at('n1')).toBeUndefined();
    look('root', [folder('f', 'i1')], { isTrackable: () => true });
    expect(at('n1')).toBe('root/f');
    expect(trees.isLeft('i1')).toBe(false);
  });

  test('a second hard link is an entry of its own, and stays it', () => {
    const { look, at } = device(knownFolder('f', 'root', 'f', 'i9'), knownFile('a', 'root', 'a', 'i1'));
    look('f', [file('b', 'i1')], { isStillAt: () => true });
    expect([at('a'), at('n1')]).toEqual(['root/a', 'f/b']);
    look('f', [file('b', 'i1')], { isStillAt: () => true });
    look('root', [file('a', 'i1'), file('c', 'i1'), folder('f', 'i9')]);
    expect([at('a'), at('n1'), at('n2')]).toEqual(['root/a', 'f/b', 'root/c']);
  });
});

describe('edits', () => {
  test('another content under the same identity is an edit', () => {
    const { look, content } = device(knownFile('a', 'root', 'a', 'i1'));
    expect(look('root', [file('a', 'i1', 'two')]).observed).toEqual([{ entry: 'a', what: 'edited' }]);
    expect(content('a')).toBe(contentNamed('two').id);
  });

  test('a file not read because its stat is as it was keeps its content', () => {
    const { look, content } = device(knownFile('a', 'root', 'a', 'i1'));
    const unread = { name: 'b', kind: 'file', identity: 'i1', ignored: false, unchanged: true } as const;
    expect(look('root', [unread]).observed).toEqual([{ entry: 'a', what: 'moved' }]);
    expect(content('a')).toBe(contentNamed('one').id);
  });

  test('attributes alone', () => {
    const { look } = device(knownFile('a', 'root', 'a', 'i1'));
    const found = { ...file('a', 'i1'), attributes: attributesAt(1, true) };
    expect(look('root', [found]).observed).toEqual([{ entry: 'a', what: 'attributes' }]);
  });

  test('an editor that writes beside and renames over edits the entry at that path', () => {
    const { look, at, content } = device(knownFile('a', 'root', 'a', 'i1'));
    expect(look('root', [file('a', 'i2', 'two')]).observed).toEqual([{ entry: 'a', what: 'edited' }]);
    expect(at('a')).toBe('root/a');
    expect(content('a')).toBe(contentNamed('two').id);
  });

  test('a new file where an entry was that is met elsewhere is a new entry', () => {
    const { look, at } = device(knownFile('a', 'root', 'a', 'i1'));
    look('root', [file('a', 'i2', 'two')], { isElsewhere: (identity) => identity === 'i1' });
    expect(at('n1')).toBe('root/a');
  });

  test('a file turned into a folder is another entry', () => {
    const { look } = device(knownFile('a', 'root', 'a', 'i1'));
    expect(look('root', [folder('a', 'i2')])).toMatchObject({ missing: ['a'], observed: [{ entry: 'n1', what: 'created' }] });
  });

  test('a retargeted link is an edit', () => {
    const { look, trees } = device(localOf(remoteRow('l', 'root', 'l', { target: 'x' }), { identity: 'i1' }));
    const found = { name: 'l', kind: 'link', identity: 'i2', target: 'y', ignored: false } as const;
    expect(look('root', [found]).observed).toEqual([{ entry: 'l', what: 'edited' }]);
    expect(trees.local(e('l'))?.target).toBe('y');
  });
});

describe('moves', () => {
  test('the same identity under another name, a change of case among them', () => {
    const { look, at } = device(knownFile('a', 'root', 'a', 'i1'));
    expect(look('root', [file('A', 'i1')])).toMatchObject({ missing: [], observed: [{ entry: 'a', what: 'moved' }] });
    expect(at('a')).toBe('root/A');
  });

  test('from a folder that has not been looked at yet', () => {
    const { look, at } = device(knownFolder('f', 'root', 'f', 'i9'), knownFile('a', 'f', 'a', 'i1'));
    look('root', [folder('f', 'i9'), file('a', 'i1')]);
    expect(at('a')).toBe('root/a');
    expect(look('f', [])).toMatchObject({ missing: [] });
  });

  test('to a folder that is looked at later: missing until then, and not afterwards', () => {
    const { look, at, missing } = device(knownFolder('f', 'root', 'f', 'i9'), knownFile('a', 'root', 'a', 'i1'));
    expect(look('root', [folder('f', 'i9')]).missing).toEqual(['a']);
    look('f', [file('a', 'i1')]);
    expect(at('a')).toBe('f/a');
    expect(missing.ids()).toEqual([]);
  });

  test('a folder with everything in it; it is looked into again', () => {
    const { look, at } = device(knownFolder('f', 'root', 'f', 'i1'), knownFolder('g', 'root', 'g', 'i2'), knownFile('a', 'g', 'a', 'i3'));
    expect(look('f', [folder('g', 'i2')])).toMatchObject({ descend: ['g'], observed: [{ entry: 'g', what: 'moved' }] });
    expect([at('g'), at('a')]).toEqual(['f/g', 'g/a']);
  });

  test('two names swapped', () => {
    const { look, at } = device(knownFile('a', 'root', 'a', 'i1'), knownFile('b', 'root', 'b', 'i2'));
    expect(look('root', [file('a', 'i2'), file('b', 'i1')]).missing).toEqual([]);
    expect([at('a'), at('b')]).toEqual(['root/b', 'root/a']);
  });

  test('delete and create with equal content, in one look and over two, is a move', () => {
    const { look, at } = device(knownFile('a', 'root', 'a', 'i1'));
    look('root', [file('b', 'i2')]);
    expect(at('a')).toBe('root/b');
    const other = device(knownFolder('f', 'root', 'f', 'i9'), knownFile('a', 'root', 'a', 'i1'));
    other.look('root', [folder('f', 'i9')]);
    other.look('f', [file('b', 'i2')]);
    expect(other.at('a')).toBe('f/b');
  });

  test('empty files are all alike: none is taken for another', () => {
    const { look, at } = device(knownFile('a', 'root', 'a', 'i1', ''));
    look('root', [file('b', 'i2', '')]);
    expect(at('n1')).toBe('root/b');
  });

  test('a folder found inside what L has below it is left alone, and that is said', () => {
    const { look, at } = device(knownFolder('f', 'root', 'f', 'i1'), knownFolder('g', 'f', 'g', 'i2'));
    expect(look('g', [folder('f', 'i1')])).toMatchObject({ outOfOrder: true, observed: [] });
    look('root', [folder('g', 'i2')]);
    look('g', [folder('f', 'i1')]);
    expect([at('g'), at('f')]).toEqual(['root/g', 'g/f']);
  });
});

describe('what is gone', () => {
  test('nothing leaves L before the second look, and then with everything below', () => {
    const { look, trees, missing, at } = device(
      knownFolder('f', 'root', 'f', 'i1'),
      knownFile('a', 'f', 'a', 'i2'),
      knownFile('b', 'root', 'b', 'i3'),
    );
    expect(look('root', []).missing).toEqual(['b', 'f']);
    expect(at('a')).toBe('f/a');
    expect(confirmMissing(trees, missing.ids(), (id) => id !== 'b', missing)).toEqual(['f', 'a']);
    expect([at('f'), at('a'), at('b')]).toEqual([undefined, undefined, 'root/b']);
    expect(missing.ids()).toEqual(['b']);
  });
});

describe('staging', () => {
  test('holds only what is known', () => {
    const { look, at } = device(knownFile('a', 'root', 'a', 'i1'));
    look(STAGING, [file('a', 'i1'), file('download', 'i7')]);
    expect(at('a')).toBe('staging/a');
    expect(at('n1')).toBeUndefined();
  });
});

describe('after a restart', () => {
  test('an operation that the disk shows done is ours, in L and S', () => {
    const { trees, at } = device();
    const row = remoteRow('a', 'root', 'a', { content: 'one', feed: 7 });
    const synced = {
      id: row.id,
      kind: 'file',
      place: { parent: ROOT, name: 'a' },
      content: { key: contentNamed('one').id, value: contentNamed('one') },
      attributes: attributesAt(0),
      revisions: row.revisions,
    } as const;
    const at0 = { entry: row.id, parent: ROOT, name: 'a', content: contentNamed('one'), attributes: attributesAt(0), synced };
    const intent = { operation: { type: 'createFile', ...at0 }, identity: 'i1' } as const;
    settleIntents(trees, [intent], () => false);
    expect(at('a')).toBeUndefined();
    settleIntents(trees, [intent], () => true);
    expect(at('a')).toBe('root/a');
    expect(trees.synced(row.id)).toEqual(synced);
    trees.setRemote(row);
    expect(trees.dirty()).toEqual([]);
  });
});
