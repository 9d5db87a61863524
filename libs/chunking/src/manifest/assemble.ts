import { checkContent, decodeRefs } from '@tidemark/domain';
import type { ChunkId, ChunkRef, Content } from '@tidemark/domain';
import { chunkIdOf, sha256Hex } from '../hash.ts';
import { verifyChunk } from '../packs/codec.ts';
import { PackProblem } from '../packs/pack-problem.ts';

/**
 * The references of a content, from the content itself or from its pages; everything about them is checked.
 * @param pageBytes asked for one page at a time, in order.
 * @throws {PackProblem} `HASH_WRONG` where a page is not the one that was asked for, `CONTENT_INVALID` where pages and content do not fit.
 */
export async function refsOf(
  content: Content,
  pageBytes: (page: ChunkId) => Promise<Uint8Array> | Uint8Array,
): Promise<readonly ChunkRef[]> {
  const pages = new Map<ChunkId, readonly ChunkRef[]>();
  for (const page of content.pages ?? []) {
    if (pages.has(page)) continue;
    const bytes = await pageBytes(page);
    if (chunkIdOf(bytes) !== page)
      throw new PackProblem('HASH_WRONG', `The bytes given for page ${page} are not that page.`, { retry: 'later' });
    const refs = decodeRefs(bytes);
    if (refs === undefined) throw new PackProblem('CONTENT_INVALID', `Page ${page} holds no references.`);
    pages.set(page, refs);
  }
  const checked = checkContent(content, (page) => pages.get(page), sha256Hex);
  if ('refs' in checked) return checked.refs;
  const reason = 'invalid' in checked ? checked.invalid : 'lacks pages';
  throw new PackProblem('CONTENT_INVALID', `The content ${content.id} ${reason}.`);
}

/**
 * The bytes of a content, chunk by chunk, each verified before it is handed on.
 * @param fetchChunk asked for one chunk at a time, in order; whoever wants to be ahead fetches ahead behind it.
 * @throws {PackProblem} where a chunk that was fetched is not the one that was asked for.
 */
export async function* assemble(
  refs: Iterable<ChunkRef>,
  fetchChunk: (ref: ChunkRef) => Promise<Uint8Array> | Uint8Array,
): AsyncGenerator<Uint8Array, void, undefined> {
  for (const ref of refs) {
    const bytes = await fetchChunk(ref);
    verifyChunk(ref.id, ref.size, bytes);
    yield bytes;
  }
}

/** Tells, as bytes come, whether they are what a manifest describes. Holds the part of one chunk that has not come whole. */
export class ManifestVerifier {
  readonly #refs: Iterator<ChunkRef>;
  #ref: ChunkRef | undefined;
  #parts: Uint8Array[] = [];
  #held = 0;
  #fits = true;

  constructor(refs: Iterable<ChunkRef>) {
    this.#refs = refs[Symbol.iterator]();
    this.#next();
  }

  /** False as soon as something differs; then nothing more need be read. Keeps a copy of what it needs later. */
  push(bytes: Uint8Array): boolean {
    let from = 0;
    while (this.#fits && from < bytes.length) {
      const ref = this.#ref;
      if (ref === undefined) return (this.#fits = false);
      const part = bytes.subarray(from, from + ref.size - this.#held);
      from += part.length;
      this.#held += part.length;
      const whole = this.#held === ref.size;
      this.#parts.push(whole ? part : part.slice());
      if (!whole) continue;
      const only = this.#parts.length === 1 ? part : Buffer.concat(this.#parts);
      this.#fits = sha256Hex(only) === ref.id;
      this.#next();
    }
    return this.#fits;
  }

  /** Whether everything fitted, and nothing is missing. */
  finish(): boolean {
    return this.#fits && this.#ref === undefined;
  }

  #next(): void {
    const step = this.#refs.next();
    this.#ref = step.done ? undefined : step.value;
    this.#parts = [];
    this.#held = 0;
  }
}

/** Whether the bytes are exactly what the references describe. Reads no further than the first difference. */
export async function verifyContent(refs: Iterable<ChunkRef>, source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<boolean> {
  const verifier = new ManifestVerifier(refs);
  for await (const bytes of source) if (!verifier.push(bytes)) return false;
  return verifier.finish();
}
