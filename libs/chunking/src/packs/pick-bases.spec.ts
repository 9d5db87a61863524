import type { ChunkId, ChunkRef } from '@tidemark/domain';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { pickBases } from './pick-bases.ts';

/** `a10 b20`: chunk a of 10 bytes, then b of 20. */
const refs = (text: string): ChunkRef[] =>
  text
    .split(' ')
    .filter(Boolean)
    .map((word) => ({ id: word[0] as ChunkId, size: Number(word.slice(1)) }));
const picked = (old: string, fresh: string) => Object.fromEntries(pickBases(refs(old), refs(fresh)));

test('an edited chunk is expressed against the one in its place', () => {
  expect(picked('a10 b10 c10', 'a10 X10 c10')).toEqual({ X: 'b' });
});

test('a byte inserted at the front leaves the first chunk its base', () => {
  expect(picked('a10 b10 c10', 'X11 b10 c10')).toEqual({ X: 'a' });
});

test('something appended is expressed against the last chunk', () => {
  expect(picked('a10 b10 c5', 'a10 b10 X9')).toEqual({ X: 'c' });
});

test('chunks that come after everything old have no base', () => {
  expect(picked('a10 b10 c5', 'a10 b10 c5 X10 Y10')).toEqual({});
});

test('a chunk that was split is the base of both halves', () => {
  expect(picked('a10 b20 c10', 'a10 X8 Y13 c10')).toEqual({ X: 'b', Y: 'b' });
});

test('of two chunks that became one the larger is the base', () => {
  expect(picked('a10 b12 c20 d10', 'a10 X32 d10')).toEqual({ X: 'c' });
});

test('around a large insertion both edges find the chunk that was torn apart', () => {
  expect(picked('a10 b20 c10', 'a10 X10 Y10 Z10 W10 c10')).toMatchObject({ X: 'b', W: 'b' });
});

test('what follows a gap is not taken for its base', () => {
  expect(picked('a10 b2 c90', 'a10 X50 Y50 c90')).toEqual({ X: 'b', Y: 'b' });
});

test('a content that shares nothing is laid over the old one', () => {
  expect(picked('a10 b10', 'X10 Y10')).toEqual({ X: 'a', Y: 'b' });
});

test('repeated chunks are anchors in their order', () => {
  expect(picked('z5 a10 z5 b10 z5', 'z5 a10 z5 X11 z5')).toEqual({ X: 'b' });
});

test('where blocks changed places an edit still finds a neighbour', () => {
  expect(picked('a10 b10 c10 d10', 'c10 X10 a10 b10')).toEqual({ X: 'd' });
});

test('nothing old, or nothing new, has no bases', () => {
  expect(picked('', 'X10')).toEqual({});
  expect(picked('a10', '')).toEqual({});
});

test('bases are old, what needs one is new, whatever the two', () => {
  const list = fc.array(
    fc.record({ id: fc.constantFrom('a', 'b', 'c', 'd', 'e').map((id) => id as ChunkId), size: fc.integer({ min: 1, max: 50 }) }),
    { maxLength: 20 },
  );
  fc.assert(
    fc.property(list, list, (old, fresh) => {
      const known = new Set(old.map(({ id }) => id));
      for (const [chunk, base] of pickBases(old, fresh)) {
        expect(known.has(base)).toBe(true);
        expect(known.has(chunk)).toBe(false);
      }
    }),
  );
});
