import { zstdCompressSync } from 'node:zlib';
import { PACK_BYTES_TARGET, PACK_CHUNKS_MAX } from '@tidemark/domain';
import type { ChunkId } from '@tidemark/domain';
import { describe, expect, test } from 'vitest';
import { chunkIdOf, sha256Hex } from '../hash.ts';
import { CHUNK_BYTES_MAX, PACK_CONTENT_BYTES_MAX } from '../limits.ts';
import { concat, randomBytes, splice } from '../testing/random-bytes.ts';
import { decodeBody, encodeBody, isUsableAsBase } from './codec.ts';
import type { Base } from './codec.ts';
import { PackProblem } from './pack-problem.ts';
import { PackWriter, readPack, readPackHeader } from './pack.ts';
import { writeRecord } from './record.ts';
import type { ChunkRecord } from './record.ts';
import { expandStored, restAsItCame, restPack } from './rest.ts';

const KIB = 1024;
const baseOf = (bytes: Uint8Array): Base => ({ id: chunkIdOf(bytes), bytes });
const text = (lines: number) => Buffer.from(Array.from({ length: lines }, (_, n) => `line ${n} of a text that shrinks\n`).join(''));
const unknown = () => undefined;

function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (problem) {
    if (problem instanceof PackProblem) return problem.code;
    throw problem;
  }
  return 'none';
}

describe('a body', () => {
  test('is kept as it is where zstd does not shrink it', () => {
    const bytes = randomBytes(10 * KIB);
    expect(encodeBody(bytes)).toEqual({ codec: 'none', body: bytes });
  });

  test('is zstd where that shrinks it', () => {
    expect(encodeBody(text(1000)).codec).toBe('zstd');
  });

  test('that is large is zstd too where only a part of it shrinks, wherever that is sampled', () => {
    const [noise, words] = [randomBytes(300 * KIB), text(4000).subarray(0, 100 * KIB)];
    for (const bytes of [
      concat(words, noise),
      concat(noise, words),
      concat(noise.subarray(0, 90 * KIB), words, noise.subarray(0, 110 * KIB)),
    ])
      expect(encodeBody(bytes).codec).toBe('zstd');
  });

  test('that is large and shrinks nowhere is kept as it is, the very bytes', () => {
    const bytes = randomBytes(300 * KIB);
    expect(encodeBody(bytes)).toEqual({ codec: 'none', body: bytes });
    expect(encodeBody(bytes).body).toBe(bytes);
  });

  test.each([
    [300 * KIB, 200],
    [1024 * KIB, 300],
    [CHUNK_BYTES_MAX - 1, 1500],
  ])('of %i bytes with one byte inserted costs fewer than %i bytes against its predecessor', (size, most) => {
    const base = baseOf(randomBytes(size));
    for (const at of [0, size >> 1, size]) {
      const bytes = splice(base.bytes, at, 0, Uint8Array.of(7));
      const encoded = encodeBody(bytes, base);
      expect(encoded.codec).toBe('zstd-base');
      expect(encoded.body.length).toBeLessThan(most);
      expect(sha256Hex(decodeBody(chunkIdOf(bytes), bytes.length, encoded.codec, encoded.body, base.bytes))).toBe(sha256Hex(bytes));
    }
  });

  test('is not expressed against a base that does not help', () => {
    expect(encodeBody(randomBytes(10 * KIB, 1), baseOf(randomBytes(10 * KIB, 2))).codec).toBe('none');
    expect(encodeBody(text(1000), baseOf(randomBytes(10 * KIB))).codec).toBe('zstd');
  });

  test('is not expressed against a base that zstd would take for a trained dictionary', () => {
    const base = baseOf(concat(Uint8Array.of(0x37, 0xa4, 0x30, 0xec), randomBytes(KIB)));
    expect(isUsableAsBase(base.bytes)).toBe(false);
    expect(encodeBody(base.bytes, base).codec).toBe('none');
    expect(codeOf(() => decodeBody(base.id, KIB + 4, 'zstd-base', Uint8Array.of(1), base.bytes))).toBe('BODY_DAMAGED');
  });

  test('that expands to more than its size says is given up there', () => {
    const bomb = zstdCompressSync(Buffer.alloc(64 * 1024 * KIB));
    expect(codeOf(() => decodeBody(chunkIdOf(bomb), 100_000, 'zstd', bomb))).toBe('SIZE_WRONG');
  });

  test('that asks for a larger window than any chunk needs is refused', () => {
    const bytes = randomBytes(100);
    const blockHeader = (bytes.length << 3) | 1;
    const frame = (windowLog: number) =>
      concat(Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0, (windowLog - 10) << 3, blockHeader & 255, blockHeader >> 8, 0), bytes);
    expect(Buffer.compare(decodeBody(chunkIdOf(bytes), 100, 'zstd', frame(23)), bytes)).toBe(0);
    expect(codeOf(() => decodeBody(chunkIdOf(bytes), 100, 'zstd', frame(24)))).toBe('BODY_DAMAGED');
  });

  test('with something after its end is refused', () => {
    const bytes = text(100);
    expect(codeOf(() => decodeBody(chunkIdOf(bytes), bytes.length, 'zstd', concat(encodeBody(bytes).body, Uint8Array.of(1))))).toBe(
      'TRAILING_BYTES',
    );
  });

  test('that is cut short is refused', () => {
    const bytes = text(100);
    const { body } = encodeBody(bytes);
    expect(codeOf(() => decodeBody(chunkIdOf(bytes), bytes.length, 'zstd', body.subarray(0, -3)))).toBe('BODY_DAMAGED');
    expect(codeOf(() => decodeBody(chunkIdOf(bytes), bytes.length, 'none', bytes.subarray(1)))).toBe('SIZE_WRONG');
  });
});

