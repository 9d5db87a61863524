import { expect, test } from 'vitest';
import { BULK_CHARS_MAX, BULK_WRITES_MAX, bulksOf } from './guarded-writes.ts';

const sizes = (documents: readonly { readonly _id: string; readonly row?: string }[]): readonly number[] =>
  [...bulksOf(documents.map((document) => ({ document })))].map((bulk) => bulk.length);
const some = (count: number) => Array.from({ length: count }, (_, n) => ({ _id: String(n) }));
const ofChars = (chars: number) => ({ _id: '0', row: 'x'.repeat(chars - 1) });

test('one command takes as many writes as the limit says and not one more', () => {
  expect(sizes([])).toEqual([]);
  expect(sizes(some(BULK_WRITES_MAX))).toEqual([BULK_WRITES_MAX]);
  expect(sizes(some(BULK_WRITES_MAX + 1))).toEqual([BULK_WRITES_MAX, 1]);
});

test('one command takes as many characters as the limit says, or a single write that is longer', () => {
  expect(sizes([ofChars(BULK_CHARS_MAX / 2), ofChars(BULK_CHARS_MAX / 2)])).toEqual([2]);
  expect(sizes([ofChars(BULK_CHARS_MAX / 2), ofChars(BULK_CHARS_MAX / 2 + 1)])).toEqual([1, 1]);
  expect(sizes([ofChars(5), ofChars(2 * BULK_CHARS_MAX), ofChars(5)])).toEqual([1, 1, 1]);
});

test('no write is left out and none comes twice', () => {
  const writes = some(3 * BULK_WRITES_MAX + 7).map((document) => ({ document }));
  expect([...bulksOf(writes)].flat()).toEqual(writes);
});
