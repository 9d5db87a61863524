import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ChunkId } from '../ids.ts';
import type { StoredChunk } from '../workspace/events.ts';
import { testSha256 } from '../testing/fixtures.ts';
import { INLINE_CHUNKS_MAX, PAGE_REFS_MAX, PAGE_REFS_MIN, type ChunkRef, type Content } from './content.ts';
import { checkContent, contentIdOf, contentOf, decodeRefs, encodeRefs, splitPages } from './manifest.ts';
import { decodeStoredChunks, encodeStoredChunks } from './stored-chunks.ts';

const HEX = '0123456789abcdef';
const id = fc.string({ unit: fc.constantFrom(...HEX.split('')), minLength: 64, maxLength: 64 }).map((text) => text as ChunkId);
const ref: fc.Arbitrary<ChunkRef> = fc.record({ id, size: fc.integer({ min: 1, max: 2 ** 32 - 1 }) });
const small: fc.Arbitrary<ChunkRef> = fc.record({ id, size: fc.integer({ min: 1, max: 2 ** 20 }) });

/** Many references from one number, all different. */
const many = (count: number, seed: number): readonly ChunkRef[] =>
  Array.from({ length: count }, (_, n) => ({ id: testSha256(new TextEncoder().encode(`${seed}-${n}`)) as ChunkId, size: n + 1 }));

describe('manifest', () => {
  test('references are read as they were written', () =>
    fc.assert(
      fc.property(fc.array(ref), (refs) => {
        expect(decodeRefs(encodeRefs(refs))).toEqual(refs);
      }),
    ));

  test('a reference is 32 bytes of hash and 4 of size, big-endian', () => {
    const bytes = encodeRefs([{ id: `${'00'.repeat(31)}ff` as ChunkId, size: 0x01020304 }]);
    expect(Array.from(bytes.slice(31))).toEqual([0xff, 1, 2, 3, 4]);
  });

  test('bytes that are no whole references, or name an empty chunk, are none', () => {
    expect(decodeRefs(new Uint8Array(35))).toBeUndefined();
    expect(decodeRefs(new Uint8Array(36))).toBeUndefined();
    expect(decodeRefs(new Uint8Array(0))).toEqual([]);
  });

  test('a view into larger bytes is read from where it begins', () => {
    const refs = many(2, 1);
    const larger = new Uint8Array(100);
    larger.set(encodeRefs(refs), 10);
    expect(decodeRefs(larger.subarray(10, 82))).toEqual(refs);
  });

  test('pages hold every reference in order, none too small but the last, none too large', () =>
    fc.assert(
      fc.property(fc.nat(1_500), fc.nat(), (count, seed) => {
        const refs = many(count, seed);
        const pages = splitPages(refs);
        expect(pages.flat()).toEqual(refs);
        expect(pages.every((page) => page.length <= PAGE_REFS_MAX)).toBe(true);
        expect(pages.slice(0, -1).every((page) => page.length >= PAGE_REFS_MIN)).toBe(true);
      }),
      { numRuns: 20 },
    ));

  test('chunks without any boundary are cut at the largest page', () => {
    const refs = Array.from({ length: 600 }, () => ({ id: 'ff'.repeat(32) as ChunkId, size: 1 }));
    expect(splitPages(refs).map((page) => page.length)).toEqual([256, 256, 88]);
  });

  test('an edit, an insertion or a removal changes few pages, wherever it is', () => {
    const refs = many(4_000, 7);
    const [edit] = many(1, 8);
    if (edit === undefined) throw new Error('none');
    const before = new Set(contentOf(refs, testSha256).pages.map((page) => page.id));
    const counts: number[] = [];
    for (let at = 0; at < refs.length; at += 371) {
      for (const remove of [0, 1]) {
        const after = contentOf(refs.toSpliced(at, remove, edit), testSha256).pages;
        counts.push(after.filter((page) => !before.has(page.id)).length);
      }
    }
    expect(counts.reduce((a, b) => a + b, 0) / counts.length).toBeLessThan(2);
    expect(Math.max(...counts)).toBeLessThanOrEqual(5);
  });

  test('an empty file has no chunks', () => {
    const { content, pages } = contentOf([], testSha256);
    expect(content).toEqual({ id: contentIdOf([], testSha256), size: 0, chunks: [] });
    expect(pages).toEqual([]);
  });

  test('short manifests stand in the content, longer ones on pages; both check out', () =>
    fc.assert(
      fc.property(fc.array(small, { maxLength: 40 }), (refs) => {
        const { content, pages } = contentOf(refs, testSha256);
        expect(content.pages === undefined).toBe(refs.length <= INLINE_CHUNKS_MAX);
        expect(content.id).toBe(contentIdOf(refs, testSha256));
        const stored = new Map(pages.map((page) => [page.id, decodeRefs(page.bytes)]));
        expect(checkContent(content, (page) => stored.get(page), testSha256)).toEqual({ refs });
      }),
    ));

  test('a content that is not what it says is refused', () => {
    const refs = many(6, 1);
    const { content, pages } = contentOf(refs, testSha256);
    const page = pages[0]?.id as ChunkId;
    const check = (one: Content, known = true) => checkContent(one, () => (known ? refs : undefined), testSha256);
    expect(check(content)).toEqual({ refs });
    expect(check(content, false)).toEqual({ missing: [page] });
    expect(check({ ...content, size: content.size + 1 } as Content)).toHaveProperty('invalid');
    expect(check({ ...content, id: 'ff'.repeat(32) } as Content)).toHaveProperty('invalid');
    expect(check({ id: content.id, size: content.size, chunks: refs })).toHaveProperty('invalid');
    expect(check({ ...content, size: 2 ** 40 + 1 } as Content)).toHaveProperty('invalid');
    const empty = [{ id: page, size: 0 }];
    expect(check({ id: contentIdOf(empty, testSha256), size: 0, chunks: empty })).toHaveProperty('invalid');
    const one = refs.slice(0, 1);
    const paged = { id: contentIdOf(one, testSha256), size: 1, pages: [page] };
    expect(checkContent(paged, () => one, testSha256)).toHaveProperty('invalid');
  });
});

describe('stored chunks', () => {
  const stored: fc.Arbitrary<StoredChunk> = fc.record({
    id,
    offset: fc.nat(2 ** 24),
    storedLength: fc.nat(2 ** 24),
    size: fc.nat(2 ** 24),
    codec: fc.constantFrom('none', 'zstd'),
    page: fc.boolean(),
  });

  test('are read as they were written', () =>
    fc.assert(
      fc.property(fc.array(stored), (chunks) => {
        expect(decodeStoredChunks(encodeStoredChunks(chunks))).toEqual(chunks);
      }),
    ));

  test('what is no such text is none', () => {
    expect(decodeStoredChunks('*')).toBeUndefined();
    expect(decodeStoredChunks('AAAA')).toBeUndefined();
    const unknownCodec = new Uint8Array(45).fill(2);
    expect(decodeStoredChunks(btoa(String.fromCharCode(...unknownCodec)))).toBeUndefined();
  });
});
