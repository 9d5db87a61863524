import { lstatSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemTime } from './file-times.ts';

/** Of seconds as doubles, until the year 2038. */
const TWO_GRAINS_NS = 477n;
const NS_MAX = 2_147_483_647_999_999_999n;

let base: string;
beforeAll(() => (base = mkdtempSync(join(tmpdir(), 'tidemark-times-'))));
afterAll(() => rmSync(base, { recursive: true, force: true }));

function onDisk(nanoseconds: bigint): bigint {
  const path = join(base, 'file');
  writeFileSync(path, '');
  const time = systemTime(nanoseconds);
  utimesSync(path, time, time);
  return lstatSync(path, { bigint: true }).mtimeNs;
}

test('a time is on the disk within two grains, and in its own millisecond', () => {
  const near = fc.tuple(fc.bigInt({ min: 1n, max: NS_MAX / 1_000_000n }), fc.bigInt({ min: -300n, max: 300n }));
  const times = fc.oneof(
    fc.bigInt({ min: 0n, max: NS_MAX }),
    near.map(([milliseconds, beside]) => milliseconds * 1_000_000n + beside),
  );
  fc.assert(
    fc.property(times, (time) => {
      const taken = onDisk(time);
      expect(taken / 1_000_000n).toBe(time / 1_000_000n);
      expect(taken - time < TWO_GRAINS_NS && time - taken < TWO_GRAINS_NS).toBe(true);
    }),
    { numRuns: 2_000 },
  );
});

test('whole seconds are exact, and what lies before 1970 keeps its millisecond', () => {
  expect(onDisk(1_763_827_200_000_000_000n)).toBe(1_763_827_200_000_000_000n);
  expect(onDisk(-86_400_001_000_000n)).toBe(-86_400_001_000_000n);
});
