import type { ChunkId, ChunkRef } from '@tidemark/domain';

/**
 * For each new chunk the old one it should be expressed against: new chunk → base. A chunk that has no counterpart is left out.
 *
 * Common chunks are anchors. A run of new chunks between two anchors is laid over the old chunks between the same two, once flush with the anchor
 * before it (what was edited is further on) and once flush with the one after it (what was edited is further up); the old chunk with the largest overlap is taken.
 * Serves chunks of two contents, and pages of two manifests with their lengths as sizes. Linear in both but for a binary search per new chunk.
 */
export function pickBases(old: readonly ChunkRef[], fresh: readonly ChunkRef[]): Map<ChunkId, ChunkId> {
  const layout = layoutOf(old);
  const anchors = anchorsOf(old, fresh);
  const picked = new Map<ChunkId, ChunkId>();
  for (let from = 0; from < fresh.length; from++) {
    if (anchors[from] !== undefined) continue;
    let to = from;
    let length = 0;
    while (to < fresh.length && anchors[to] === undefined) length += fresh[to++]!.size;
    const before = from === 0 ? undefined : anchors[from - 1];
    const after = anchors[to];
    const front = before === undefined ? 0 : layout.starts[before + 1]!;
    const back = after === undefined ? layout.length : layout.starts[after]!;
    // Where blocks changed places the anchors do not bound a gap; then each side reaches as far as it likes.
    const [least, most] = front <= back ? [front, back] : [0, layout.length];
    let done = 0;
    for (const { id, size } of fresh.slice(from, to)) {
      const flushFront = largestOverlap(layout, front + done, size, least, most);
      const flushBack = largestOverlap(layout, back - length + done, size, least, most);
      const best = flushBack.bytes > flushFront.bytes ? flushBack : flushFront;
      if (best.bytes > 0 && !picked.has(id)) picked.set(id, old[best.index]!.id);
      done += size;
    }
    from = to;
  }
  return picked;
}

interface Layout {
  /** Where each old chunk begins, and at the end where the last one ends; bytes. */
  readonly starts: Float64Array;
  readonly length: number;
}

function layoutOf(refs: readonly ChunkRef[]): Layout {
  const starts = new Float64Array(refs.length + 1);
  refs.forEach((ref, index) => (starts[index + 1] = starts[index]! + ref.size));
  return { starts, length: starts[refs.length]! };
}

/** For each new chunk its index among the old ones; of several equal ones the next after the anchor before, else the first. */
function anchorsOf(old: readonly ChunkRef[], fresh: readonly ChunkRef[]): (number | undefined)[] {
  const first = new Map<ChunkId, number>();
  const following = new Int32Array(old.length).fill(-1);
  for (let index = old.length - 1; index >= 0; index--) {
    const { id } = old[index]!;
    following[index] = first.get(id) ?? -1;
    first.set(id, index);
  }
  const candidate = new Map(first);
  let last = -1;
  return fresh.map(({ id }) => {
    let index = candidate.get(id);
    if (index === undefined) return undefined;
    while (index !== -1 && index <= last) index = following[index]!;
    candidate.set(id, index);
    last = index === -1 ? first.get(id)! : index;
    return last;
  });
}

/** The old chunk that shares the most bytes with `size` bytes at `start`, looking only between `least` and `most`. */
function largestOverlap(layout: Layout, start: number, size: number, least: number, most: number): { index: number; bytes: number } {
  const low = Math.max(start, least);
  const high = Math.min(start + size, most);
  const best = { index: -1, bytes: 0 };
  if (low >= high) return best;
  for (let index = lastStartUpTo(layout.starts, low); layout.starts[index]! < high; index++) {
    const bytes = Math.min(layout.starts[index + 1]!, high) - Math.max(layout.starts[index]!, low);
    if (bytes > best.bytes) Object.assign(best, { index, bytes });
  }
  return best;
}

/** The index of the last start that is not after `offset`; `offset` lies before the last of them. */
function lastStartUpTo(starts: Float64Array, offset: number): number {
  let low = 0;
  let high = starts.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (starts[middle]! <= offset) low = middle;
    else high = middle;
  }
  return low;
}
