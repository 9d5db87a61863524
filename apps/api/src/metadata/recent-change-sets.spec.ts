import { derivedId, type Chain, type Cursor, type EntryId, type Row, type WorkspaceId } from '@tidemark/domain';
import { expect, test } from 'vitest';
import { RecentChangeSets } from './recent-change-sets.ts';

const WORKSPACE = derivedId<WorkspaceId>('test', 'workspace');
const at = (revision: number): Cursor => ({ revision: BigInt(revision), chain: revision.toString(16).padStart(64, '0') as Chain });
const row = (name: string, feed: number): Row => ({
  id: derivedId<EntryId>('test', name),
  kind: 'folder',
  parent: null,
  name,
  deleted: false,
  revisions: { content: 0n, place: BigInt(feed), attributes: 0n, live: 0n },
  feed: BigInt(feed),
});
const changeSet = (from: number, to: number, ...rows: readonly Row[]) => ({ workspace: WORKSPACE, from: at(from), to: at(to), rows });

test('what follows a cursor is put together from sets that follow each other, each entry as it is last', () => {
  const recent = new RecentChangeSets();
  recent.add(changeSet(1, 2, row('a', 2), row('b', 2)));
  recent.add(changeSet(2, 4, row('a', 4)));
  const after = recent.after(WORKSPACE, at(1));
  expect(after?.to).toEqual(at(4));
  expect(after?.rows.map(({ name, feed }) => [name, feed])).toEqual([
    ['b', 2n],
    ['a', 4n],
  ]);
  expect([recent.hits, recent.misses]).toEqual([1, 0]);
});

test('a cursor that is no known beginning, or of another history, is a miss', () => {
  const recent = new RecentChangeSets();
  recent.add(changeSet(1, 3, row('a', 3)));
  expect(recent.after(WORKSPACE, at(2))).toBeUndefined();
  expect(recent.after(WORKSPACE, { ...at(1), chain: 'f'.repeat(64) as Chain })).toBeUndefined();
  expect(recent.after(derivedId<WorkspaceId>('test', 'other'), at(1))).toBeUndefined();
  expect(recent.misses).toBe(3);
});

test('a set without rows is not kept, and of two from one place the longer stays', () => {
  const recent = new RecentChangeSets();
  recent.add({ workspace: WORKSPACE, from: at(1), to: at(2) });
  expect(recent.after(WORKSPACE, at(1))).toBeUndefined();
  recent.add(changeSet(1, 5, row('a', 5)));
  recent.add(changeSet(1, 2, row('b', 2)));
  expect(recent.after(WORKSPACE, at(1))?.to).toEqual(at(5));
});

test('the oldest go when there are too many bytes', () => {
  const recent = new RecentChangeSets();
  for (let n = 0; n < 40; n++) recent.add(changeSet(n, n + 1, row('x'.repeat(60_000), n + 1)));
  expect(recent.after(WORKSPACE, at(0))).toBeUndefined();
  expect(recent.after(WORKSPACE, at(39))?.to).toEqual(at(40));
});