/** A pack that nobody's writer would write. */
function forgedPack(records: readonly ChunkRecord[], bodies: readonly Uint8Array[], count = records.length): Uint8Array {
  const table = new Uint8Array(74 * records.length);
  const end = records.reduce((at, record) => writeRecord(table, at, record), 0);
  const header = Buffer.from('TMPK\u0001\0\0\0\0\0\0\0', 'latin1');
  header.writeUInt32BE(count, 8);
  return concat(header, table.subarray(0, end), ...bodies);
}

describe('a pack', () => {
  const plain = randomBytes(5 * KIB, 1);
  const wordy = text(500);
  const base = baseOf(randomBytes(100 * KIB, 2));
  const edited = splice(base.bytes, 50_000, 1, Uint8Array.of(1, 2));
  const page = randomBytes(36 * 20, 3);
  const record = (bytes: Uint8Array, more: Partial<ChunkRecord> = {}): ChunkRecord => ({
    id: chunkIdOf(bytes),
    size: bytes.length,
    storedLength: bytes.length,
    codec: 'none',
    page: false,
    ...more,
  });
  function writtenPack(): Uint8Array {
    const writer = new PackWriter();
    writer.add(chunkIdOf(plain), plain);
    writer.add(chunkIdOf(wordy), wordy);
    writer.add(chunkIdOf(edited), edited, { base });
    writer.add(chunkIdOf(page), page, { page: true });
    expect(writer.byteLength).toBe(writer.finish().length);
    return writer.finish();
  }
  const bases = (id: ChunkId) => (id === base.id ? base.bytes : undefined);

  test('gives back what went in, in order, whatever its expression', () => {
    const pack = writtenPack();
    expect(readPackHeader(pack).records.map(({ codec, page }) => [codec, page])).toEqual([
      ['none', false],
      ['zstd', false],
      ['zstd-base', false],
      ['none', true],
    ]);
    expect(readPackHeader(pack).bases).toEqual([base.id]);
    expect([...readPack(pack, bases)].map(({ id, bytes, page }) => [id, sha256Hex(bytes), page])).toEqual(
      [plain, wordy, edited, page].map((bytes) => [chunkIdOf(bytes), sha256Hex(bytes), bytes === page]),
    );
  });

  test('has one form that never changes', () => {
    const writer = new PackWriter();
    writer.add(chunkIdOf(Buffer.from('abc')), Buffer.from('abc'), { page: true });
    expect(Buffer.from(writer.finish()).toString('hex')).toBe(
      '544d504b01000000' +
        '00000001' +
        'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad' +
        '00000003' +
        '00000003' +
        '00' +
        '01' +
        '616263',
    );
  });

  test('is read from a view that does not begin at the start of its buffer', () => {
    const pack = concat(new Uint8Array(3), writtenPack()).subarray(3);
    expect([...readPack(pack, bases)]).toHaveLength(4);
  });

  test('takes a chunk once', () => {
    const writer = new PackWriter();
    writer.add(chunkIdOf(plain), plain);
    writer.add(chunkIdOf(plain), plain);
    expect(writer.count).toBe(1);
  });

  test('is full at its target size and at the most chunks', () => {
    const writer = new PackWriter();
    for (let seed = 1; !writer.isFull; seed++) writer.add(`${seed}`.padStart(64, '0') as ChunkId, randomBytes(1024 * KIB, seed));
    expect(writer.byteLength).toBeGreaterThanOrEqual(PACK_BYTES_TARGET);
    expect(writer.byteLength).toBeLessThan(PACK_BYTES_TARGET + 1100 * KIB);
    const many = new PackWriter();
    for (let n = 0; n < PACK_CHUNKS_MAX; n++) many.add(`${n}`.padStart(64, '0') as ChunkId, Uint8Array.of(1));
    expect(many.isFull).toBe(true);
    expect(readPackHeader(many.finish()).records).toHaveLength(PACK_CHUNKS_MAX);
  });

  test('may be empty', () => {
    expect([...readPack(new PackWriter().finish(), unknown)]).toEqual([]);
  });

  test.each<[string, () => Uint8Array]>([
    ['NOT_A_PACK', () => new Uint8Array(0)],
    ['NOT_A_PACK', () => Buffer.from('<html>413</html>')],
    ['TRUNCATED', () => writtenPack().subarray(0, 8)],
    ['TRUNCATED', () => writtenPack().subarray(0, 60)],
    ['TRUNCATED', () => writtenPack().subarray(0, -1)],
    ['TRAILING_BYTES', () => concat(writtenPack(), Uint8Array.of(0))],
    ['VERSION_UNKNOWN', () => splice(writtenPack(), 4, 1, Uint8Array.of(9))],
    ['TOO_MANY_CHUNKS', () => forgedPack([], [], PACK_CHUNKS_MAX + 1)],
    ['PACK_TOO_LARGE', () => new Uint8Array(16 * 1024 * KIB + 1)],
    ['CHUNK_TWICE', () => forgedPack([record(plain), record(plain)], [plain, plain])],
    ['CHUNK_TOO_LARGE', () => forgedPack([record(plain, { size: CHUNK_BYTES_MAX + 1, storedLength: 9, codec: 'zstd' })], [plain])],
    ['CODEC_UNKNOWN', () => splice(forgedPack([record(plain)], [plain]), 12 + 40, 1, Uint8Array.of(3))],
    ['RECORD_INVALID', () => splice(forgedPack([record(plain)], [plain]), 12 + 41, 1, Uint8Array.of(4))],
    ['RECORD_INVALID', () => forgedPack([record(plain, { size: 0, storedLength: 0 })], [])],
    ['RECORD_INVALID', () => forgedPack([record(plain, { size: 1 })], [plain])],
    ['RECORD_INVALID', () => forgedPack([record(plain, { codec: 'zstd' })], [plain])],
    ['BODY_DAMAGED', () => forgedPack([record(plain, { codec: 'zstd', size: 9000 })], [plain])],
    ['HASH_WRONG', () => forgedPack([record(plain, { id: chunkIdOf(wordy) })], [plain])],
    [
      'CONTENT_TOO_LARGE',
      () => {
        const bomb = zstdCompressSync(Buffer.alloc(CHUNK_BYTES_MAX));
        const records = Array.from({ length: PACK_CONTENT_BYTES_MAX / CHUNK_BYTES_MAX + 1 }, (_, n) =>
          record(bomb, { id: `${n}`.padStart(64, '0') as ChunkId, size: CHUNK_BYTES_MAX, codec: 'zstd' }),
        );
        return forgedPack(
          records,
          records.map(() => bomb),
        );
      },
    ],
  ])('that is wrong is refused: %s (%#)', (code, pack) => {
    expect(codeOf(() => [...readPack(pack(), unknown)])).toBe(code);
  });

  test('whose base is not known, or is another one, is refused', () => {
    expect(codeOf(() => [...readPack(writtenPack(), unknown)])).toBe('BASE_MISSING');
    expect(['HASH_WRONG', 'SIZE_WRONG', 'BODY_DAMAGED']).toContain(
      codeOf(() => [...readPack(writtenPack(), () => randomBytes(100 * KIB, 9))]),
    );
  });

  test('rests with every chunk in full, and each is found by its place', () => {
    const { pack, bytes, stored } = restPack(readPack(writtenPack(), bases));
    expect(pack).toBe(sha256Hex(bytes));
    expect(stored.map(({ id, codec, page }) => [id, codec, page])).toEqual([
      [chunkIdOf(plain), 'none', false],
      [chunkIdOf(wordy), 'zstd', false],
      [chunkIdOf(edited), 'none', false],
      [chunkIdOf(page), 'none', true],
    ]);
    for (const chunk of stored) {
      expect(chunkIdOf(expandStored(chunk, bytes.subarray(chunk.offset, chunk.offset + chunk.storedLength)))).toBe(chunk.id);
    }
    expect([...readPack(bytes, unknown)]).toHaveLength(4);
  });

  test('rests as it came where no chunk leans on another: what would be made anew', () => {
    const writer = new PackWriter();
    for (const [bytes, isPage] of [
      [plain, false],
      [wordy, false],
      [page, true],
    ] as const)
      writer.add(chunkIdOf(bytes), bytes, { page: isPage });
    const came = writer.finish();
    expect(restAsItCame(came, readPackHeader(came))).toEqual(restPack(readPack(came, unknown)));
    expect(restAsItCame(writtenPack(), readPackHeader(writtenPack()))).toBeUndefined();
  });

  test('at rest can take whatever a pack that travelled expands to', () => {
    const chunk = (n: number) => randomBytes(CHUNK_BYTES_MAX, n + 1);
    const chunks = Array.from({ length: PACK_CONTENT_BYTES_MAX / CHUNK_BYTES_MAX }, (_, n) => ({
      id: chunkIdOf(chunk(n)),
      bytes: chunk(n),
      page: false,
    }));
    const { stored } = restPack(chunks);
    expect(stored).toHaveLength(8);
  });

  test('damaged at rest never gives other bytes', () => {
    const { bytes, stored } = restPack([{ id: chunkIdOf(plain), bytes: plain, page: false }]);
    bytes[stored[0]!.offset]! ^= 1;
    expect(codeOf(() => expandStored(stored[0]!, bytes.subarray(stored[0]!.offset)))).toBe('HASH_WRONG');
  });
});
