import { NO_REVISION, START } from '@tidemark/domain';
import { expect, test } from 'vitest';
import { cursorAt, folderRow } from '../testing/index.ts';
import { pageOf } from './mongo-reader.ts';

const stateAt = (projected: number, whole: number) => ({
  marks: { projected: projected < 0 ? START : cursorAt(projected), published: START },
  generation: 0,
  fresh: 0,
  ahead: 99n,
  whole: whole < 0 ? NO_REVISION : BigInt(whole),
});
const rows = [1, 2, 3, 4].map((feed) => folderRow(feed));

test.each([
  ['all are covered by the mark', stateAt(4, -1), 4, true],
  ['some are ahead of the mark: the page ends before them', stateAt(2, 4), 2, true],
  ['all are ahead, of a batch that was wholly written', stateAt(-1, 4), 4, true],
  ['all are ahead, of a batch that may be half written: the page does not go on', stateAt(-1, 3), 4, false],
])('where there is more and %s', (_what, state, count, more) => {
  expect(pageOf(state, rows, true)).toEqual({ rows: rows.slice(0, count), more, at: state.marks.projected });
});

test('where there is no more the page has all, and says at which mark', () => {
  for (const state of [stateAt(-1, -1), stateAt(2, 2), stateAt(9, 9)])
    expect(pageOf(state, rows, false)).toEqual({ rows, more: false, at: state.marks.projected });
  expect(pageOf(stateAt(1, 1), [], false)).toEqual({ rows: [], more: false, at: cursorAt(1) });
});
