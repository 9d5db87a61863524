import { contentOf, Fault, FILE_BYTES_MAX } from '@tidemark/domain';
import type { ChunkingStrategy, ChunkRef, Content, ManifestPage } from '@tidemark/domain';
import { createChunker } from '../cutting/chunker.ts';
import type { Chunker } from '../cutting/chunker.ts';
import { strategyOf } from '../cutting/strategy.ts';
import { chunkIdOf, sha256Hex } from '../hash.ts';

export interface Manifest {
  readonly content: Content;
  /** In order; empty where the references stand in the content itself. */
  readonly pages: readonly ManifestPage[];
  readonly refs: readonly ChunkRef[];
}

/**
 * Cuts and hashes a file that is read piece by piece. Everything happens within `push` and `finish`, so it serves a thread that reads synchronously.
 * Memory: one chunk, and the references.
 */
export class ManifestBuilder {
  readonly #chunker: Chunker;
  readonly #size: number;
  readonly #refs: ChunkRef[] = [];
  #read = 0;

  /** @param size of the file, bytes, as it was when reading began. */
  constructor(strategy: ChunkingStrategy, size: number) {
    if (size > FILE_BYTES_MAX)
      throw new Fault(`A file of ${size} bytes is larger than Tidemark keeps (1 TiB); it stays as it is.`, { retry: 'never' });
    this.#size = size;
    this.#chunker = createChunker(strategyOf(strategy, size));
  }

  /** The chunks that end within these bytes; each view holds only until the next one is asked for. Exhaust it. */
  *cut(bytes: Uint8Array): Generator<{ ref: ChunkRef; bytes: Uint8Array }, void, undefined> {
    this.#read += bytes.length;
    if (this.#read > this.#size) throw this.#changed();
    for (const chunk of this.#chunker.cut(bytes)) yield this.#counted(chunk);
  }

  /** @param onChunk sees each chunk that ends within these bytes; the view holds only during the call. */
  push(bytes: Uint8Array, onChunk?: (ref: ChunkRef, bytes: Uint8Array) => void): void {
    for (const chunk of this.cut(bytes)) onChunk?.(chunk.ref, chunk.bytes);
  }

  /** The last chunk, if there is one that has not been seen; then {@link finish}. The view holds until then. */
  last(): { ref: ChunkRef; bytes: Uint8Array } | undefined {
    if (this.#read !== this.#size) throw this.#changed();
    const chunk = this.#chunker.finish();
    return chunk && this.#counted(chunk);
  }

  /** @throws {Fault} `retry: 'later'` where the file turned out longer or shorter than it was said to be: it changed while it was read. */
  finish(onChunk?: (ref: ChunkRef, bytes: Uint8Array) => void): Manifest {
    const last = this.last();
    if (last) onChunk?.(last.ref, last.bytes);
    return { ...contentOf(this.#refs, sha256Hex), refs: this.#refs };
  }

  #counted(bytes: Uint8Array): { ref: ChunkRef; bytes: Uint8Array } {
    const ref = { id: chunkIdOf(bytes), size: bytes.length };
    this.#refs.push(ref);
    return { ref, bytes };
  }

  #changed(): Fault {
    return new Fault('The file changed while it was being read; it is read again when it settles.', { retry: 'later' });
  }
}

/**
 * The manifest of bytes that come asynchronously, with the memory of a {@link ManifestBuilder}.
 * @param size of the whole, bytes.
 * @param onChunk sees each chunk in order and is waited for; the view holds only until it is done.
 * @throws {Fault} as `ManifestBuilder`, and whatever the source throws.
 */
export async function buildManifest(
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  strategy: ChunkingStrategy,
  size: number,
  onChunk?: (ref: ChunkRef, bytes: Uint8Array) => void | Promise<void>,
): Promise<Manifest> {
  const builder = new ManifestBuilder(strategy, size);
  for await (const bytes of source) for (const chunk of builder.cut(bytes)) await onChunk?.(chunk.ref, chunk.bytes);
  const last = builder.last();
  if (last) await onChunk?.(last.ref, last.bytes);
  return builder.finish();
}
