import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { chunkIdOf } from '../hash.ts';
import { concat, randomBytes, splice } from '../testing/random-bytes.ts';
import { encodeChunkFrame, encodeMissing, FrameDecoder, openFrame } from './frames.ts';
import type { Frame } from './frames.ts';
import { PackProblem } from './pack-problem.ts';
import { PackWriter, readPack } from './pack.ts';

const BASES = [1, 2, 3].map((seed) => randomBytes(3000, seed));
const baseById = new Map(BASES.map((bytes) => [chunkIdOf(bytes), bytes]));

/** Chunks that meet every codec: random ones, repetitive ones, edits of a base. */
const chunk = fc.oneof(
  fc.record({ bytes: fc.uint8Array({ minLength: 1, maxLength: 2000 }), base: fc.constantFrom(undefined, ...BASES), page: fc.boolean() }),
  fc.record({
    bytes: fc
      .tuple(fc.string({ minLength: 1 }), fc.integer({ min: 1, max: 100 }))
      .map(([text, times]) => new Uint8Array(Buffer.from(text.repeat(times)))),
    base: fc.constantFrom(undefined, ...BASES),
    page: fc.boolean(),
  }),
  fc
    .record({
      base: fc.constantFrom(...BASES),
      at: fc.nat(3000),
      inserted: fc.uint8Array({ minLength: 1, maxLength: 5 }),
      page: fc.boolean(),
    })
    .map(({ base, at, inserted, page }) => ({ base, page, bytes: splice(base, at, 0, inserted) })),
);
const chunks = fc.uniqueArray(chunk, { maxLength: 12, selector: ({ bytes }) => chunkIdOf(bytes) });
type Sample = typeof chunk extends fc.Arbitrary<infer Value> ? Value : never;

function packOf(samples: readonly Sample[]): Uint8Array {
  const writer = new PackWriter();
  for (const { bytes, base, page } of samples)
    writer.add(chunkIdOf(bytes), bytes, { page, base: base && { id: chunkIdOf(base), bytes: base } });
  return writer.finish();
}
const framesOf = (samples: readonly Sample[]) =>
  samples.map(({ bytes, base, page }) =>
    encodeChunkFrame(chunkIdOf(bytes), bytes, { page, base: base && { id: chunkIdOf(base), bytes: base } }),
  );

const damages = fc.array(fc.tuple(fc.constantFrom('set', 'cut', 'insert', 'drop'), fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 });
function damaged(bytes: Uint8Array, damages: readonly (readonly [string, number, number])[]): Uint8Array {
  return damages.reduce((bytes, [kind, place, value]) => {
    const at = place % (bytes.length + 1);
    if (kind === 'cut') return bytes.subarray(0, at);
    return splice(bytes, at, kind === 'insert' ? 0 : 1, kind === 'drop' ? new Uint8Array(0) : Uint8Array.of(value));
  }, bytes);
}

test('a pack gives back its chunks', () => {
  fc.assert(
    fc.property(chunks, (samples) => {
      const read = [...readPack(packOf(samples), (id) => baseById.get(id))];
      expect(read.map(({ id, bytes, page }) => [id, Buffer.from(bytes), page])).toEqual(
        samples.map(({ bytes, page }) => [chunkIdOf(bytes), Buffer.from(bytes), page]),
      );
    }),
  );
});

test('a damaged pack gives a typed problem or right chunks, never wrong ones and never a crash', () => {
  fc.assert(
    fc.property(chunks, damages, (samples, damages) => {
      try {
        for (const { id, bytes } of readPack(damaged(packOf(samples), damages), (id) => baseById.get(id)))
          expect(chunkIdOf(bytes)).toBe(id);
      } catch (problem) {
        expect(problem).toBeInstanceOf(PackProblem);
      }
    }),
    { numRuns: 1000 },
  );
});

test('random bytes after the magic are refused', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 400 }), (bytes) => {
      const pack = concat(Buffer.from('TMPK\u0001\0\0\0', 'latin1'), bytes);
      if (bytes.length === 4 && bytes.every((byte) => byte === 0)) return;
      expect(() => [...readPack(pack, () => BASES[0])]).toThrow(PackProblem);
    }),
    { numRuns: 500 },
  );
});

function decode(stream: Uint8Array, cuts: readonly number[]): Frame[] {
  const decoder = new FrameDecoder();
  const frames: Frame[] = [];
  for (let at = 0, n = 0; at < stream.length; n++) {
    const size = cuts[n % cuts.length] ?? stream.length;
    frames.push(...decoder.push(stream.subarray(at, at + size)));
    at += size;
  }
  decoder.finish();
  return frames;
}
const cuts = fc.array(fc.integer({ min: 1, max: 500 }), { minLength: 1, maxLength: 8 });

test('frames are the same however the stream is dealt out', () => {
  fc.assert(
    fc.property(chunks, cuts, fc.nat(12), (samples, cuts, at) => {
      const absent = chunkIdOf(Buffer.from('absent'));
      const stream = concat(...framesOf(samples).toSpliced(at, 0, encodeMissing(absent)));
      const expected = samples.map(({ bytes, page }) => [chunkIdOf(bytes), Buffer.from(bytes), page] as const);
      expect(
        decode(stream, cuts).map((frame) => {
          if (frame.missing !== undefined) return frame.missing;
          const base = frame.record.base && baseById.get(frame.record.base);
          return [frame.record.id, Buffer.from(openFrame(frame, base)), frame.record.page];
        }),
      ).toEqual((expected as unknown[]).toSpliced(at, 0, absent));
    }),
  );
});

test('a damaged stream gives a typed problem or right chunks', () => {
  fc.assert(
    fc.property(chunks, damages, cuts, (samples, damages, cuts) => {
      try {
        for (const frame of decode(damaged(concat(...framesOf(samples)), damages), cuts)) {
          if (frame.missing !== undefined) continue;
          expect(chunkIdOf(openFrame(frame, frame.record.base && baseById.get(frame.record.base)))).toBe(frame.record.id);
        }
      } catch (problem) {
        expect(problem).toBeInstanceOf(PackProblem);
      }
    }),
    { numRuns: 500 },
  );
});

test('a stream that ends within a frame is said to be truncated', () => {
  const frame = encodeChunkFrame(chunkIdOf(BASES[0]!), BASES[0]!);
  for (const length of [1, 42, 43, 44, frame.length - 1]) {
    expect(() => decode(frame.subarray(0, length), [7])).toThrow(expect.objectContaining({ code: 'TRUNCATED', retry: 'later' }));
  }
});

test('an answer that is no stream of frames is refused at its first byte', () => {
  expect(() => decode(Buffer.from('<html>'), [1])).toThrow(expect.objectContaining({ code: 'VERSION_UNKNOWN' }));
});
