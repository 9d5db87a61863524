import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { sha256Hex } from '../hash.ts';
import { concat, randomBytes, splice } from '../testing/random-bytes.ts';
import { createChunker } from './chunker.ts';
import type { ChunkerParameters } from './strategy.ts';

/** Small chunks, so that a few KiB have many of them; the code is the same. */
const tiny: ChunkerParameters = { min: 64, normal: 256, max: 1024 };

function chunksOf(bytes: Uint8Array, reads: readonly number[] = [bytes.length]): Uint8Array[] {
  const chunker = createChunker(tiny);
  const chunks: Uint8Array[] = [];
  for (let at = 0, n = 0; at < bytes.length; n++) {
    const size = Math.max(1, reads[n % reads.length] ?? bytes.length);
    chunks.push(...chunker.push(bytes.subarray(at, at + size)));
    at += size;
  }
  const last = chunker.finish();
  return last ? [...chunks, last] : chunks;
}

/** Random bytes with runs in them, which meet the largest size. */
const contents = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 4000 }), fc.integer({ min: 1, max: 1e6 }), fc.boolean()), { maxLength: 8 })
  .map((parts) => concat(...parts.map(([length, seed, run]) => (run ? new Uint8Array(length).fill(seed) : randomBytes(length, seed)))));
const reads = fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1, maxLength: 10 });

test('where a chunk ends does not depend on how the bytes were read', () => {
  fc.assert(
    fc.property(contents, reads, (bytes, reads) => {
      expect(chunksOf(bytes, reads).map((chunk) => chunk.length)).toEqual(chunksOf(bytes).map((chunk) => chunk.length));
    }),
  );
});

test('the chunks together are the bytes', () => {
  fc.assert(
    fc.property(contents, reads, (bytes, reads) => {
      expect(Buffer.compare(concat(...chunksOf(bytes, reads)), bytes)).toBe(0);
    }),
  );
});

test('every chunk but the last has at least the smallest size, and none more than the largest', () => {
  fc.assert(
    fc.property(contents, (bytes) => {
      const sizes = chunksOf(bytes).map((chunk) => chunk.length);
      for (const size of sizes) expect(size).toBeLessThanOrEqual(tiny.max);
      for (const size of sizes.slice(0, -1)) expect(size).toBeGreaterThanOrEqual(tiny.min);
    }),
  );
});

test('an insertion anywhere changes chunks near it only', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1e6 }), fc.nat(60_000), fc.integer({ min: 1, max: 300 }), (seed, at, length) => {
      const bytes = randomBytes(60_000, seed);
      const known = new Set(chunksOf(bytes).map(sha256Hex));
      const edited = chunksOf(splice(bytes, at, 0, randomBytes(length, seed + 1)));
      const changed = edited.filter((chunk) => !known.has(sha256Hex(chunk))).reduce((sum, chunk) => sum + chunk.length, 0);
      expect(changed).toBeLessThan(length + 12 * tiny.max);
    }),
  );
});
