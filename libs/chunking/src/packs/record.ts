import { assert } from '@tidemark/domain';
import type { ChunkId } from '@tidemark/domain';
import { CHUNK_BYTES_MAX } from '../limits.ts';
import type { Codec } from './codec.ts';
import { PackProblem } from './pack-problem.ts';

/** What stands before a chunk's body, in a pack's table and in a frame alike. */
export interface ChunkRecord {
  readonly id: ChunkId;
  /** Of the chunk itself, bytes; never 0. */
  readonly size: number;
  /** Of its body, bytes. */
  readonly storedLength: number;
  readonly codec: Codec;
  /** A run of a manifest rather than of a file. */
  readonly page: boolean;
  /** With `zstd-base`, and only then. */
  readonly base?: ChunkId | undefined;
}

/**
 * A record, big-endian: id (32 bytes) · size (u32) · stored length (u32) · codec (u8: 0 none, 1 zstd, 2 zstd-base) · flags (u8: 1 page, 2 missing)
 * · with zstd-base the base's id (32 bytes).
 */
export const RECORD_BYTES = 42;
export const BASE_ID_BYTES = 32;
export const RECORD_BYTES_MAX = RECORD_BYTES + BASE_ID_BYTES;
const CODECS: readonly Codec[] = ['none', 'zstd', 'zstd-base'];
const ZSTD_BASE = CODECS.indexOf('zstd-base');
const CODEC_AT = 40;
const FLAGS_AT = 41;
const PAGE = 1;
const MISSING = 2;

export const recordBytesOf = (record: ChunkRecord): number => (record.base === undefined ? RECORD_BYTES : RECORD_BYTES_MAX);

/** How long the record is whose first {@link RECORD_BYTES} bytes stand at `at`. */
export const recordBytesAt = (bytes: Uint8Array, at: number): number =>
  bytes[at + CODEC_AT] === ZSTD_BASE ? RECORD_BYTES_MAX : RECORD_BYTES;

/** Writes the record at `at`; gives the place after it. */
export function writeRecord(to: Uint8Array, at: number, record: ChunkRecord): number {
  assert((record.codec === 'zstd-base') === (record.base !== undefined), 'a base stands beside zstd-base, and only there');
  const view = new DataView(to.buffer, to.byteOffset);
  to.set(Buffer.from(record.id, 'hex'), at);
  view.setUint32(at + 32, record.size);
  view.setUint32(at + 36, record.storedLength);
  to[at + CODEC_AT] = CODECS.indexOf(record.codec);
  to[at + FLAGS_AT] = record.page ? PAGE : 0;
  if (record.base !== undefined) to.set(Buffer.from(record.base, 'hex'), at + RECORD_BYTES);
  return at + recordBytesOf(record);
}

export function writeMissing(to: Uint8Array, at: number, id: ChunkId): number {
  to.fill(0, at, at + RECORD_BYTES);
  to.set(Buffer.from(id, 'hex'), at);
  to[at + FLAGS_AT] = MISSING;
  return at + RECORD_BYTES;
}

/**
 * The record at `at`, of which all {@link recordBytesAt} bytes are there; `missing` names a chunk that is not.
 * @throws {PackProblem} for a record that nobody writes.
 */
export function readRecord(bytes: Uint8Array, at: number): ChunkRecord | { readonly missing: ChunkId } {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const id = idAt(bytes, at);
  const size = view.getUint32(at + 32);
  const storedLength = view.getUint32(at + 36);
  const flags = view.getUint8(at + FLAGS_AT);
  const codec = CODECS[view.getUint8(at + CODEC_AT)];
  if (codec === undefined) throw new PackProblem('CODEC_UNKNOWN', `Chunk ${id} is expressed in a way this version does not know.`);
  if (flags === MISSING && codec === 'none' && size === 0 && storedLength === 0) return { missing: id };
  if ((flags & ~PAGE) !== 0) throw new PackProblem('RECORD_INVALID', `The record of chunk ${id} carries flags this version does not know.`);
  if (size > CHUNK_BYTES_MAX) throw new PackProblem('CHUNK_TOO_LARGE', `Chunk ${id} has ${size} bytes; ${CHUNK_BYTES_MAX} are the most.`);
  if (size === 0) throw new PackProblem('RECORD_INVALID', `Chunk ${id} is empty; there are no empty chunks.`);
  const plausible = codec === 'none' ? storedLength === size : storedLength > 0 && storedLength < size;
  if (!plausible) throw new PackProblem('RECORD_INVALID', `Chunk ${id} of ${size} bytes cannot have a body of ${storedLength} bytes.`);
  const record = { id, size, storedLength, codec, page: flags === PAGE };
  return codec === 'zstd-base' ? { ...record, base: idAt(bytes, at + RECORD_BYTES) } : record;
}

const idAt = (bytes: Uint8Array, at: number): ChunkId =>
  Buffer.from(bytes.buffer, bytes.byteOffset + at, BASE_ID_BYTES).toString('hex') as ChunkId;
