import { chunkIdOf } from '@tidemark/chunking';
import type { ChunkId } from '@tidemark/domain';

/*
 * A small edit travels as a few bytes if its chunk can be expressed against the chunk that it replaces. But a program that saves in place has overwritten that one. The
 * device would have to keep a second copy of every large file; a trace is 30 times smaller and in most cases as good. It is what a disk array does:
 * the chunk in blocks, a check value per block that tells which ones are still in the file, and a few parity blocks from which a lost one is worked out.
 *
 * Layout, little-endian: check values (u32 per block) · parities (PARITIES blocks; parity p is the exclusive or of blocks p, p + PARITIES, p + 2 PARITIES, …, the last one filled with zeros).
 */
const BLOCK_BYTES = 2_048;
const BLOCK_WORDS = BLOCK_BYTES / 4;
/** So a lost run of this many blocks, wherever it begins, can be worked out: an edit of up to 6 KiB. */
const PARITIES = 4;
/** FNV-1a. */
const CHECK_START = 0x811c9dc5;
const CHECK_FACTOR = 0x01000193;
/** Smaller chunks are sent in full; a trace would be no small part of them. */
export const TRACED_BYTES_MIN = 64 * 1024;

/** What is kept of a chunk so that it can be had back after a small edit; about a thirtieth of it. */
export function traceOf(bytes: Uint8Array): Uint8Array {
  const blocks = blocksOf(bytes.length);
  const trace = new Uint32Array(blocks + PARITIES * BLOCK_WORDS);
  const words = wordsOf(bytes, 0, bytes.length);
  // One pass over everything that is transferred: check value and parity of a block together.
  for (let n = 0, at = 0; n < blocks; n++) {
    const end = Math.min(at + BLOCK_WORDS, words.length);
    let check = CHECK_START;
    for (let parity = blocks + (n % PARITIES) * BLOCK_WORDS; at < end; at++, parity++) {
      const word = words[at]!;
      check = Math.imul(check ^ word, CHECK_FACTOR);
      trace[parity]! ^= word;
    }
    trace[n] = check >>> 0;
  }
  return new Uint8Array(trace.buffer);
}

/** Bytes in which parts of the lost chunk may still be: at `offset` of it they begin, which may be negative. */
export interface Remains {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/**
 * The chunk again, from its trace and from what is left of it in the file: before the edit its bytes are where they were, after the edit they have moved by as much as was inserted or taken out.
 * Undefined where too much is lost. What is given has been verified.
 * @param size of the chunk in bytes.
 */
export function rebuild(id: ChunkId, size: number, trace: Uint8Array | undefined, remains: readonly Remains[]): Uint8Array | undefined {
  for (const { offset, bytes } of remains) {
    const whole = offset <= 0 ? bytes.subarray(-offset, size - offset) : bytes.subarray(0, 0);
    if (whole.length === size && chunkIdOf(whole) === id) return whole.slice();
  }
  const blocks = blocksOf(size);
  if (trace?.length !== 4 * (blocks + PARITIES * BLOCK_WORDS)) return undefined;
  const words = new Uint32Array(trace.slice().buffer);
  const rebuilt = new Uint8Array(size);
  /** Per parity: the one block that is lost, and the exclusive or of the parity and its other blocks. */
  const lost: (number | undefined)[] = Array.from({ length: PARITIES });
  for (let n = 0; n < blocks; n++) {
    const block = findBlock(words[n]!, n * BLOCK_BYTES, Math.min(size, (n + 1) * BLOCK_BYTES), remains);
    if (block) {
      exclusiveOr(parityIn(words, blocks, n), wordsOf(block, 0, block.length));
      rebuilt.set(block, n * BLOCK_BYTES);
    } else if (lost[n % PARITIES] === undefined) lost[n % PARITIES] = n;
    else return undefined;
  }
  for (const n of lost) {
    if (n === undefined) continue;
    const parity = parityIn(words, blocks, n);
    const block = new Uint8Array(parity.buffer, parity.byteOffset, BLOCK_BYTES);
    rebuilt.set(block.subarray(0, Math.min(BLOCK_BYTES, size - n * BLOCK_BYTES)), n * BLOCK_BYTES);
  }
  return chunkIdOf(rebuilt) === id ? rebuilt : undefined;
}

const blocksOf = (size: number): number => Math.ceil(size / BLOCK_BYTES);

function findBlock(check: number, from: number, to: number, remains: readonly Remains[]): Uint8Array | undefined {
  for (const { offset, bytes } of remains) {
    if (from < offset || to > offset + bytes.length) continue;
    const block = bytes.subarray(from - offset, to - offset);
    if (checkOf(wordsOf(block, 0, block.length)) === check) return block;
  }
  return undefined;
}

const parityIn = (trace: Uint32Array, blocks: number, n: number): Uint32Array => {
  const start = blocks + (n % PARITIES) * BLOCK_WORDS;
  return trace.subarray(start, start + BLOCK_WORDS);
};

function exclusiveOr(into: Uint32Array, words: Uint32Array): void {
  for (let n = 0; n < words.length; n++) into[n]! ^= words[n]!;
}

/** Weak and fast (FNV-1a over words): a wrong guess is found out by the chunk's own hash. */
function checkOf(words: Uint32Array): number {
  let check = CHECK_START;
  for (let n = 0; n < words.length; n++) check = Math.imul(check ^ words[n]!, CHECK_FACTOR);
  return check >>> 0;
}

/** The bytes as words, filled up with zeros. */
function wordsOf(bytes: Uint8Array, from: number, to: number): Uint32Array {
  const part = bytes.subarray(from, to);
  if (part.byteOffset % 4 === 0 && part.length % 4 === 0) return new Uint32Array(part.buffer, part.byteOffset, part.length / 4);
  const aligned = new Uint8Array(Math.ceil(part.length / 4) * 4);
  aligned.set(part);
  return new Uint32Array(aligned.buffer);
}
