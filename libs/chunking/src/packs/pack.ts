import { assert, PACK_BYTES_MAX, PACK_BYTES_TARGET, PACK_CHUNKS_MAX } from '@tidemark/domain';
import type { ChunkId } from '@tidemark/domain';
import { CHUNK_BYTES_MAX, PACK_CONTENT_BYTES_MAX } from '../limits.ts';
import { decodeBody, encodeBody } from './codec.ts';
import type { Base, EncodedBody } from './codec.ts';
import { PackProblem } from './pack-problem.ts';
import { RECORD_BYTES, RECORD_BYTES_MAX, readRecord, recordBytesAt, recordBytesOf, writeRecord } from './record.ts';
import type { ChunkRecord } from './record.ts';

/*
 * A pack, big-endian: `TMPK` · version (u8) · three zero bytes · number of chunks (u32) · a record per chunk · the bodies in the same order, without gaps.
 */
const MAGIC = Buffer.from('TMPK\u0001\0\0\0', 'latin1');
export const PACK_HEADER_BYTES = 12;

/** A chunk on its way into a pack or out of one. */
export interface PackedChunk {
  readonly id: ChunkId;
  readonly bytes: Uint8Array;
  readonly page: boolean;
  /** The expression it came in, so that it need not be worked out again. */
  readonly encoded?: EncodedBody | undefined;
}

/** A chunk's place in a pack. */
export interface PlacedRecord extends ChunkRecord {
  /** Of its body, in bytes from the start of the pack. */
  readonly offset: number;
}

export interface PackHeader {
  readonly records: readonly PlacedRecord[];
  /** Every chunk that some record is expressed against, once. */
  readonly bases: readonly ChunkId[];
}

/**
 * Gathers chunks into one pack. Holds the bodies until `finish`; a body that did not shrink is the very bytes that were given, so leave those alone until then.
 * Ids are taken on trust: whoever reads the pack checks them.
 */
export class PackWriter {
  readonly #entries = new Map<ChunkId, { record: ChunkRecord; body: Uint8Array }>();
  readonly #bytesMax: number;
  #byteLength = PACK_HEADER_BYTES;
  #contentBytes = 0;

  constructor(options: { readonly bytesMax?: number } = {}) {
    this.#bytesMax = options.bytesMax ?? PACK_BYTES_MAX;
  }

  /** Of the pack as it would be now. */
  get byteLength(): number {
    return this.#byteLength;
  }

  get count(): number {
    return this.#entries.size;
  }

  /** Worth sending: at its target size, or at a limit that the next chunk may pass. */
  get isFull(): boolean {
    return this.#byteLength >= PACK_BYTES_TARGET || !this.canTake(CHUNK_BYTES_MAX);
  }

  /** Whether a chunk of this many bytes fits for certain, however badly it shrinks. */
  canTake(size: number): boolean {
    return (
      this.#entries.size < PACK_CHUNKS_MAX &&
      this.#byteLength + RECORD_BYTES_MAX + size <= this.#bytesMax &&
      this.#contentBytes + size <= PACK_CONTENT_BYTES_MAX
    );
  }

  has(id: ChunkId): boolean {
    return this.#entries.has(id);
  }

