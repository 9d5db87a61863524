import { chunkIdOf } from '@tidemark/chunking';
import { describe, expect, test } from 'vitest';
import { rebuild, traceOf } from './trace.ts';

/** Bytes without a pattern, the same every time. */
function noise(size: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(size);
  let state = seed;
  for (let n = 0; n < size; n++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[n] = state >>> 24;
  }
  return bytes;
}

const old = noise(200_001);
const id = chunkIdOf(old);
const trace = traceOf(old);
const splice = (at: number, removed: number, inserted: Uint8Array) =>
  new Uint8Array(Buffer.concat([old.subarray(0, at), inserted, old.subarray(at + removed)]));
/** Seen from the chunk's start, and from its end. */
const both = (edited: Uint8Array) => [
  { offset: 0, bytes: edited },
  { offset: old.length - edited.length, bytes: edited },
];
const isRebuilt = (edited: Uint8Array) => Buffer.from(rebuild(id, old.length, trace, both(edited)) ?? []).equals(old);

describe('a chunk is had back from its trace and what is left of it', () => {
  test('the trace is about a thirtieth of the chunk', () => expect(traceOf(noise(256 * 1024)).length).toBeLessThan((256 * 1024) / 29));

  test('after a byte was overwritten, anywhere', () => {
    for (const at of [0, 1, 2_047, 2_048, 100_000, 200_000]) expect(isRebuilt(splice(at, 1, Uint8Array.of(old[at]! ^ 1)))).toBe(true);
  });
  test('after a run of up to 6 KiB was overwritten, wherever it begins', () => {
    for (const at of [0, 1_000, 50_001, 190_000]) expect(isRebuilt(splice(at, 6_100, noise(6_100, 7)))).toBe(true);
  });
  test('after bytes were inserted or taken out', () => {
    for (const at of [0, 1, 77_777, 200_000]) {
      expect(isRebuilt(splice(at, 0, Uint8Array.of(9)))).toBe(true);
      expect(isRebuilt(splice(at, 1, new Uint8Array()))).toBe(true);
      expect(isRebuilt(splice(at, 10, noise(3_000, 5)))).toBe(true);
    }
  });
  test('without a trace too, where all of it is still there', () => {
    const appended = splice(old.length, 0, noise(100, 3));
    expect(rebuild(id, old.length, undefined, [{ offset: 0, bytes: appended }])).toEqual(old);
    const prepended = splice(0, 0, noise(100, 3));
    expect(rebuild(id, old.length, undefined, [{ offset: -100, bytes: prepended }])).toEqual(old);
  });
  test('but not where too much is lost, and never wrongly', () => {
    expect(rebuild(id, old.length, trace, both(splice(50_000, 20_000, noise(20_000, 3))))).toBeUndefined();
    expect(rebuild(id, old.length, trace, [])).toBeUndefined();
    expect(rebuild(id, old.length, new Uint8Array(12), both(splice(0, 1, Uint8Array.of(1))))).toBeUndefined();
    const other = noise(200_001, 99);
    expect(rebuild(chunkIdOf(other), other.length, trace, both(old))).toBeUndefined();
  });
});
