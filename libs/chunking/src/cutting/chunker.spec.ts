import { expect, test } from 'vitest';
import { sha256Hex } from '../hash.ts';
import { concat, randomBytes, splice } from '../testing/random-bytes.ts';
import { createChunker } from './chunker.ts';
import { GEAR } from './gear.ts';
import { LARGE_FILE_BYTES_MIN, strategyOf } from './strategy.ts';
import type { ChunkerParameters } from './strategy.ts';

const MIB = 1024 * 1024;
const small = strategyOf('fastcdc', 0);
const large = strategyOf('fastcdc', LARGE_FILE_BYTES_MIN);
const fixed = strategyOf('fixed-4mib', 0);

function chunksOf(bytes: Uint8Array, parameters: ChunkerParameters): Uint8Array[] {
  const chunker = createChunker(parameters);
  const chunks = chunker.push(bytes);
  const last = chunker.finish();
  return last ? [...chunks, last] : chunks;
}
const sizesOf = (bytes: Uint8Array, parameters: ChunkerParameters) => chunksOf(bytes, parameters).map((chunk) => chunk.length);

test('the gear table is the one every content id so far was made with', () => {
  expect(sha256Hex(new Uint8Array(GEAR.buffer))).toBe('76a4f73a41f1dfd0d4118a397129cfffba1e547dddadcf471d4979947b6b6e13');
});

test('boundaries of a file up to 16 GiB are those every content id so far was made with', () => {
  expect(sizesOf(randomBytes(4 * MIB), small)).toEqual([
    342109, 171116, 190818, 374876, 295522, 286088, 351598, 366223, 262823, 278668, 72017, 384734, 144170, 291430, 264334, 117778,
  ]);
});

test('boundaries of a file above 16 GiB are those every content id so far was made with', () => {
  expect(sizesOf(randomBytes(12 * MIB), large)).toEqual([
    1078919, 1816862, 1092767, 790974, 1444710, 1077155, 1369711, 1199716, 1341616, 1370482,
  ]);
});

test('bytes that are all alike are cut at the largest size', () => {
  expect(sizesOf(new Uint8Array(2 * MIB + 5), small)).toEqual([MIB, MIB, 5]);
});

test('the fixed strategy cuts every 4 MiB', () => {
  expect(sizesOf(randomBytes(9 * MIB), fixed)).toEqual([4 * MIB, 4 * MIB, MIB]);
  expect(sizesOf(randomBytes(8 * MIB), fixed)).toEqual([4 * MIB, 4 * MIB]);
});

test('no bytes have no chunks, and few bytes one', () => {
  expect(sizesOf(new Uint8Array(0), small)).toEqual([]);
  expect(sizesOf(randomBytes(1), small)).toEqual([1]);
});

test('a file of exactly 16 GiB is still cut small', () => {
  expect(strategyOf('fastcdc', 16 * 1024 * MIB)).toEqual(small);
  expect(strategyOf('fastcdc', 16 * 1024 * MIB + 1)).not.toEqual(small);
});

test('chunks average about the normal size', () => {
  const sizes = sizesOf(randomBytes(64 * MIB, 7), small);
  const average = (64 * MIB) / sizes.length;
  expect(average).toBeGreaterThan(200 * 1024);
  expect(average).toBeLessThan(360 * 1024);
});

test('a view from cut holds until the next chunk is asked for, also where it spans two reads', () => {
  const bytes = randomBytes(6 * MIB);
  const chunker = createChunker(small);
  const hashes: string[] = [];
  for (let at = 0; at < bytes.length; at += 100_001)
    for (const chunk of chunker.cut(bytes.subarray(at, at + 100_001))) hashes.push(sha256Hex(chunk));
  const last = chunker.finish();
  expect([...hashes, ...(last ? [sha256Hex(last)] : [])]).toEqual(chunksOf(bytes, small).map(sha256Hex));
});

test('pushed chunks are the own of who asked: writing over the bytes given changes none', () => {
  const bytes = randomBytes(3 * MIB);
  const chunker = createChunker(small);
  const chunks = chunker.push(bytes);
  const before = chunks.map(sha256Hex);
  bytes.fill(0);
  chunker.push(new Uint8Array(MIB));
  expect(chunks.map(sha256Hex)).toEqual(before);
});

test('a chunker starts afresh after finish', () => {
  const bytes = randomBytes(2 * MIB);
  const chunker = createChunker(small);
  const once = () => [...chunker.push(bytes), chunker.finish() ?? new Uint8Array(0)].map((chunk) => chunk.length);
  expect(once()).toEqual(once());
});

test('one byte inserted at the front of 32 MiB changes one chunk or two', () => {
  const bytes = randomBytes(32 * MIB, 3);
  const known = new Set(chunksOf(bytes, small).map(sha256Hex));
  const edited = chunksOf(splice(bytes, 0, 0, Uint8Array.of(1)), small);
  expect(concat(...edited).length).toBe(bytes.length + 1);
  expect(edited.filter((chunk) => !known.has(sha256Hex(chunk))).length).toBeLessThanOrEqual(2);
});
