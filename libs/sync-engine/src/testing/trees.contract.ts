import { nameKey, type EntryId, type NameRule } from '@tidemark/domain';
import { describe, expect, test } from 'vitest';
import type { NotedConflict, RemoteEntry, Trees } from '../trees/trees.port.ts';
import { attributesAt, contentNamed, e, localOf, remoteRow, syncedOf } from './rows.ts';

const ROOT = e('0-root');
const labels = (rows: Iterable<{ readonly id: EntryId }>): EntryId[] => [...rows].map((row) => row.id);

/** What every implementation of {@link Trees} keeps. `make` gives empty trees. */
export function treesContract(make: (root: EntryId, names: NameRule) => Trees): void {
  const portable = (): Trees => make(ROOT, 'portable');
  const key = (name: string): string => nameKey(name, 'portable');
  const agree = (trees: Trees, ...rows: readonly RemoteEntry[]): void => {
    for (const row of rows) {
      trees.setRemote(row);
      trees.setSynced(row.id, syncedOf(row));
      trees.setLocal(row.id, localOf(row));
    }
  };
  const folder = remoteRow('f', ROOT, 'Docs');
  const file = remoteRow('f1', 'f', 'a.txt', { content: 'one', modified: 5, feed: 2 });
  const link = remoteRow('f2', 'f', 'l', { target: '../x', feed: 3 });

  describe('rows', () => {
    test('a row is given back as it was put in, in each tree', () => {
      const trees = portable();
      agree(trees, folder, file, link);
      for (const row of [folder, file, link]) {
        expect(trees.remote(row.id)).toMatchObject(row);
        expect(trees.local(row.id)).toMatchObject(JSON.parse(JSON.stringify(localOf(row))) as object);
        expect(trees.synced(row.id)).toMatchObject({ id: row.id, kind: row.kind, place: { parent: row.parent, name: row.name } });
        expect(trees.synced(row.id)?.revisions).toEqual(row.revisions);
        expect(trees.synced(row.id)?.content).toMatchObject(JSON.parse(JSON.stringify(syncedOf(row).content)) as object);
      }
      expect(trees.synced(file.id)?.attributes).toEqual(attributesAt(5));
      expect(trees.synced(folder.id)?.attributes).toBeNull();
    });

    test('a setter of one tree leaves the other two as they are', () => {
      const trees = portable();
      agree(trees, folder, file);
      trees.setSynced(file.id, undefined);
      expect(trees.local(file.id)).toMatchObject({ parent: 'f', name: 'a.txt', content: contentNamed('one') });
      expect(trees.remote(file.id)).toMatchObject({ parent: 'f', name: 'a.txt', content: contentNamed('one'), feed: 2n });
      trees.setSynced(file.id, syncedOf(file, { place: { parent: ROOT, name: 'b' } }));
      expect(trees.local(file.id)).toMatchObject({ parent: 'f', name: 'a.txt' });
      expect(trees.remote(file.id)).toMatchObject({ parent: 'f', name: 'a.txt' });
      trees.setLocal(
        file.id,
        localOf(file, { name: 'c', content: contentNamed('two'), attributes: attributesAt(9, true), identity: 'other' }),
      );
      expect(trees.synced(file.id)).toMatchObject({ place: { parent: ROOT, name: 'b' }, attributes: attributesAt(5) });
      expect(trees.remote(file.id)).toMatchObject({ name: 'a.txt', content: contentNamed('one') });
      trees.setLocal(file.id, undefined);
      expect(trees.local(file.id)).toBeUndefined();
      expect(trees.synced(file.id)).toMatchObject({ place: { parent: ROOT, name: 'b' } });
      trees.setRemote({ ...file, name: 'z', feed: 9n });
      expect(trees.synced(file.id)).toMatchObject({ place: { parent: ROOT, name: 'b' }, revisions: { place: 2n } });
    });

    test('aspects of the synced tree may be unset', () => {
      const trees = portable();
      agree(trees, folder, file);
      trees.setSynced(file.id, syncedOf(file, { place: null, content: null, attributes: null }));
      expect(trees.synced(file.id)).toMatchObject({ place: null, content: null, attributes: null });
      expect(trees.dirty()).toEqual([file.id]);
      expect(labels(trees.syncedChildren(folder.id))).toEqual([]);
    });

    test('a remote row is taken only when its feed revision is greater', () => {
      const trees = portable();
      trees.setRemote(remoteRow('a', ROOT, 'new', { feed: 5 }));
      trees.setRemote(remoteRow('a', ROOT, 'older', { feed: 4 }));
      trees.setRemote(remoteRow('a', ROOT, 'same', { feed: 5 }));
      expect(trees.remote(e('a'))?.name).toBe('new');
      trees.setRemote(remoteRow('a', ROOT, 'newest', { feed: 6 }));
      expect(trees.remote(e('a'))?.name).toBe('newest');
    });

    test('clearing the remote tree keeps the others', () => {
      const trees = portable();
      agree(trees, folder, file);
      trees.clearRemote();
      expect(trees.remote(file.id)).toBeUndefined();
      expect(trees.remoteByKey(folder.id, key('a.txt'))).toBeUndefined();
      expect(trees.local(file.id)).toBeDefined();
      expect(trees.synced(file.id)).toBeDefined();
      trees.setRemote(remoteRow('f1', 'f', 'again', { content: 'one', feed: 1 }));
      expect(trees.remote(file.id)?.name).toBe('again');
    });
  });

  describe('looking up', () => {
    test('children are those of the tree that is asked, by id', () => {
      const trees = portable();
      agree(trees, folder, file, link);
      trees.setLocal(file.id, localOf(file, { parent: ROOT }));
      expect(labels(trees.localChildren(folder.id))).toEqual(['f2']);
      expect(labels(trees.localChildren(ROOT))).toEqual(['f', 'f1']);
      expect(labels(trees.syncedChildren(folder.id))).toEqual(['f1', 'f2']);
      expect(labels(trees.remoteChildren(folder.id))).toEqual(['f1', 'f2']);
    });

    test('deleted rows are no children and hold no name', () => {
      const trees = portable();
      trees.setRemote(folder);
      trees.setRemote({ ...file, deleted: true });
      expect(labels(trees.remoteChildren(folder.id))).toEqual([]);
      expect(trees.remoteByKey(folder.id, key('a.txt'))).toBeUndefined();
      trees.setRemote({ ...file, feed: 8n });
      expect(trees.remoteByKey(folder.id, key('a.txt'))?.id).toBe('f1');
    });

    test('names are found by their key, all that hold it', () => {
      const trees = portable();
      const lower = remoteRow('a', ROOT, 'straße.txt', { content: 'x' });
      trees.setRemote(lower);
      trees.setLocal(lower.id, localOf(lower));
      trees.setLocal(e('b'), localOf(remoteRow('b', ROOT, 'STRASSE.txt', { content: 'y' })));
      expect(trees.remoteByKey(ROOT, key('STRASSE.TXT'))?.id).toBe('a');
      expect(labels(trees.localByKey(ROOT, key('Strasse.txt')))).toEqual(['a', 'b']);
      trees.setLocal(lower.id, localOf(lower, { name: 'other' }));
      expect(labels(trees.localByKey(ROOT, key('Strasse.txt')))).toEqual(['b']);
      expect(trees.localByKey(folder.id, key('Strasse.txt'))).toEqual([]);
    });

    test('an exact workspace tells names apart by case', () => {
      const trees = make(ROOT, 'exact');
      trees.setLocal(e('a'), localOf(remoteRow('a', ROOT, 'A')));
      trees.setLocal(e('b'), localOf(remoteRow('b', ROOT, 'a')));
      expect(labels(trees.localByKey(ROOT, nameKey('a', 'exact')))).toEqual(['b']);
    });

    test('identities lead to their entry; of several, the smallest id', () => {
      const trees = portable();
      agree(trees, folder, file);
      trees.setLocal(e('g'), localOf(remoteRow('g', ROOT, 'hard', { content: 'one' }), { identity: 'of f1' }));
      expect(trees.localByIdentity('of f1')?.id).toBe('f1');
      trees.setLocal(file.id, localOf(file, { identity: 'saved anew' }));
      expect(trees.localByIdentity('of f1')?.id).toBe('g');
      expect(trees.localByIdentity('saved anew')?.id).toBe('f1');
      trees.setLocal(file.id, undefined);
      expect(trees.localByIdentity('saved anew')).toBeUndefined();
    });

    test('stand-ins are found by what they stand in for, deleted ones too', () => {
      const trees = portable();
      trees.setRemote(remoteRow('s1', ROOT, 'Docs', { rescueOf: 'f', feed: 4 }));
      trees.setRemote(remoteRow('s2', ROOT, 'Docs', { rescueOf: 'f', feed: 5, deleted: true }));
      expect(labels(trees.standInsOf(folder.id))).toEqual(['s1', 's2']);
    });
  });

  describe('what is dirty', () => {
    test('nothing where all three agree, and never the root', () => {
      const trees = portable();
      trees.setRemote({ ...remoteRow(ROOT, ROOT, ''), parent: null });
      agree(trees, folder, file, link);
      expect(trees.dirty()).toEqual([]);
    });

    test('an entry that differs in any aspect or revision', () => {
      const changes: ((trees: Trees) => void)[] = [
        (trees) => trees.setLocal(file.id, localOf(file, { name: 'b' })),
        (trees) => trees.setLocal(file.id, localOf(file, { parent: ROOT })),
        (trees) => trees.setLocal(file.id, localOf(file, { content: contentNamed('two') })),
        (trees) => trees.setLocal(file.id, localOf(file, { attributes: attributesAt(6) })),
        (trees) => trees.setLocal(file.id, localOf(file, { attributes: attributesAt(5, true) })),
        (trees) => trees.setLocal(file.id, undefined),
        (trees) => trees.setSynced(file.id, undefined),
        (trees) => trees.setSynced(file.id, syncedOf(file, { content: null })),
        (trees) => trees.setSynced(file.id, syncedOf(file, { attributes: null })),
        (trees) => trees.setSynced(file.id, syncedOf(file, { place: null })),
        ...(['content', 'place', 'attributes', 'live'] as const).flatMap((aspect) => [
          (trees: Trees) => trees.setSynced(file.id, syncedOf(file, { revisions: { ...file.revisions, [aspect]: 1n } })),
          (trees: Trees) => trees.setRemote({ ...file, feed: 9n, revisions: { ...file.revisions, [aspect]: 9n } }),
        ]),
        (trees) => trees.setRemote({ ...file, feed: 9n, name: 'b' }),
        (trees) => trees.setRemote({ ...file, feed: 9n, deleted: true }),
      ];
      for (const change of changes) {
        const trees = portable();
        agree(trees, folder, file, link);
        change(trees);
        expect(trees.dirty(), change.toString()).toEqual([file.id]);
        trees.setRemote({ ...file, feed: 99n });
        trees.setSynced(file.id, syncedOf(file));
        trees.setLocal(file.id, localOf(file));
        expect(trees.dirty(), `${change.toString()} taken back`).toEqual([]);
      }
    });

    test('a retargeted link', () => {
      const trees = portable();
      agree(trees, folder, link);
      trees.setLocal(link.id, localOf(link, { target: 'elsewhere' }));
      expect(trees.dirty()).toEqual([link.id]);
    });

    test('an identity, or a feed revision, is no difference', () => {
      const trees = portable();
      agree(trees, folder, file);
      trees.setLocal(file.id, localOf(file, { identity: 'other' }));
      trees.setRemote({ ...file, feed: 77n });
      expect(trees.dirty()).toEqual([]);
    });

    test('what is in one tree only, while it is live there', () => {
      const trees = portable();
      trees.setRemote(folder);
      expect(trees.dirty()).toEqual(['f']);
      trees.setLocal(e('n'), localOf(remoteRow('n', ROOT, 'new')));
      expect(trees.dirty()).toEqual(['f', 'n']);
    });

    test('a tombstone that neither the disk nor the synced tree has is quiet, and so is what lies below it', () => {
      const trees = portable();
      trees.setRemote(file);
      trees.setRemote({ ...folder, deleted: true });
      expect(trees.dirty()).toEqual([]);
      trees.setRemote({ ...folder, feed: 9n });
      expect(trees.dirty()).toEqual(['f', 'f1']);
    });

    test('everything on disk or agreed below a folder that is not live any more', () => {
      const trees = portable();
      const inner = remoteRow('f3', 'f', 'inner');
      const deep = remoteRow('f4', 'f3', 'deep', { content: 'd' });
      agree(trees, folder, file, inner, deep);
      trees.setRemote({ ...folder, feed: 9n, deleted: true });
      expect(trees.dirty()).toEqual(['f', 'f1', 'f3', 'f4']);
      trees.setLocal(deep.id, undefined);
      expect(trees.dirty()).toEqual(['f', 'f1', 'f3', 'f4']);
    });

    test('two folders that lie in one another while the rows of a pull are still coming', () => {
      const trees = portable();
      const inner = remoteRow('g', 'f', 'inner');
      agree(trees, folder, inner);
      // There: inner was taken out, the outer moved into it, and inner renamed. Rows come in the order of their last change.
      trees.setRemote({ ...folder, parent: inner.id, feed: 6n });
      expect(trees.dirty()).toEqual(['f', 'g']);
      trees.setRemote({ ...inner, parent: ROOT, name: 'renamed', feed: 7n });
      expect(trees.dirty()).toEqual(['f', 'g']);
      expect(trees.remote(inner.id)).toMatchObject({ name: 'renamed' });
    });

    test('everything below a folder that was moved into one that is not live', () => {
      const trees = portable();
      agree(trees, folder, file);
      trees.setRemote(remoteRow('gone', ROOT, 'gone', { deleted: true }));
      trees.setRemote({ ...folder, parent: e('gone'), feed: 9n });
      expect(trees.dirty()).toEqual(['f', 'f1']);
    });
  });

  describe('what is left out of this device', () => {
    const inner = remoteRow('f3', 'f', 'inner');
    const deep = remoteRow('f4', 'f3', 'deep', { content: 'd' });
    const other = remoteRow('g', ROOT, 'other');
    const tell = (trees: Trees, ...rows: readonly RemoteEntry[]): void => rows.forEach((row) => trees.setRemote(row));
    const nothing = { entries: 0, bytes: 0 };

    test('is no difference where it is known only remotely, whichever was heard first', () => {
      const before = portable();
      before.leaveOut([folder.id]);
      tell(before, folder, file, inner, deep, other);
      const after = portable();
      tell(after, folder, file, inner, deep, other);
      expect(after.dirty()).toEqual(['f', 'f1', 'f3', 'f4', 'g']);
      after.leaveOut([folder.id]);
      for (const trees of [before, after]) {
        expect(trees.dirty()).toEqual(['g']);
        expect(trees.dirtyWithin(1)).toMatchObject({ ids: ['g'], cut: [] });
        expect(trees.pending()).toEqual({ upload: nothing, download: { entries: 1, bytes: 0 } });
        expect(labels(trees.remoteChildren(folder.id)).toSorted()).toEqual(['f1', 'f3']);
        expect(trees.remoteByKey(inner.id, key('deep'))).toMatchObject({ id: 'f4' });
      }
    });

    test('is a difference again when it is wanted again, but for what is left out by another word', () => {
      const trees = portable();
      trees.leaveOut([folder.id, inner.id]);
      tell(trees, folder, file, inner, deep);
      trees.leaveOut([inner.id]);
      expect(trees.dirty()).toEqual(['f', 'f1']);
      trees.leaveOut([]);
      expect(trees.dirty()).toEqual(['f', 'f1', 'f3', 'f4']);
      expect(trees.pending().download).toEqual({ entries: 4, bytes: (file.content?.size ?? 0) + (deep.content?.size ?? 0) });
    });

    test('a single file', () => {
      const trees = portable();
      tell(trees, folder, file);
      trees.leaveOut([file.id]);
      expect(trees.dirty()).toEqual(['f']);
      trees.leaveOut([]);
      expect(trees.dirty()).toEqual(['f', 'f1']);
    });

    test('what this device has or had of it is looked at as ever, and is quiet when it is gone', () => {
      const trees = portable();
      agree(trees, folder, file);
      trees.setLocal(file.id, localOf(file, { content: contentNamed('two') }));
      trees.leaveOut([folder.id]);
      expect(trees.dirty()).toEqual(['f1']);
      trees.setLocal(file.id, undefined);
      expect(trees.dirty()).toEqual(['f1']);
      trees.setSynced(file.id, undefined);
      expect(trees.dirty()).toEqual([]);
      trees.setLocal(e('n'), localOf(remoteRow('n', 'f', 'new', { content: 'n' })));
      expect(trees.dirty()).toEqual(['n']);
    });

    test('follows a folder that is moved into it and out of it', () => {
      const trees = portable();
      trees.leaveOut([other.id]);
      tell(trees, other, folder, inner, deep);
      expect(trees.dirty()).toEqual(['f', 'f3', 'f4']);
      trees.setRemote({ ...folder, parent: other.id, feed: 9n });
      expect(trees.dirty()).toEqual([]);
      trees.setRemote({ ...inner, parent: ROOT, feed: 10n });
      expect(trees.dirty()).toEqual(['f3', 'f4']);
      trees.setRemote({ ...folder, parent: ROOT, feed: 11n });
      expect(trees.dirty()).toEqual(['f', 'f3', 'f4']);
    });

    test('a folder in it that comes back from the dead stays out', () => {
      const trees = portable();
      trees.leaveOut([folder.id]);
      tell(trees, folder, { ...inner, deleted: true }, deep);
      trees.setRemote({ ...inner, feed: 9n });
      expect(trees.dirty()).toEqual([]);
      trees.leaveOut([]);
      expect(trees.dirty()).toEqual(['f', 'f3', 'f4']);
    });
  });

  describe('what is dirty, and a turn’s share of it', () => {
    const made = (trees: Trees, id: string): void => trees.setLocal(e(id), localOf(remoteRow(id, ROOT, id, { content: id })));
    const numbered = (prefix: string, count: number): string[] =>
      Array.from({ length: count }, (_, n) => `${prefix}${String(n).padStart(2, '0')}`);

    test('all of it up to the bound, beyond it most from the lowest id on and some from the highest down', () => {
      const trees = portable();
      const ids = numbered('n', 16);
      for (const id of ids) made(trees, id);
      expect(trees.dirtyWithin(16)).toMatchObject({ ids, cut: [] });
      made(trees, 'n16');
      expect(trees.dirtyWithin(16)).toMatchObject({ ids: [...ids.slice(0, 14), 'n15', 'n16'], cut: ['here'] });
      expect(trees.dirtyWithin(17)).toMatchObject({ ids: [...ids, 'n16'], cut: [] });
      expect(trees.dirtyWithin(1)).toMatchObject({ ids: ['n00'], cut: ['here'] });
      trees.setLocal(e('n00'), undefined);
      expect(trees.dirtyWithin(1)).toMatchObject({ ids: ['n01'], cut: ['here'] });
    });

    test('each way of standing alone has its own bound, and what does not stand alone is always in it', () => {
      const trees = portable();
      for (const id of numbered('here', 3)) made(trees, id);
      for (const id of numbered('there', 3)) trees.setRemote(remoteRow(id, ROOT, id, { content: id }));
      for (const id of [...numbered('edit', 3), ...numbered('moved', 3), ...numbered('gone', 3)])
        agree(trees, remoteRow(id, ROOT, id, { content: id }));
      for (const id of numbered('edit', 3)) trees.setLocal(e(id), localOf(remoteRow(id, ROOT, id, { content: 'other' })));
      for (const id of numbered('moved', 3)) trees.setLocal(e(id), localOf(remoteRow(id, ROOT, `${id} elsewhere`, { content: id })));
      for (const id of numbered('gone', 3)) trees.setLocal(e(id), undefined);
      const always = [...numbered('gone', 3), ...numbered('moved', 3)];
      expect(trees.dirtyWithin(1)).toMatchObject({
        ids: [...always, 'edit00', 'here00', 'there00'].toSorted(),
        cut: ['here', 'there', 'in-place'],
      });
      expect(trees.dirtyWithin(3)).toMatchObject({ ids: trees.dirty(), cut: [] });
      expect(trees.dirty()).toHaveLength(15);
    });

    test('what is below a folder that is gone is in it whatever the bound', () => {
      const trees = portable();
      agree(trees, folder, file, link);
      trees.setRemote({ ...folder, feed: 9n, deleted: true });
      expect(trees.dirtyWithin(1).ids).toEqual(['f', 'f1', 'f2']);
    });

    test('amounts that are to be brought there and here are added up, and follow what is written', () => {
      const trees = portable();
      const nothing = { entries: 0, bytes: 0 };
      expect(trees.pending()).toEqual({ upload: nothing, download: nothing });
      agree(trees, folder, file);
      expect(trees.pending()).toEqual({ upload: nothing, download: nothing });
      made(trees, 'n');
      const size = trees.local(e('n'))?.content?.size ?? 0;
      trees.setRemote(remoteRow('r', ROOT, 'r', { content: 'r' }));
      trees.setRemote(remoteRow('r2', ROOT, 'r2'));
      trees.setLocal(file.id, localOf(file, { name: 'moved' }));
      expect(trees.pending()).toEqual({
        upload: { entries: 2, bytes: size },
        download: { entries: 2, bytes: trees.remote(e('r'))?.content?.size },
      });
      trees.setLocal(e('n'), undefined);
      trees.setLocal(file.id, localOf(file));
      expect(trees.pending().upload).toEqual(nothing);
    });
  });

  describe('memories', () => {
    test('what a copy last got is kept per entry and base', () => {
      const trees = portable();
      trees.setCopyMemory(file.id, 3n, { copy: e('c'), content: 'k', revision: 7n });
      expect(trees.copyMemory(file.id, 3n)).toEqual({ copy: 'c', content: 'k', revision: 7n });
      expect(trees.copyMemory(file.id, 4n)).toBeUndefined();
      trees.setCopyMemory(file.id, 3n, { copy: e('c'), content: 'k2', revision: 8n });
      expect(trees.copyMemory(file.id, 3n)).toMatchObject({ content: 'k2', revision: 8n });
    });

    test('folders left on disk are known by their identity until they are not', () => {
      const trees = portable();
      trees.setLeft('of f', true);
      expect(trees.isLeft('of f')).toBe(true);
      trees.setLeft('of f', false);
      expect(trees.isLeft('of f')).toBe(false);
    });

    test('noted conflicts are kept by key', () => {
      const trees = portable();
      const noted = (at: string, told: boolean): NotedConflict => ({
        key: at,
        operation: { type: 'recordConflict', rule: 'edit-edit', entry: file.id, inputs: { base: null, mine: null, theirs: null } },
        told,
      });
      trees.setConflict('b', noted('b', false));
      trees.setConflict('a', noted('a', false));
      trees.setConflict('b', noted('b', true));
      expect(trees.conflicts().map((one) => [one.key, one.told])).toEqual([
        ['a', false],
        ['b', true],
      ]);
      expect(trees.conflict('a')).toEqual(noted('a', false));
      trees.setConflict('a', undefined);
      expect(trees.conflict('a')).toBeUndefined();
    });
  });
}
