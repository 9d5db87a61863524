import { Inject, Injectable } from '@nestjs/common';
import type { BlockStorage } from '@tidemark/block-storage';
import { encodeBody, encodeFrame, encodeFrameHead, encodeMissing, isUsableAsBase } from '@tidemark/chunking';
import { Fault, type ChunkId, type WorkspaceId } from '@tidemark/domain';
import { ChunkIndexes } from '../metadata/write-model/chunk-indexes.ts';
import type { LocatedChunk } from '../metadata/write-model/sqlite-chunk-index.ts';
import { BLOCK_STORAGE } from '../tokens.ts';
import { ChunkReader } from './chunk-reader.ts';

/** Neighbours in one pack are read together, up to this many bytes. */
const READ_BYTES_MAX = 1024 * 1024;
/** Skipped bytes between two neighbours that are cheaper to read than another read. */
const READ_GAP_BYTES_MAX = 16 * 1024;
/** Small bodies are put together, since a write of its own would cost more than the copy. */
const COPIED_BYTES_MAX = 16 * 1024;
/** Below, expressing a chunk against a base saves nothing worth the time. */
const BASE_STORED_BYTES_MIN = 512;

export interface AskedChunk {
  readonly id: ChunkId;
  readonly bases?: readonly ChunkId[] | undefined;
}

interface Wanted {
  readonly id: ChunkId;
  readonly located: LocatedChunk | undefined;
  readonly base: LocatedChunk | undefined;
}

/** Chunks down: frames in the order asked, nothing read before the receiver has taken what came before. */
@Injectable()
export class ChunkSender {
  constructor(
    @Inject(BLOCK_STORAGE) private readonly storage: BlockStorage,
    private readonly indexes: ChunkIndexes,
    private readonly reader: ChunkReader,
  ) {}

  /** Known is what is known in this workspace; every other hash is answered as missing, wherever else it may be. */
  locate(workspace: WorkspaceId, asked: readonly AskedChunk[]): Promise<readonly Wanted[]> {
    return this.indexes.use(workspace, (index) =>
      asked.map(({ id, bases }) => {
        const located = index.find(id);
        const isWorthABase = located !== undefined && located.storedLength >= BASE_STORED_BYTES_MIN;
        const base = isWorthABase ? bases?.map((one) => index.find(one)).find((one) => one !== undefined) : undefined;
        return { id, located, base };
      }),
    );
  }

  async *frames(workspace: WorkspaceId, wanted: readonly Wanted[]): AsyncGenerator<Uint8Array, void, void> {
    for (let at = 0; at < wanted.length;) {
      const run = runFrom(wanted, at);
      at += run.length;
      const [first] = run;
      if (first?.located === undefined) yield Buffer.concat(run.map(({ id }) => encodeMissing(id)));
      else if (first.base !== undefined) yield await this.#against(workspace, first.located, first.base);
      else yield* await this.#asTheyRest(workspace, run);
    }
  }

  async #against(workspace: WorkspaceId, located: LocatedChunk, base: LocatedChunk): Promise<Uint8Array> {
    try {
      const bytes = await this.reader.chunk(workspace, located);
      const baseBytes = await this.reader.chunk(workspace, base);
      const usable = isUsableAsBase(baseBytes) ? { id: base.id, bytes: baseBytes } : undefined;
      const { codec, body, base: used } = encodeBody(bytes, usable);
      return encodeFrame({ id: located.id, size: located.size, storedLength: body.length, codec, page: located.page, base: used }, body);
    } catch (error) {
      return missingUnlessLater(error, [located.id]);
    }
  }

  /** What the receiver verifies need not be expanded here; what is large is not copied either. */
  async #asTheyRest(workspace: WorkspaceId, run: readonly Wanted[]): Promise<readonly Uint8Array[]> {
    const located = run.flatMap((one) => one.located ?? []);
    const offset = Math.min(...located.map((one) => one.offset));
    const end = Math.max(...located.map((one) => one.offset + one.storedLength));
    const [first] = located;
    if (first === undefined) return [];
    try {
      const bytes = await this.storage.read(workspace, first.pack, { offset, length: end - offset });
      const parts = located.flatMap(({ id, offset: at, size, storedLength, codec, page }) => [
        encodeFrameHead({ id, size, storedLength, codec, page }),
        bytes.subarray(at - offset, at - offset + storedLength),
      ]);
      return bytes.length >= located.length * COPIED_BYTES_MAX ? parts : [Buffer.concat(parts)];
    } catch (error) {
      return [
        missingUnlessLater(
          error,
          located.map(({ id }) => id),
        ),
      ];
    }
  }
}

/** What is gone for good is said to be missing, and everything else goes on; what is only away ends the answer. */
function missingUnlessLater(error: unknown, ids: readonly ChunkId[]): Uint8Array {
  if (!(error instanceof Fault) || error.retry !== 'never') throw error;
  return Buffer.concat(ids.map((id) => encodeMissing(id)));
}

/** As many as can be answered by one read, from `at` on. */
function runFrom(wanted: readonly Wanted[], at: number): readonly Wanted[] {
  const run: Wanted[] = [];
  let start = 0;
  let end = 0;
  for (const one of wanted.slice(at, at + 256)) {
    const [first] = run;
    const previous = run.at(-1)?.located;
    if (first === undefined) {
      run.push(one);
      if (one.base !== undefined) break;
      start = one.located?.offset ?? 0;
      end = start + (one.located?.storedLength ?? 0);
      continue;
    }
    if (one.base !== undefined || (one.located === undefined) !== (first.located === undefined)) break;
    if (one.located !== undefined) {
      const { pack, offset, storedLength } = one.located;
      const isNext =
        pack === previous?.pack && offset >= end && offset - end <= READ_GAP_BYTES_MAX && offset + storedLength - start <= READ_BYTES_MAX;
      if (!isNext) break;
      end = offset + storedLength;
    }
    run.push(one);
  }
  return run;
}
