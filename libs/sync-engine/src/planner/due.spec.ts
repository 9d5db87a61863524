import { beforeEach, describe, expect, test } from 'vitest';
import { e, localOf, remoteRow, syncedOf } from '../testing/rows.ts';
import { MemoryTrees } from '../trees/memory-trees.ts';
import { dueOf } from './due.ts';

const ROOT = e('0-root');
let trees: MemoryTrees;
beforeEach(() => {
  trees = new MemoryTrees(ROOT, 'portable');
});
const here = (id: string, parent: string, name: string, content?: string): void =>
  trees.setLocal(e(id), localOf(remoteRow(id, parent, name, content === undefined ? {} : { content })));
const there = (id: string, parent: string, name: string, content?: string): void =>
  trees.setRemote(remoteRow(id, parent, name, content === undefined ? {} : { content }));

describe('what a turn looks at', () => {
  test('all of it while that is not too much', () => {
    here('a', ROOT, 'a', 'a');
    there('b', ROOT, 'b', 'b');
    expect(dueOf(trees, 1)).toEqual({ ids: ['a', 'b'], isAll: true });
  });

  test('with a new file the new folders above it, though they have higher ids', () => {
    here('a', 'y', 'a', 'a');
    here('y', 'z', 'y');
    here('z', ROOT, 'z');
    expect(dueOf(trees, 1)).toEqual({ ids: ['a', 'y', 'z'], isAll: false });
  });

  test('with a row not here yet the rows of the folders above it', () => {
    there('a', 'y', 'a', 'a');
    there('y', 'z', 'y');
    there('z', ROOT, 'z');
    expect(dueOf(trees, 1)).toEqual({ ids: ['a', 'y', 'z'], isAll: false });
  });

  test('with a new file the row that has its name, and with a row the file', () => {
    here('a', ROOT, 'same', 'a');
    here('b', ROOT, 'other', 'b');
    there('p', ROOT, 'OTHER', 'p');
    there('q', ROOT, 'Same', 'q');
    expect(dueOf(trees, 1)).toEqual({ ids: ['a', 'b', 'p', 'q'], isAll: false });
  });

  test('with one that was made last an older one of the same name, which goes first', () => {
    for (const id of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j']) here(id, ROOT, id === 'j' ? 'I' : id, id);
    expect(dueOf(trees, 8).ids).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'i', 'j']);
  });

  test('nothing of what is agreed on', () => {
    const row = remoteRow('m', ROOT, 'm', { content: 'm' });
    trees.setRemote(row);
    trees.setSynced(row.id, syncedOf(row));
    trees.setLocal(row.id, localOf(row));
    here('a', ROOT, 'a', 'a');
    here('b', ROOT, 'b', 'b');
    expect(dueOf(trees, 1)).toEqual({ ids: ['a'], isAll: false });
  });
});
