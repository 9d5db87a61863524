import { expect, test } from 'vitest';
import type { ContentId, EntryId } from '../ids.ts';
import type { NanoTime, Row } from './entry.ts';
import { rowFromJson, rowToJson } from './row-json.ts';

const folder: Row = {
  id: 'e' as EntryId,
  kind: 'folder',
  parent: null,
  name: 'ä😀',
  deleted: false,
  revisions: { content: 0n, place: 2n ** 60n, attributes: -1n, live: 3n },
  feed: 2n ** 60n,
};
const file: Row = {
  ...folder,
  kind: 'file',
  parent: 'p' as EntryId,
  content: { id: 'c' as ContentId, size: 3, chunks: [] },
  attributes: { modified: '-1' as NanoTime, executable: false },
};

test('a row comes back from JSON text as it was', () => {
  for (const row of [folder, file, { ...folder, kind: 'link', target: '../x', rescueOf: 'r' as EntryId } as const]) {
    expect(rowFromJson(JSON.parse(JSON.stringify(rowToJson(row))))).toStrictEqual(row);
  }
});

test('equal rows give equal text, whatever the order of their members and whatever is undefined', () => {
  const { revisions, ...rest } = folder;
  expect(JSON.stringify(rowToJson({ content: undefined, target: undefined, revisions, ...rest }))).toBe(JSON.stringify(rowToJson(folder)));
});
