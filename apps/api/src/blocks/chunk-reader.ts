import { Inject, Injectable } from '@nestjs/common';
import type { BlockStorage } from '@tidemark/block-storage';
import { expandStored } from '@tidemark/chunking';
import { decodeRefs, type ChunkId, type ChunkRef, type WorkspaceId } from '@tidemark/domain';
import type { LocatedChunk } from '../metadata/write-model/sqlite-chunk-index.ts';
import { Metrics } from '../http/metrics.ts';
import { BLOCK_STORAGE } from '../tokens.ts';
import { ByteCache } from './byte-cache.ts';

/** Of expanded chunks kept in memory, for bases and pages that are asked for again and again. */
const CHUNK_CACHE_BYTES_MAX = 32 * 1024 * 1024;
const PAGE_REFS_CACHED_MAX = 200_000;

/** Bytes of chunks whose place is known. Every key begins with the workspace: nothing here is shared between two. */
@Injectable()
export class ChunkReader {
  readonly #chunks = new ByteCache<Uint8Array>(CHUNK_CACHE_BYTES_MAX, (bytes) => bytes.length);
  readonly #pages = new ByteCache<readonly ChunkRef[]>(PAGE_REFS_CACHED_MAX, (refs) => refs.length);

  constructor(
    @Inject(BLOCK_STORAGE) private readonly storage: BlockStorage,
    private readonly metrics: Metrics,
  ) {}

  /**
   * The chunk, verified.
   * @throws {Fault} when its pack cannot be read. @throws {PackProblem} when it is damaged at rest.
   */
  async chunk(workspace: WorkspaceId, located: LocatedChunk): Promise<Uint8Array> {
    const key = `${workspace}/${located.id}`;
    const cached = this.#chunks.get(key);
    this.metrics.cache('chunks', cached !== undefined);
    if (cached !== undefined) return cached;
    const body = await this.storage.read(workspace, located.pack, { offset: located.offset, length: located.storedLength });
    const bytes = expandStored(located, body);
    this.#chunks.set(key, bytes);
    return bytes;
  }

  /** The references on a page, nothing where the chunk is none. */
  async page(
    workspace: WorkspaceId,
    find: (id: ChunkId) => LocatedChunk | undefined,
    id: ChunkId,
  ): Promise<readonly ChunkRef[] | undefined> {
    const key = `${workspace}/${id}`;
    const cached = this.#pages.get(key);
    this.metrics.cache('pages', cached !== undefined);
    if (cached !== undefined) return cached;
    const located = find(id);
    const refs = located?.page === true ? decodeRefs(await this.chunk(workspace, located)) : undefined;
    if (refs !== undefined) this.#pages.set(key, refs);
    return refs;
  }
}
