import { PackWriter, type Base } from '@tidemark/chunking';
import {
  ASK_MISSING_BYTES_MIN,
  CHUNKS_ASKED_MAX,
  PACK_BYTES_TARGET,
  PACKS_IN_FLIGHT_MAX,
  type ChunkId,
  type ContentId,
  type EntryId,
  type WorkspaceId,
} from '@tidemark/domain';
import { Refused, type Uploader } from '@tidemark/sync-engine';
import { TooLargeOnTheWay } from '../remote/answer.ts';
import type { ServerConnection } from '../remote/http-client.ts';
import type { LocalContents } from './local-contents.port.ts';
import type { Progress } from './progress.ts';
import type { TraceStore } from './traces/trace-store.ts';
import { listUploads, type Needed, type UploadList, type WantedChunk, type WantedPage } from './upload-list.ts';
import { readAhead } from './upload-reader.ts';

/** Contents of which the server was told lately: one that comes again was not accepted, so nothing is taken for known. */
const TOLD_MAX = 10_000;
const PACK_BYTES_TARGET_MIN = 64 * 1024;

export interface PackUploaderOptions {
  readonly server: Pick<ServerConnection, 'missing' | 'sendPack'>;
  readonly workspace: WorkspaceId;
  readonly local: LocalContents;
  /** Not with `fixed-4mib`, which shows what it costs without. */
  readonly bases: boolean;
  readonly traces?: TraceStore | undefined;
  readonly progress?: Progress | undefined;
  /** The person is to know, once: "packs are smaller from now on". */
  readonly onNote?: ((note: string) => void) | undefined;
  readonly signal?: (() => AbortSignal) | undefined;
}

interface Item {
  readonly wanted: WantedChunk | WantedPage;
  readonly bytes: Uint8Array;
  readonly base?: Base | undefined;
  readonly page: boolean;
}

/**
 * Brings the contents of a commit onto the server. Nothing is remembered for resuming: what arrived is there, and the next question says so.
 * Memory is bounded by the packs in flight. A pack that was refused for its bases, or is too large for something on the way, is built again from the disk.
 */
export class PackUploader implements Uploader {
  readonly #options: PackUploaderOptions;
  readonly #told = new Set<ContentId>();
  #packBytesTarget = PACK_BYTES_TARGET / 2;

  constructor(options: PackUploaderOptions) {
    this.#options = options;
  }

