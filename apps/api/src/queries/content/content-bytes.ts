import { Injectable } from '@nestjs/common';
import { refsOf } from '@tidemark/chunking';
import type { ChunkId, ChunkRef, Content, WorkspaceId } from '@tidemark/domain';
import { ChunkReader } from '../../blocks/chunk-reader.ts';
import { Refusal } from '../../http/refusal.ts';
import { ChunkIndexes } from '../../metadata/write-model/chunk-indexes.ts';
import type { ByteRange } from './byte-range.ts';

/** A content put together from its chunks; memory does not grow with its size. */
@Injectable()
export class ContentBytes {
  constructor(
    private readonly indexes: ChunkIndexes,
    private readonly chunks: ChunkReader,
  ) {}

  /** The references are read and checked before the first byte is promised. */
  refs(workspace: WorkspaceId, content: Content): Promise<readonly ChunkRef[]> {
    return refsOf(content, (page) => this.#chunk(workspace, page));
  }

  /** Chunk by chunk, each verified; nothing is read before it is asked for. */
  async *bytes(workspace: WorkspaceId, refs: readonly ChunkRef[], { first, last }: ByteRange): AsyncGenerator<Uint8Array, void, void> {
    let offset = 0;
    for (const { id, size } of refs) {
      const from = Math.max(first - offset, 0);
      const to = Math.min(last + 1 - offset, size);
      offset += size;
      if (from >= to) continue;
      const chunk = await this.#chunk(workspace, id);
      yield chunk.subarray(from, to);
    }
  }

  async #chunk(workspace: WorkspaceId, id: ChunkId): Promise<Uint8Array> {
    const located = await this.indexes.use(workspace, (index) => index.find(id));
    if (located === undefined)
      throw new Refusal('CHUNK_UNKNOWN', `chunk ${id} of this content is not stored here; other contents are not affected`);
    return this.chunks.chunk(workspace, located);
  }
}
