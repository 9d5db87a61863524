import { randomUUID } from 'node:crypto';
import { setImmediate as breathe } from 'node:timers/promises';
import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { BlockStorage } from '@tidemark/block-storage';
import {
  PackProblem,
  openRecord,
  readPackHeader,
  restAsItCame,
  restPack,
  type PackHeader,
  type PackedChunk,
  type RestPack,
} from '@tidemark/chunking';
import {
  Fault,
  blocksStream,
  encodeStoredChunks,
  type ChunkId,
  type ChunksStored,
  type Clock,
  type EventId,
  type WorkspaceId,
} from '@tidemark/domain';
import type { EventLog } from '@tidemark/event-log';
import type { Asker } from '../http/asking.ts';
import { Refusal } from '../http/refusal.ts';
import { ChunkIndexes } from '../metadata/write-model/chunk-indexes.ts';
import type { SqliteChunkIndex } from '../metadata/write-model/sqlite-chunk-index.ts';
import { BLOCK_STORAGE, CLOCK, EVENT_LOG } from '../tokens.ts';
import { ChunkReader } from './chunk-reader.ts';
import { pageProblem } from './pages.ts';
import { Turns } from './turns.ts';

/** Packs being taken apart at a time; what one expands to is bounded by libs/chunking. */
const PACKS_AT_ONCE_MAX = 2;
/** How long other requests wait at most while chunks are verified. */
const SLICE_MS = 15;

export interface StoredPack {
  readonly stored: number;
  readonly known: number;
}

/** Verifies every chunk of a pack and stores the new ones, in full and durably. */
export class StorePack extends Command<StoredPack> {
  readonly workspace: WorkspaceId;
  readonly bytes: Uint8Array;
  readonly asker: Asker;

  constructor(workspace: WorkspaceId, bytes: Uint8Array, asker: Asker) {
    super();
    this.workspace = workspace;
    this.bytes = bytes;
    this.asker = asker;
  }
}

@CommandHandler(StorePack)
export class StorePackHandler implements ICommandHandler<StorePack> {
  readonly #turns = new Turns(PACKS_AT_ONCE_MAX);

  constructor(
    @Inject(BLOCK_STORAGE) private readonly storage: BlockStorage,
    @Inject(EVENT_LOG) private readonly log: EventLog,
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly indexes: ChunkIndexes,
    private readonly reader: ChunkReader,
  ) {}

  execute(command: StorePack): Promise<StoredPack> {
    return this.#turns.take(() =>
      this.indexes.use(command.workspace, async (index) => {
        const { header, chunks } = await this.#verified(command, index);
        mustBePages(chunks, index);
        const fresh = chunks.filter(({ id, page }) => {
          const located = index.find(id);
          return located === undefined || (page && !located.page);
        });
        const asItCame = fresh.length === chunks.length ? restAsItCame(command.bytes, header) : undefined;
        if (fresh.length > 0) await this.#store(command, asItCame ?? restPack(fresh));
        return { stored: fresh.length, known: chunks.length - fresh.length };
      }),
    );
  }

  /** @throws {Refusal} for a pack that is malformed, or a chunk that does not match its id. */
  async #verified(
    { workspace, bytes }: StorePack,
    index: SqliteChunkIndex,
  ): Promise<{ header: PackHeader; chunks: readonly PackedChunk[] }> {
    try {
      const header = readPackHeader(bytes);
      const { records, bases } = header;
      const baseBytes = new Map<ChunkId, Uint8Array>();
      for (const base of bases) {
        const located = index.find(base);
        if (located !== undefined) baseBytes.set(base, await this.reader.chunk(workspace, located));
      }
      const chunks: PackedChunk[] = [];
      let sliceEnd = performance.now() + SLICE_MS;
      for (const record of records) {
        chunks.push(openRecord(bytes, record, record.base === undefined ? undefined : baseBytes.get(record.base)));
        if (performance.now() < sliceEnd) continue;
        await breathe();
        sliceEnd = performance.now() + SLICE_MS;
      }
      return { header, chunks };
    } catch (error) {
      throw error instanceof PackProblem ? refusalOf(error) : error;
    }
  }

  /** Bytes durable first, then the fact. A crash in between leaves garbage, never a dangling reference. */
  async #store({ workspace, asker }: StorePack, { pack, bytes, stored }: RestPack): Promise<void> {
    await this.storage.put(workspace, pack, bytes);
    const event: ChunksStored = { type: 'ChunksStored', v: 1, data: { pack, bytes: bytes.length, chunks: encodeStoredChunks(stored) } };
    const { account, device, correlationId } = asker;
    const id = randomUUID() as string as EventId;
    const events = [{ id, event, at: new Date(this.clock.now()).toISOString(), meta: { correlationId, account, device } }];
    try {
      await this.log.append(blocksStream(workspace), 'any', events);
    } catch (error) {
      // Whether it was kept is open; the same event again is answered as the first time.
      if (!(error instanceof Fault) || error.retry === 'never') throw error;
      await this.log.append(blocksStream(workspace), 'any', events);
    }
  }
}

function mustBePages(chunks: readonly PackedChunk[], index: SqliteChunkIndex): void {
  const inPack = new Map(chunks.map(({ id, bytes }) => [id, bytes.length]));
  for (const { id, bytes, page } of chunks) {
    if (!page) continue;
    const problem = pageProblem(id, bytes, (chunk) => inPack.get(chunk) ?? index.find(chunk)?.size);
    if (problem !== undefined) throw new Refusal('PAGE_INVALID', problem);
  }
}

function refusalOf({ code, message }: PackProblem): Refusal {
  if (code === 'HASH_WRONG' || code === 'SIZE_WRONG') return new Refusal('CHUNK_MISMATCH', `${message} Nothing of this pack was stored.`);
  if (code === 'BASE_MISSING') return new Refusal('BASE_UNKNOWN', message);
  return new Refusal('PACK_INVALID', `${message} Nothing of this pack was stored.`);
}
