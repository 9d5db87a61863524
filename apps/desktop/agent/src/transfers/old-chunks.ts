import { pickBases, type Base } from '@tidemark/chunking';
import type { ChunkId, ChunkRef } from '@tidemark/domain';
import type { LocalFile } from './local-contents.port.ts';
import { rebuild, type Remains } from './traces/trace.ts';

/** A chunk's place in a content. */
export interface PlacedRef extends ChunkRef {
  /** Bytes from the start of the content. */
  readonly offset: number;
}

export function placed(refs: readonly ChunkRef[]): PlacedRef[] {
  let offset = 0;
  return refs.map((ref) => {
    const place = { ...ref, offset };
    offset += ref.size;
    return place;
  });
}

interface OldChunk {
  readonly ref: ChunkRef;
  /** Where it would lie in the new file if nothing before it, or nothing after it, had changed length. */
  readonly offsets: readonly number[];
}

/** For the chunks of a file that was changed, the chunks they replaced: which, and their bytes as far as they can be had back. */
export class OldChunks {
  readonly #picked: ReadonlyMap<ChunkId, ChunkId>;
  readonly #old: ReadonlyMap<ChunkId, OldChunk>;
  readonly #traceOf: (chunk: ChunkId) => Uint8Array | undefined;

  constructor(before: readonly ChunkRef[], now: readonly ChunkRef[], traceOf: (chunk: ChunkId) => Uint8Array | undefined) {
    this.#picked = pickBases(before, now);
    this.#old = layOver(placed(before), placed(now), new Set(this.#picked.values()));
    this.#traceOf = traceOf;
  }

  /** The base of a new chunk, from what is left of it in the changed file; nothing where too much is lost. */
  async baseOf(chunk: ChunkId, file: LocalFile): Promise<Base | undefined> {
    const id = this.#picked.get(chunk);
    const old = id && this.#old.get(id);
    if (!id || !old) return undefined;
    const remains: Remains[] = [];
    for (const offset of old.offsets) {
      const from = Math.max(0, offset);
      const bytes = await file.read(from, Math.max(0, offset + old.ref.size - from));
      remains.push({ offset: from - offset, bytes });
    }
    const bytes = rebuild(id, old.ref.size, this.#traceOf(id), remains);
    return bytes && { id, bytes };
  }
}

/** Chunks that both contents have are what the old ones between them are laid out from, forwards and backwards. */
function layOver(before: readonly PlacedRef[], now: readonly PlacedRef[], wanted: ReadonlySet<ChunkId>): Map<ChunkId, OldChunk> {
  const offsetNow = new Map(now.map((ref) => [ref.id, ref.offset]));
  const offsets = new Map<ChunkId, { ref: ChunkRef; offsets: number[] }>();
  const walk = (refs: readonly PlacedRef[], firstShift: number): void => {
    let shift = firstShift;
    for (const ref of refs) {
      const there = offsetNow.get(ref.id);
      if (there !== undefined) shift = there - ref.offset;
      if (!wanted.has(ref.id)) continue;
      const known = offsets.get(ref.id) ?? { ref, offsets: [] };
      offsets.set(ref.id, known);
      const offset = ref.offset + shift;
      if (!known.offsets.includes(offset) && known.offsets.length < 4) known.offsets.push(offset);
    }
  };
  walk(before, 0);
  walk(before.toReversed(), lengthOf(now) - lengthOf(before));
  return offsets;
}

const lengthOf = (refs: readonly PlacedRef[]): number => {
  const last = refs.at(-1);
  return last === undefined ? 0 : last.offset + last.size;
};
