import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { assert } from '@tidemark/domain';
import type { ChunkId } from '@tidemark/domain';
import { sha256Hex } from '../hash.ts';
import { CHUNK_BYTES_MAX } from '../limits.ts';
import { PackProblem } from './pack-problem.ts';

/** How a chunk is expressed: as it is; zstd where it shrinks; zstd with another chunk of the workspace as dictionary. */
export type Codec = 'none' | 'zstd' | 'zstd-base';

/** A chunk the other side is known to have. */
export interface Base {
  readonly id: ChunkId;
  readonly bytes: Uint8Array;
}

export interface EncodedBody {
  readonly codec: Codec;
  readonly body: Uint8Array;
  /** With `zstd-base` only. */
  readonly base?: ChunkId | undefined;
}

const LEVEL = 3;
/** What Node takes at least. */
const OUTPUT_BYTES_MIN = 64;
const WINDOW_LOG_MIN = 17;
/** Of chunk and dictionary, both of the largest size. A frame that asks for more is refused: its sender wants our memory. */
const WINDOW_LOG_MAX = Math.log2(2 * CHUNK_BYTES_MAX);
/** zstd looks at no more than the last 2^(hashLog + 3) bytes of a dictionary. */
const DICTIONARY_LOG = 3;
const HASH_LOG_MIN = 17;
/** A record has room for the base beside it. */
const BASE_ID_BYTES = 32;
/** zstd takes bytes that begin so as a trained dictionary instead of as content. */
const TRAINED_DICTIONARY = [0x37, 0xa4, 0x30, 0xec];

/** Whether the bytes can serve as a base; where not, a base that was given is simply not used. */
export const isUsableAsBase = (bytes: Uint8Array): boolean =>
  bytes.length >= 8 && bytes.length <= CHUNK_BYTES_MAX && TRAINED_DICTIONARY.some((byte, at) => bytes[at] !== byte);

/** Smaller chunks are simply tried. */
const SAMPLED_BYTES_MIN = 64 * 1024;
const SAMPLE_BYTES = 4096;
const SAMPLES = 4;
/** A sample that shrinks to this part of itself speaks for the chunk. */
const SAMPLE_SHRINKS_TO = 0.98;

/** What zstd may make of so many bytes at worst (`ZSTD_COMPRESSBOUND`). */
const boundOf = (size: number): number => size + (size >> 8) + 64;

/**
 * The smallest of the three expressions, as far as looking at samples tells: what does not shrink at several places of it, such as a photo or a film, is not
 * compressed as a whole to find that out.
 */
export function encodeBody(bytes: Uint8Array, base?: Base): EncodedBody {
  const alone = mayShrink(bytes) ? compressAlone(bytes) : bytes;
  if (base !== undefined && isUsableAsBase(base.bytes)) {
    const against = compressAgainst(bytes, base.bytes);
    if (against.length + BASE_ID_BYTES < Math.min(alone.length, bytes.length)) return { codec: 'zstd-base', body: against, base: base.id };
  }
  return alone.length < bytes.length ? { codec: 'zstd', body: alone } : { codec: 'none', body: bytes };
}

function mayShrink(bytes: Uint8Array): boolean {
  if (bytes.length < SAMPLED_BYTES_MIN) return true;
  for (let n = 0; n < SAMPLES; n += 1) {
    const at = Math.floor((n * (bytes.length - SAMPLE_BYTES)) / (SAMPLES - 1));
    if (compressAlone(bytes.subarray(at, at + SAMPLE_BYTES)).length < SAMPLE_BYTES * SAMPLE_SHRINKS_TO) return true;
  }
  return false;
}

const compressAlone = (bytes: Uint8Array): Uint8Array =>
  zstdCompressSync(bytes, {
    // Said beforehand, zstd takes tables of that size, and one output buffer does: most of the time for a small chunk goes into setting up.
    pledgedSrcSize: bytes.length,
    chunkSize: Math.max(OUTPUT_BYTES_MIN, boundOf(bytes.length)),
    params: { [constants.ZSTD_c_compressionLevel]: LEVEL },
  });

function compressAgainst(bytes: Uint8Array, dictionary: Uint8Array): Uint8Array {
  const windowLog = Math.max(WINDOW_LOG_MIN, Math.ceil(Math.log2(bytes.length + dictionary.length)));
  return zstdCompressSync(bytes, {
    dictionary,
    params: {
      [constants.ZSTD_c_compressionLevel]: LEVEL,
      [constants.ZSTD_c_windowLog]: Math.min(windowLog, WINDOW_LOG_MAX),
      [constants.ZSTD_c_hashLog]: Math.max(HASH_LOG_MIN, windowLog - DICTIONARY_LOG),
    },
  });
}

/**
 * The chunk that a body expresses, checked against its id and size. Never holds more than `size` bytes of it.
 * @param size of the chunk in bytes, as its record says.
 * @param base the bytes of the base, with `zstd-base`.
 * @throws {PackProblem}
 */
export function decodeBody(id: ChunkId, size: number, codec: Codec, body: Uint8Array, base?: Uint8Array): Uint8Array {
  if (size > CHUNK_BYTES_MAX)
    throw new PackProblem('CHUNK_TOO_LARGE', `Chunk ${id} is said to have ${size} bytes; ${CHUNK_BYTES_MAX} are the most.`);
  const bytes = codec === 'none' ? body : expand(id, size, body, codec === 'zstd-base' ? mustBe(id, base) : undefined);
  verifyChunk(id, size, bytes);
  return bytes;
}

function mustBe(id: ChunkId, base: Uint8Array | undefined): Uint8Array {
  if (base === undefined) {
    throw new PackProblem('BASE_MISSING', `Chunk ${id} is expressed against a chunk that is not known here; it has to be sent in full.`);
  }
  if (!isUsableAsBase(base)) throw new PackProblem('BODY_DAMAGED', `Chunk ${id} is expressed against a chunk that cannot serve as a base.`);
  return base;
}

function expand(id: ChunkId, size: number, body: Uint8Array, dictionary: Uint8Array | undefined): Uint8Array {
  assert(size > 0, 'sizes are checked before bodies');
  let expanded;
  try {
    expanded = zstdDecompressSync(body, {
      maxOutputLength: size,
      chunkSize: Math.max(64, size),
      info: true,
      params: { [constants.ZSTD_d_windowLogMax]: WINDOW_LOG_MAX },
      ...(dictionary && { dictionary }),
    }) as unknown as { buffer: Uint8Array; engine: { bytesWritten: number } };
  } catch (cause) {
    if (cause instanceof RangeError)
      throw new PackProblem('SIZE_WRONG', `Chunk ${id} expands to more than the ${size} bytes it is said to have.`, { cause });
    throw new PackProblem('BODY_DAMAGED', `The body of chunk ${id} cannot be expanded.`, { cause });
  }
  if (expanded.engine.bytesWritten !== body.length)
    throw new PackProblem('TRAILING_BYTES', `The body of chunk ${id} goes on after its end.`);
  return expanded.buffer;
}

/** @throws {PackProblem} `SIZE_WRONG` or `HASH_WRONG` where the bytes are not the chunk. */
export function verifyChunk(id: ChunkId, size: number, bytes: Uint8Array): void {
  if (bytes.length !== size) {
    throw new PackProblem('SIZE_WRONG', `Chunk ${id} has ${bytes.length} bytes instead of ${size}.`, { retry: 'later' });
  }
  if (sha256Hex(bytes) !== id)
    throw new PackProblem('HASH_WRONG', `The bytes given for chunk ${id} are not that chunk.`, { retry: 'later' });
}