  /** @throws {Fault} `retry: 'later'`. @throws {Refused} */
  async upload(needed: readonly Needed[]): Promise<{ readonly stale: readonly EntryId[] }> {
    const isRepeated = needed.some(({ content }) => this.#told.has(content.id));
    this.#tell(needed);
    try {
      return await this.#uploadWhatIsMissing(needed, isRepeated);
    } catch (error) {
      // A page whose chunks the server lacks: it has lost what an earlier content vouched for.
      if (error instanceof Refused && error.code === 'PAGE_INVALID' && !isRepeated) return await this.#uploadWhatIsMissing(needed, true);
      throw error;
    } finally {
      this.#options.traces?.flush();
    }
  }

  async #uploadWhatIsMissing(needed: readonly Needed[], everything: boolean): Promise<{ readonly stale: readonly EntryId[] }> {
    const { local, bases, traces } = this.#options;
    const list = listUploads(needed, local, { bases, everything, traceOf: (chunk) => traces?.find(chunk) });
    const missing = everything || bytesOf(list) >= ASK_MISSING_BYTES_MIN ? await this.#ask(list) : undefined;
    const upload = new Upload(this.#options, {
      target: () => this.#packBytesTarget,
      tooLarge: (bytes) => this.#sendSmaller(bytes),
    });
    const isMissing = ({ id }: { id: ChunkId }) => missing?.has(id) ?? true;
    const stale = await upload.run(
      [...list.chunks.values()].filter(({ ref }) => isMissing(ref)),
      [...list.pages.values()].filter(isMissing),
    );
    return { stale: [...new Set([...list.unknown, ...stale])] };
  }

  async #ask(list: UploadList): Promise<ReadonlySet<ChunkId>> {
    const { server, workspace, signal } = this.#options;
    const ids = [...list.chunks.keys(), ...list.pages.keys()];
    const missing = new Set<ChunkId>();
    for (let from = 0; from < ids.length; from += CHUNKS_ASKED_MAX) {
      for (const id of await server.missing(workspace, ids.slice(from, from + CHUNKS_ASKED_MAX), signal?.())) missing.add(id);
    }
    return missing;
  }

  #tell(needed: readonly Needed[]): void {
    for (const { content } of needed) {
      this.#told.delete(content.id);
      this.#told.add(content.id);
    }
    for (const oldest of this.#told) {
      if (this.#told.size <= TOLD_MAX) break;
      this.#told.delete(oldest);
    }
  }

  /** False where it cannot be smaller. */
  #sendSmaller(packBytes: number): boolean {
    const target = Math.max(PACK_BYTES_TARGET_MIN, Math.floor(Math.min(packBytes, this.#packBytesTarget) / 2));
    if (target >= this.#packBytesTarget && packBytes <= target) return false;
    this.#packBytesTarget = target;
    this.#options.onNote?.(`Something on the way to the server takes no packs of ${packBytes} bytes; they have ${target} from now on.`);
    return true;
  }
}

function bytesOf(list: UploadList): number {
  let bytes = 0;
  for (const chunk of list.chunks.values()) bytes += chunk.ref.size;
  for (const page of list.pages.values()) bytes += page.bytes.length;
  return bytes;
}

/** One run: chunks, then the pages that name them, in packs of which a few are under way at once. */
class Upload {
  readonly #options: PackUploaderOptions;
  readonly #size: { readonly target: () => number; readonly tooLarge: (packBytes: number) => boolean };
  readonly #stale = new Set<EntryId>();
  readonly #inFlight = new Set<Promise<void>>();
  #inFlightBytes = 0;
  readonly #toSend = new Map<EntryId, number>();
  readonly #sent = new Map<EntryId, number>();
  #writer = new PackWriter();
  #items: (WantedChunk | WantedPage)[] = [];
  #failure: { readonly error: unknown } | undefined;

  constructor(options: PackUploaderOptions, size: { readonly target: () => number; readonly tooLarge: (packBytes: number) => boolean }) {
    this.#options = options;
    this.#size = size;
  }

  /** Gives the entries whose file is no longer what was indexed. */
  async run(chunks: readonly WantedChunk[], pages: readonly WantedPage[]): Promise<ReadonlySet<EntryId>> {
    for (const { entry, ref } of chunks) this.#toSend.set(entry, (this.#toSend.get(entry) ?? 0) + ref.size);
    try {
      for await (const item of this.#read(chunks, true)) await this.#add(item);
      // A page is taken only if its chunks are known or in the same pack.
      if (pages.length > 0 && this.#inFlight.size > 0) {
        this.#flush();
        await this.#drain();
      }
      for (const page of pages) {
        if (page.neededBy.every((entry) => this.#stale.has(entry))) continue;
        if (this.#mustFlushBefore(page.bytes.length)) {
          this.#flush();
          await this.#drain();
        }
        this.#put({ wanted: page, bytes: page.bytes, base: page.base, page: true });
      }
      this.#flush();
    } finally {
      await this.#drain().catch((error: unknown) => (this.#failure ??= { error }));
    }
    if (this.#failure) throw this.#failure.error;
    return this.#stale;
  }

  async *#read(chunks: readonly WantedChunk[], bases: boolean): AsyncGenerator<Item, void, undefined> {
    const { local, traces } = this.#options;
    for await (const { wanted, bytes, base } of readAhead(chunks, local, (entry) => this.#stale.has(entry))) {
      if (bytes === undefined) {
        for (const entry of wanted.neededBy) this.#stale.add(entry);
        continue;
      }
      if (this.#options.bases) traces?.remember(wanted.ref.id, bytes);
      yield { wanted, bytes, base: bases ? base : undefined, page: false };
    }
  }

  async #add(item: Item): Promise<void> {
    if (this.#mustFlushBefore(item.bytes.length)) {
      this.#flush();
      while (this.#mustWait()) await Promise.race(this.#inFlight);
    }
    if (this.#failure) throw this.#failure.error;
    this.#put(item);
  }

  #mustFlushBefore(size: number): boolean {
    return this.#writer.count > 0 && (this.#writer.byteLength + size > this.#size.target() || !this.#writer.canTake(size));
  }

  /** What is under way together is at most one pack of the usual size: so much is sent again where the connection, or either end, breaks. */
  #mustWait(): boolean {
    if (this.#inFlight.size === 0) return false;
    return this.#inFlight.size >= PACKS_IN_FLIGHT_MAX || this.#inFlightBytes + this.#size.target() > PACK_BYTES_TARGET;
  }

  #put({ wanted, bytes, base, page }: Item): void {
    this.#writer.add('ref' in wanted ? wanted.ref.id : wanted.id, bytes, { page, base });
    this.#items.push(wanted);
  }

  #flush(): void {
    if (this.#writer.count === 0) return;
    const items = this.#items;
    const pack = this.#writer.finish();
    const sending = this.#send(pack, items)
      .catch((error: unknown) => {
        this.#failure ??= { error };
      })
      .finally(() => {
        this.#inFlight.delete(sending);
        this.#inFlightBytes -= pack.length;
      });
    this.#inFlight.add(sending);
    this.#inFlightBytes += pack.length;
    this.#writer = new PackWriter();
    this.#items = [];
  }

  async #drain(): Promise<void> {
    await Promise.all(this.#inFlight);
    if (this.#failure) throw this.#failure.error;
  }

  async #send(pack: Uint8Array, items: readonly (WantedChunk | WantedPage)[]): Promise<void> {
    const { server, workspace, signal } = this.#options;
    try {
      await server.sendPack(workspace, pack, signal?.());
    } catch (error) {
      if (error instanceof Refused && error.code === 'BASE_UNKNOWN') return await this.#sendAgain(items, false);
      if (error instanceof TooLargeOnTheWay && items.length > 1 && this.#size.tooLarge(pack.length))
        return await this.#sendAgain(items, true);
      throw error;
    }
    this.#count(items);
  }

  /** The same chunks once more from the disk, one pack after the other: without bases, or in packs of the size that is now the target. */
  async #sendAgain(items: readonly (WantedChunk | WantedPage)[], bases: boolean): Promise<void> {
    let writer = new PackWriter();
    let gathered: (WantedChunk | WantedPage)[] = [];
    const send = async () => {
      if (writer.count === 0) return;
      const [pack, its] = [writer.finish(), gathered];
      writer = new PackWriter();
      gathered = [];
      await this.#send(pack, its);
    };
    const put = async ({ wanted, bytes, base, page }: Item) => {
      if (writer.count > 0 && (writer.byteLength + bytes.length > this.#size.target() || !writer.canTake(bytes.length))) await send();
      writer.add('ref' in wanted ? wanted.ref.id : wanted.id, bytes, { page, base: bases ? base : undefined });
      gathered.push(wanted);
    };
    const chunks = items.filter((item): item is WantedChunk => 'ref' in item);
    for await (const item of this.#read(chunks, bases)) await put(item);
    for (const item of items) {
      if ('ref' in item || item.neededBy.every((entry) => this.#stale.has(entry))) continue;
      await put({ wanted: item, bytes: item.bytes, base: item.base, page: true });
    }
    await send();
  }

  #count(items: readonly (WantedChunk | WantedPage)[]): void {
    const { progress } = this.#options;
    if (!progress) return;
    const touched = new Set<EntryId>();
    for (const item of items) {
      if (!('ref' in item)) continue;
      this.#sent.set(item.entry, (this.#sent.get(item.entry) ?? 0) + item.ref.size);
      touched.add(item.entry);
    }
    for (const entry of touched) progress(entry, this.#sent.get(entry) ?? 0, this.#toSend.get(entry) ?? 0);
  }
}
