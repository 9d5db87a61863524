import { openFrame, PackProblem, type Frame } from '@tidemark/chunking';
import { CHUNKS_ASKED_MAX, Fault, type ChunkId, type WorkspaceId } from '@tidemark/domain';
import { ServerFault } from '../remote/answer.ts';
import type { ServerConnection } from '../remote/http-client.ts';

const FETCH_BYTES_MAX = 8 * 1024 * 1024;
const FETCHES_IN_FLIGHT_MAX = 2;
/** Of the protocol. */
const BASES_MAX = 4;

/** A chunk held here that may serve as base; its bytes are read only if the server takes it. */
export interface LocalBase {
  readonly id: ChunkId;
  /** Verified; undefined where they are gone by now. */
  load(): Promise<Uint8Array | undefined>;
}

export interface Wish {
  readonly id: ChunkId;
  /** Bytes, at most; for sharing out requests. */
  readonly size: number;
  /** Best first. */
  readonly bases?: readonly LocalBase[];
}

interface Waiting {
  readonly wish: Wish;
  readonly resolve: (bytes: Uint8Array) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Chunks from the server, one by one for whoever asks, in shared requests on the wire: what is wished for within one turn, or while requests are under way, goes into the next one.
 * A chunk that is wished for twice at a time is fetched once. Holds nothing: whoever wishes bounds what is under way.
 */
export class ChunkFetcher {
  readonly #server: Pick<ServerConnection, 'fetchChunks'>;
  readonly #workspace: WorkspaceId;
  readonly #signal: (() => AbortSignal) | undefined;
  readonly #underWay = new Map<ChunkId, Promise<Uint8Array>>();
  #queue: Waiting[] = [];
  #inFlight = 0;
  #isPlanned = false;

  constructor(options: {
    readonly server: Pick<ServerConnection, 'fetchChunks'>;
    readonly workspace: WorkspaceId;
    /** Of the transfers that begin now. */
    readonly signal?: (() => AbortSignal) | undefined;
  }) {
    this.#server = options.server;
    this.#workspace = options.workspace;
    this.#signal = options.signal;
  }

  /** The chunk, verified. @throws {Fault} `retry: 'later'`: the server cannot be reached, or does not have the chunk. @throws {Refused} */
  fetch(wish: Wish): Promise<Uint8Array> {
    const same = this.#underWay.get(wish.id);
    if (same) return same;
    const fetched = new Promise<Uint8Array>((resolve, reject) => this.#queue.push({ wish, resolve, reject })).finally(() =>
      this.#underWay.delete(wish.id),
    );
    this.#underWay.set(wish.id, fetched);
    this.#plan();
    return fetched;
  }

  #plan(): void {
    if (this.#isPlanned || this.#queue.length === 0 || this.#inFlight >= FETCHES_IN_FLIGHT_MAX) return;
    this.#isPlanned = true;
    setImmediate(() => {
      this.#isPlanned = false;
      this.#inFlight += 1;
      void this.#ask(this.#nextBatch()).finally(() => {
        this.#inFlight -= 1;
        this.#plan();
      });
      this.#plan();
    });
  }

  #nextBatch(): readonly Waiting[] {
    let bytes = 0;
    let count = 0;
    while (count < this.#queue.length && count < CHUNKS_ASKED_MAX) {
      bytes += this.#queue[count]!.wish.size;
      if (count > 0 && bytes > FETCH_BYTES_MAX) break;
      count += 1;
    }
    return this.#queue.splice(0, count);
  }

  async #ask(batch: readonly Waiting[]): Promise<void> {
    const open = new Map(batch.map((waiting) => [waiting.wish.id, waiting]));
    try {
      const wishes = batch.map(({ wish: { id, bases } }) =>
        bases && bases.length > 0 ? { id, bases: bases.slice(0, BASES_MAX).map((base) => base.id) } : { id },
      );
      for await (const frame of this.#server.fetchChunks(this.#workspace, wishes, this.#signal?.())) {
        const id = 'record' in frame ? frame.record.id : frame.missing;
        const waiting = open.get(id);
        if (!waiting) continue;
        open.delete(id);
        await this.#settle(frame, waiting);
      }
      throw new ServerFault('The server sent fewer chunks than it was asked for; the rest is asked for again.');
    } catch (error) {
      for (const waiting of open.values()) waiting.reject(error);
    }
  }

  async #settle(frame: Frame, waiting: Waiting): Promise<void> {
    if (!('record' in frame)) {
      waiting.reject(new Fault(`The server does not have chunk ${frame.missing} (now); it is asked again.`, { retry: 'later' }));
      return;
    }
    const { base } = frame.record;
    try {
      const bytes = base && (await waiting.wish.bases?.find(({ id }) => id === base)?.load());
      if (base && !bytes) this.#inFull(waiting);
      else waiting.resolve(openFrame(frame, bytes));
    } catch (error) {
      if (error instanceof PackProblem && waiting.wish.bases?.length) this.#inFull(waiting);
      else waiting.reject(new ServerFault('A chunk from the server was damaged; it is asked for again.', { cause: error }));
    }
  }

  /** The base has gone from this disk meanwhile. */
  #inFull({ wish, resolve, reject }: Waiting): void {
    this.#queue.push({ wish: { id: wish.id, size: wish.size }, resolve, reject });
    this.#plan();
  }
}
