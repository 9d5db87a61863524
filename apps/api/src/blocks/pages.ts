import { PAGE_REFS_MAX, decodeRefs, type ChunkId } from '@tidemark/domain';

/**
 * Why the bytes are no page, if they are none: a run of references whose chunks are all stored, or come with it, in the sizes it says. What was
 * accepted here vouches for its chunks from then on.
 */
export function pageProblem(page: ChunkId, bytes: Uint8Array, sizeOf: (chunk: ChunkId) => number | undefined): string | undefined {
  const refs = decodeRefs(bytes);
  if (refs === undefined || refs.length === 0 || refs.length > PAGE_REFS_MAX)
    return `page ${page} is not a run of up to ${PAGE_REFS_MAX} chunk references`;
  for (const { id, size } of refs) {
    const actual = sizeOf(id);
    if (actual === undefined)
      return `page ${page} names chunk ${id}, which is neither stored nor in this pack; send it first, or with the page`;
    if (actual !== size) return `page ${page} says that chunk ${id} has ${size} bytes, and it has ${actual}`;
  }
  return undefined;
}