  /** A chunk that is already in changes nothing. Ask {@link canTake} first. */
  add(
    id: ChunkId,
    bytes: Uint8Array,
    options: { readonly page?: boolean; readonly base?: Base | undefined; readonly encoded?: EncodedBody | undefined } = {},
  ): void {
    if (this.#entries.has(id)) return;
    assert(bytes.length > 0 && bytes.length <= CHUNK_BYTES_MAX, `a chunk of ${bytes.length} bytes`);
    assert(this.canTake(bytes.length), 'the pack cannot take this chunk any more');
    const { codec, body, base } = options.encoded ?? encodeBody(bytes, options.base);
    const record: ChunkRecord = { id, size: bytes.length, storedLength: body.length, codec, page: options.page ?? false, base };
    this.#entries.set(id, { record, body });
    this.#byteLength += recordBytesOf(record) + body.length;
    this.#contentBytes += bytes.length;
  }

  /** The records as they stand in the pack, with their places. */
  records(): PlacedRecord[] {
    const records = [...this.#entries.values()].map((entry) => entry.record);
    return placed(records, PACK_HEADER_BYTES + records.reduce((sum, record) => sum + recordBytesOf(record), 0));
  }

  finish(): Uint8Array {
    const pack = new Uint8Array(this.#byteLength);
    pack.set(MAGIC);
    new DataView(pack.buffer).setUint32(MAGIC.length, this.#entries.size);
    let at = PACK_HEADER_BYTES;
    for (const { record } of this.#entries.values()) at = writeRecord(pack, at, record);
    for (const { body } of this.#entries.values()) {
      pack.set(body, at);
      at += body.length;
    }
    assert(at === pack.length, 'a pack has the length that was counted');
    return pack;
  }
}

function placed(records: readonly ChunkRecord[], firstBody: number): PlacedRecord[] {
  let offset = firstBody;
  return records.map((record) => {
    const place = { ...record, offset };
    offset += record.storedLength;
    return place;
  });
}

/**
 * What a pack holds and where, with every limit checked, so that its chunks may be opened one by one.
 * @param options.bytesMax of the pack; a pack at rest may be larger than one that travels.
 * @throws {PackProblem}
 */
export function readPackHeader(bytes: Uint8Array, options: { readonly bytesMax?: number } = {}): PackHeader {
  const bytesMax = options.bytesMax ?? PACK_BYTES_MAX;
  if (bytes.length > bytesMax) throw new PackProblem('PACK_TOO_LARGE', `The pack has ${bytes.length} bytes; ${bytesMax} are the most.`);
  const start = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, MAGIC.length));
  if (!start.subarray(0, 4).equals(MAGIC.subarray(0, 4))) throw new PackProblem('NOT_A_PACK', 'This is not a pack.');
  if (bytes.length < PACK_HEADER_BYTES) throw truncated();
  if (!start.equals(MAGIC))
    throw new PackProblem('VERSION_UNKNOWN', 'The pack has a version that is not known here; one of the two sides has to be updated.');
  const count = new DataView(bytes.buffer, bytes.byteOffset).getUint32(MAGIC.length);
  if (count > PACK_CHUNKS_MAX) throw new PackProblem('TOO_MANY_CHUNKS', `The pack has ${count} chunks; ${PACK_CHUNKS_MAX} are the most.`);
  const { records, end } = readTable(bytes, count);
  const header = { records: placed(records, end), bases: [...new Set(records.flatMap((record) => record.base ?? []))] };
  const total = records.reduce((sum, record) => sum + record.storedLength, end);
  if (total > bytes.length) throw truncated();
  if (total < bytes.length) throw new PackProblem('TRAILING_BYTES', 'The pack goes on after its last chunk.');
  return header;
}

function readTable(bytes: Uint8Array, count: number): { records: ChunkRecord[]; end: number } {
  const records: ChunkRecord[] = [];
  const seen = new Set<ChunkId>();
  let contentBytes = 0;
  let at = PACK_HEADER_BYTES;
  for (let n = 0; n < count; n++) {
    if (at + RECORD_BYTES > bytes.length || at + recordBytesAt(bytes, at) > bytes.length) throw truncated();
    const record = readRecord(bytes, at);
    if ('missing' in record) throw new PackProblem('RECORD_INVALID', `The pack says that it lacks chunk ${record.missing}.`);
    if (seen.has(record.id)) throw new PackProblem('CHUNK_TWICE', `Chunk ${record.id} is in the pack twice.`);
    seen.add(record.id);
    contentBytes += record.size;
    if (contentBytes > PACK_CONTENT_BYTES_MAX) {
      throw new PackProblem(
        'CONTENT_TOO_LARGE',
        `The chunks of the pack have more than ${PACK_CONTENT_BYTES_MAX} bytes together; send them in several packs.`,
      );
    }
    records.push(record);
    at += recordBytesOf(record);
  }
  return { records, end: at };
}

const truncated = (): PackProblem => new PackProblem('TRUNCATED', 'The pack ends too early.');

/**
 * One chunk of a pack whose header was read, verified. Its bytes may be a view on the pack.
 * @param base the bytes of `record.base`, where it has one.
 * @throws {PackProblem}
 */
export function openRecord(pack: Uint8Array, record: PlacedRecord, base?: Uint8Array): PackedChunk {
  const body = pack.subarray(record.offset, record.offset + record.storedLength);
  const bytes = decodeBody(record.id, record.size, record.codec, body, base);
  return { id: record.id, bytes, page: record.page, encoded: { codec: record.codec, body, base: record.base } };
}

/**
 * Every chunk of the pack, verified, in the pack's order; nothing where the header has a problem.
 * @param baseBytes the bytes of a known chunk; undefined refuses the pack at the record that needs it.
 * @throws {PackProblem} at the first record that is not as it should be; those before it stand.
 */
export function* readPack(
  bytes: Uint8Array,
  baseBytes: (id: ChunkId) => Uint8Array | undefined,
  options: { readonly bytesMax?: number } = {},
): Generator<PackedChunk, void, undefined> {
  for (const record of readPackHeader(bytes, options).records) {
    yield openRecord(bytes, record, record.base === undefined ? undefined : baseBytes(record.base));
  }
}
