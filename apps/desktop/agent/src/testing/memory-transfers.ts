import { buildManifest, chunkIdOf, encodeChunkFrame, encodeMissing, FrameDecoder, readPack, type Frame } from '@tidemark/chunking';
import { decodeRefs, Fault, must, type ChunkId, type ChunkRef, type Content, type EntryId } from '@tidemark/domain';
import { Refused } from '@tidemark/sync-engine';
import type { ChunkWish } from '../remote/http-client.ts';
import { TooLargeOnTheWay } from '../remote/answer.ts';
import type { LocalContents, LocalFile } from '../transfers/local-contents.port.ts';

/** Bytes without a pattern, the same for the same seed. */
export function noise(size: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(size);
  let state = seed;
  for (let n = 0; n < size; n++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[n] = state >>> 24;
  }
  return bytes;
}

/** A device's files and manifests in memory. */
export class MemoryContents implements LocalContents {
  readonly files = new Map<EntryId, Uint8Array>();
  readonly contents = new Map<EntryId, Content>();
  readonly manifests = new Map<string, readonly ChunkRef[]>();

  async write(entry: EntryId, bytes: Uint8Array): Promise<Content> {
    const { content, refs } = await buildManifest([bytes], 'fastcdc', bytes.length);
    this.files.set(entry, bytes);
    this.contents.set(entry, content);
    this.manifests.set(content.id, refs);
    return content;
  }
  refsOf(content: Content): readonly ChunkRef[] | undefined {
    return this.manifests.get(content.id);
  }
  keepRefs(content: Content, refs: readonly ChunkRef[]): void {
    this.manifests.set(content.id, refs);
  }
  contentOf(entry: EntryId): Content | undefined {
    return this.contents.get(entry);
  }
  async openEntry(entry: EntryId): Promise<LocalFile | undefined> {
    const bytes = this.files.get(entry);
    return bytes && { read: async (offset, length) => bytes.slice(offset, offset + length), close: async () => undefined };
  }
  async readChunk(chunk: ChunkRef): Promise<Uint8Array | undefined> {
    for (const [entry, content] of this.contents) {
      let offset = 0;
      for (const ref of this.refsOf(content) ?? []) {
        const bytes = this.files.get(entry)?.subarray(offset, offset + ref.size);
        if (ref.id === chunk.id && bytes && chunkIdOf(bytes) === chunk.id) return bytes.slice();
        offset += ref.size;
      }
    }
    return undefined;
  }
}

/** The server's side of chunks in memory, as strict as the real one; counts what travels. */
export class MemoryServer {
  readonly chunks = new Map<ChunkId, Uint8Array>();
  readonly packs: number[] = [];
  readonly questions: number[] = [];
  readonly fetches: number[] = [];
  receivedBytes = 0;
  sentBytes = 0;
  /** A proxy's bound on requests, bytes. */
  packBytesMax = Number.POSITIVE_INFINITY;
  /** Fetches break off after so many bytes, once. */
  breakAfterBytes: number | undefined;
  packsInFlight = 0;
  packsInFlightMax = 0;
  /** Called with each pack before it is stored. */
  onPack: () => Promise<void> | void = () => undefined;

  async missing(_workspace: unknown, ids: readonly ChunkId[]): Promise<readonly ChunkId[]> {
    this.questions.push(ids.length);
    return ids.filter((id) => !this.chunks.has(id));
  }

  async sendPack(_workspace: unknown, pack: Uint8Array): Promise<{ stored: number; known: number }> {
    this.receivedBytes += pack.length;
    if (pack.length > this.packBytesMax) throw new TooLargeOnTheWay('too large', { retry: 'later' });
    this.packsInFlightMax = Math.max(this.packsInFlightMax, ++this.packsInFlight);
    try {
      await this.onPack();
      const arrived = [...readPack(pack, (id) => this.#base(id))];
      const has = (id: ChunkId) => this.chunks.has(id) || arrived.some((chunk) => chunk.id === id);
      for (const { bytes, page } of arrived) {
        if (page && !decodeRefs(bytes)?.every(({ id }) => has(id))) throw new Refused('PAGE_INVALID', 'a page names unknown chunks');
      }
      for (const { id, bytes } of arrived) this.chunks.set(id, bytes);
      this.packs.push(arrived.length);
      return { stored: arrived.length, known: 0 };
    } finally {
      this.packsInFlight -= 1;
    }
  }

  async *fetchChunks(_workspace: unknown, wishes: readonly ChunkWish[]): AsyncGenerator<Frame, void, undefined> {
    this.fetches.push(wishes.length);
    const decoder = new FrameDecoder();
    for (const { id, bases } of wishes) {
      const bytes = this.chunks.get(id);
      const base = bases?.find((one) => this.chunks.has(one));
      const frame = bytes
        ? encodeChunkFrame(id, bytes, base ? { base: { id: base, bytes: must(this.chunks.get(base), 'known') } } : {})
        : encodeMissing(id);
      this.sentBytes += frame.length;
      if (this.breakAfterBytes !== undefined && this.sentBytes > this.breakAfterBytes) {
        this.breakAfterBytes = undefined;
        throw new Fault('the line broke', { retry: 'later' });
      }
      yield* decoder.push(frame);
    }
  }

  #base(id: ChunkId): Uint8Array {
    const bytes = this.chunks.get(id);
    if (!bytes) throw new Refused('BASE_UNKNOWN', 'no such base');
    return bytes;
  }
}
