import { GENESIS, type Chain, type Cursor, type EntryId, type Row, type WorkspaceId } from '@tidemark/domain';
import type { ReadModelReader } from '@tidemark/read-model/reader';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { KEPT_INSIDE_MIN, KEPT_MS_MAX, Sizes, WORKSPACES_KEPT_MAX } from './sizes.ts';

const [large, small] = ['large', 'small'] as EntryId[] as [EntryId, EntryId];
const workspace = 'w' as WorkspaceId;
const at = (revision: number, chain: Chain = GENESIS): Cursor => ({ revision: BigInt(revision), chain });
const row = (id: EntryId, kind: Row['kind'] = 'folder'): Row => {
  const revisions = { content: 0n, place: 0n, attributes: 0n, live: 0n };
  return { id, kind, parent: null, name: id, deleted: false, revisions, feed: 0n };
};

describe('sizes', () => {
  const asked: (readonly EntryId[])[] = [];
  let inside = KEPT_INSIDE_MIN;
  const reader = {
    sizes: (_workspace: WorkspaceId, folders: readonly EntryId[]) => {
      asked.push(folders);
      return Promise.resolve(new Map(folders.map((id) => [id, { inside: id === large ? inside : KEPT_INSIDE_MIN - 1, bytes: 7 }])));
    },
  };
  const make = () => new Sizes(reader as unknown as ReadModelReader);
  const insideOf = async (sizes: Sizes, cursor: Cursor, of = workspace) =>
    (await sizes.of(of, cursor, [row(large), row(small)])).map((each) => each.inside);

  beforeEach(() => {
    asked.length = 0;
    inside = KEPT_INSIDE_MIN;
    vi.useFakeTimers({ toFake: ['performance'] });
  });
  afterEach(() => void vi.useRealTimers());

  test('of folders with much in them are added up once for a mark, those of others each time', async () => {
    const sizes = make();
    for (let n = 0; n < 2; n += 1) expect(await insideOf(sizes, at(1))).toEqual([KEPT_INSIDE_MIN, KEPT_INSIDE_MIN - 1]);
    expect(asked).toEqual([[large, small], [small]]);
  });

  test('are added up again once the mark has moved, and where the history is another one', async () => {
    const sizes = make();
    await insideOf(sizes, at(1));
    inside += 1;
    expect(await insideOf(sizes, at(2))).toEqual([inside, KEPT_INSIDE_MIN - 1]);
    inside += 1;
    expect(await insideOf(sizes, at(2, 'f'.repeat(64) as Chain))).toEqual([inside, KEPT_INSIDE_MIN - 1]);
  });

  test('are not kept for ever, since a read model may be built anew', async () => {
    const sizes = make();
    await insideOf(sizes, at(1));
    inside += 1;
    vi.advanceTimersByTime(KEPT_MS_MAX - 1);
    expect((await insideOf(sizes, at(1)))[0]).toBe(inside - 1);
    vi.advanceTimersByTime(1);
    expect((await insideOf(sizes, at(1)))[0]).toBe(inside);
  });

  test('are kept of so many workspaces, those asked for last', async () => {
    const sizes = make();
    const nth = (n: number) => `w${n}` as WorkspaceId;
    for (let n = 0; n <= WORKSPACES_KEPT_MAX; n += 1) await insideOf(sizes, at(1), nth(n));
    asked.length = 0;
    await insideOf(sizes, at(1), nth(1));
    await insideOf(sizes, at(1), nth(0));
    expect(asked).toEqual([[small], [large, small]]);
  });

  test('of files are those of their contents, and ask nobody', async () => {
    const [file] = await make().of(workspace, at(1), [{ ...row(small, 'file'), content: { id: 'c' as never, size: 42, chunks: [] } }]);
    expect([file?.inside, file?.bytes, asked]).toEqual([0, 42, []]);
  });
});
