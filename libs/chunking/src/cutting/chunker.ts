import { assert } from '@tidemark/domain';
import { GEAR } from './gear.ts';
import type { ChunkerParameters } from './strategy.ts';

const NORMALISATION_LEVEL = 2;
const FIRST_BUFFER_BYTES = 64 * 1024;

/**
 * Cuts a stream of bytes into chunks. Where it cuts depends on the bytes and the parameters only, never on how the bytes were dealt out.
 * Memory: one chunk of the largest size.
 */
export interface Chunker {
  /**
   * The chunks that end within these bytes, cut as they are asked for; exhaust it before the next call. Each is a view, on `bytes` or on the
   * chunker's own buffer, and holds only until the next one is asked for. `finish` likewise gives a view.
   */
  cut(bytes: Uint8Array): Generator<Uint8Array, void, undefined>;
  /** As `cut`, but each chunk is the caller's own. */
  push(bytes: Uint8Array): Uint8Array[];
  /** What is left, as the last chunk; nothing where the stream was empty or ended with a chunk. The chunker may then be used for another stream. */
  finish(): Uint8Array | undefined;
}

/**
 * FastCDC (Xia et al., USENIX ATC 2016): gear hash, the first `min` bytes of a chunk skipped, normalised chunking of level 2. The hash has 32 bits and
 * the mask takes its highest ones, each of which depends on at least the last 11 bytes.
 */
export function createChunker(parameters: ChunkerParameters): Chunker {
  const { min, normal, max } = parameters;
  assert(min > 0 && min <= normal && normal <= max && Number.isInteger(Math.log2(normal)), 'parameters that no strategy has');
  const bits = Math.log2(normal);
  const strict = -1 << (32 - bits - NORMALISATION_LEVEL);
  const loose = -1 << (32 - bits + NORMALISATION_LEVEL);
  let buffer = new Uint8Array(0);
  /** Bytes of the chunk under way; all of them have been looked at, and stand in the buffer. */
  let held = 0;
  let gear = 0;

  /** Where in `bytes` the chunk under way ends, when `bytes` from `from` on continues it; -1 where it does not. */
  function search(bytes: Uint8Array, from: number): number {
    const start = from - held;
    const end = bytes.length;
    const whole = start + max;
    let at = Math.max(from, start + min);
    let hash = gear;
    for (const stop = Math.min(end, start + normal); at < stop; at++) {
      hash = ((hash << 1) + GEAR[bytes[at]!]!) | 0;
      if ((hash & strict) === 0) return at + 1;
    }
    for (const stop = Math.min(end, whole); at < stop; at++) {
      hash = ((hash << 1) + GEAR[bytes[at]!]!) | 0;
      if ((hash & loose) === 0) return at + 1;
    }
    gear = hash;
    return whole <= end ? whole : -1;
  }

  function hold(bytes: Uint8Array): void {
    const needed = held + bytes.length;
    if (needed > buffer.length) {
      const larger = new Uint8Array(Math.min(max, Math.max(FIRST_BUFFER_BYTES, 2 ** Math.ceil(Math.log2(needed)))));
      larger.set(buffer.subarray(0, held));
      buffer = larger;
    }
    buffer.set(bytes, held);
    held = needed;
  }

  /** The bytes of the chunk under way that are held, and a fresh start. */
  function release(): Uint8Array {
    const chunk = buffer.subarray(0, held);
    held = 0;
    gear = 0;
    return chunk;
  }

  function* cut(bytes: Uint8Array): Generator<Uint8Array, void, undefined> {
    let from = 0;
    while (from < bytes.length) {
      const end = search(bytes, from);
      if (end < 0) {
        hold(bytes.subarray(from));
        return;
      }
      if (held === 0) {
        gear = 0;
        yield bytes.subarray(from, end);
      } else {
        hold(bytes.subarray(from, end));
        yield release();
      }
      from = end;
    }
  }

  return {
    cut,
    push: (bytes) => Array.from(cut(bytes), (chunk) => chunk.slice()),
    finish: () => (held === 0 ? undefined : release()),
  };
}
