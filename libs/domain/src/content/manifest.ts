import type { ChunkId, ContentId } from '../ids.ts';
import { readHex, writeHex } from '../kernel/hex.ts';
import type { Sha256 } from '../kernel/ports.ts';
import { FILE_BYTES_MAX, INLINE_CHUNKS_MAX, PAGE_REFS_MAX, PAGE_REFS_MIN, type ChunkRef, type Content } from './content.ts';

const HASH_BYTES = 32;
/** Of one reference in canonical form: 32 bytes of hash, 4 bytes of size, big-endian. */
export const REF_BYTES = HASH_BYTES + 4;
/** A page ends where these bits of a chunk's hash are zero: every 64 references on average. */
const BOUNDARY_BITS = 0b111111;
const SIZE_MAX = 2 ** 32 - 1;

/** The canonical form, the same on every machine. */
export function encodeRefs(refs: readonly ChunkRef[]): Uint8Array {
  const bytes = new Uint8Array(refs.length * REF_BYTES);
  const numbers = new DataView(bytes.buffer);
  refs.forEach((ref, index) => {
    writeHex(ref.id, bytes, index * REF_BYTES);
    numbers.setUint32(index * REF_BYTES + HASH_BYTES, ref.size);
  });
  return bytes;
}

/** `undefined` where the bytes are no whole references, or name an empty chunk. */
export function decodeRefs(bytes: Uint8Array): readonly ChunkRef[] | undefined {
  if (bytes.length % REF_BYTES !== 0) return undefined;
  const numbers = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const refs: ChunkRef[] = [];
  for (let at = 0; at < bytes.length; at += REF_BYTES) {
    const size = numbers.getUint32(at + HASH_BYTES);
    if (size === 0) return undefined;
    refs.push({ id: readHex(bytes, at, HASH_BYTES) as ChunkId, size });
  }
  return refs;
}

/** SHA-256 of the canonical form of all references: does not depend on how they are paged. */
export const contentIdOf = (refs: readonly ChunkRef[], sha256: Sha256): ContentId => sha256(encodeRefs(refs)) as ContentId;

/**
 * Runs of {@link PAGE_REFS_MIN} to {@link PAGE_REFS_MAX} references (the last may be shorter), cut after a reference whose hash says so: what
 * is before or after an edit is cut as before, so an edit changes a page or two.
 */
export function splitPages(refs: readonly ChunkRef[]): readonly (readonly ChunkRef[])[] {
  const pages: ChunkRef[][] = [];
  let page: ChunkRef[] = [];
  for (const ref of refs) {
    page.push(ref);
    if (page.length < PAGE_REFS_MIN || (page.length < PAGE_REFS_MAX && !isBoundary(ref))) continue;
    pages.push(page);
    page = [];
  }
  if (page.length > 0) pages.push(page);
  return pages;
}

const isBoundary = (ref: ChunkRef): boolean => (Number.parseInt(ref.id.slice(-2), 16) & BOUNDARY_BITS) === 0;

/** A run of a manifest as it is stored: like a chunk. */
export interface ManifestPage {
  readonly id: ChunkId;
  readonly bytes: Uint8Array;
  readonly refs: readonly ChunkRef[];
}

/** What a file of these chunks holds, and the pages that have to be stored for it: none up to {@link INLINE_CHUNKS_MAX} chunks. */
export function contentOf(
  refs: readonly ChunkRef[],
  sha256: Sha256,
): { readonly content: Content; readonly pages: readonly ManifestPage[] } {
  const whole = { id: contentIdOf(refs, sha256), size: sizeOf(refs) };
  if (refs.length <= INLINE_CHUNKS_MAX) return { content: { ...whole, chunks: refs }, pages: [] };
  const pages = splitPages(refs).map((run): ManifestPage => {
    const bytes = encodeRefs(run);
    return { id: sha256(bytes) as ChunkId, bytes, refs: run };
  });
  return { content: { ...whole, pages: pages.map((page) => page.id) }, pages };
}

const sizeOf = (refs: readonly ChunkRef[]): number => refs.reduce((sum, ref) => sum + ref.size, 0);

export type ContentCheck =
  | { readonly refs: readonly ChunkRef[] }
  | { readonly missing: readonly ChunkId[] }
  /** A sentence. */
  | { readonly invalid: string };

/**
 * Whether a content is what it says: its pages known, sizes add up, the id recomputed. Whether the chunks of `refs` are stored is asked
 * elsewhere (a known page vouches for its chunks).
 * @param refsOfPage the references on a page, `undefined` where it is not stored or is no page.
 */
export function checkContent(
  content: Content,
  refsOfPage: (page: ChunkId) => readonly ChunkRef[] | undefined,
  sha256: Sha256,
): ContentCheck {
  if (content.size > FILE_BYTES_MAX) return { invalid: `has ${content.size} bytes; the most is ${FILE_BYTES_MAX}` };
  const found = content.pages === undefined ? { refs: content.chunks } : collect(content.pages, refsOfPage);
  if (!('refs' in found)) return found;
  const { refs } = found;
  const isInline = content.pages === undefined;
  if (isInline !== refs.length <= INLINE_CHUNKS_MAX) {
    return {
      invalid: `has ${refs.length} chunks ${isInline ? 'without' : 'on'} pages; up to ${INLINE_CHUNKS_MAX} stand in the content itself`,
    };
  }
  if (refs.some((ref) => ref.size < 1 || ref.size > SIZE_MAX || !Number.isInteger(ref.size)))
    return { invalid: 'names a chunk without a size' };
  if (sizeOf(refs) !== content.size) return { invalid: `says ${content.size} bytes, and its chunks have ${sizeOf(refs)}` };
  return contentIdOf(refs, sha256) === content.id ? found : { invalid: 'has another id than its chunks give' };
}

function collect(
  pages: readonly ChunkId[],
  refsOfPage: (page: ChunkId) => readonly ChunkRef[] | undefined,
): { readonly refs: readonly ChunkRef[] } | { readonly missing: readonly ChunkId[] } {
  const refs: ChunkRef[] = [];
  const missing: ChunkId[] = [];
  for (const page of pages) {
    const run = refsOfPage(page);
    if (run === undefined) missing.push(page);
    else for (const ref of run) refs.push(ref);
  }
  return missing.length > 0 ? { missing } : { refs };
}
