import { chunkIdOf, pickBases, sha256Hex } from '@tidemark/chunking';
import {
  contentIdOf,
  contentOf,
  decodeRefs,
  Fault,
  must,
  PAGE_REFS_MAX,
  REF_BYTES,
  type ChunkId,
  type ChunkRef,
  type Content,
  type EntryId,
  type ManifestPage,
} from '@tidemark/domain';
import type { ContentSource, StagedBefore } from '../disk/content-source.port.ts';
import type { ChunkFetcher, LocalBase, Wish } from './chunk-fetcher.ts';
import type { LocalContents, LocalFile } from './local-contents.port.ts';
import { placed, type PlacedRef } from './old-chunks.ts';
import type { Progress } from './progress.ts';
import type { TraceStore } from './traces/trace-store.ts';

/** Under way or waiting to be taken, of one content: with what the disk gathers before it writes, less than a pack is fetched again after a kill. */
const AHEAD_BYTES_MAX = 4 * 1024 * 1024;
/** Of all contents together; each may have two chunks beyond it, so that none waits for another. */
const AHEAD_BYTES_ALL_MAX = 32 * 1024 * 1024;
const AHEAD_CHUNKS_MIN = 2;
/** Of chunks that stand in a content more than once. */
const REPEATED_BYTES_MAX = 8 * 1024 * 1024;

export interface ChunkDownloaderOptions {
  readonly fetcher: Pick<ChunkFetcher, 'fetch'>;
  readonly local: LocalContents;
  /** Not with `fixed-4mib`. */
  readonly bases: boolean;
  readonly traces?: TraceStore | undefined;
  readonly progress?: Progress | undefined;
}

/** The old content of the entry, as it lies on this disk. */
interface Old {
  readonly refs: readonly ChunkRef[];
  readonly offsets: ReadonlyMap<ChunkId, PlacedRef>;
  readonly file: LocalFile | undefined;
}

/** Contents for the disk, from wherever their chunks are nearest: staging, the file that is replaced, other files, the server. */
export class ChunkDownloader implements ContentSource {
  readonly #options: ChunkDownloaderOptions;
  #aheadBytes = 0;

  constructor(options: ChunkDownloaderOptions) {
    this.#options = options;
  }

  async *open(
    content: Content,
    entry: EntryId,
    options: { readonly before?: StagedBefore } = {},
  ): AsyncGenerator<Uint8Array, void, undefined> {
    const old = await this.#openOld(entry);
    try {
      const refs = await this.#refsOf(content, old);
      const picked = this.#options.bases ? pickBases(old.refs, refs) : new Map<ChunkId, ChunkId>();
      const reader = new Reader(this.#options, { refs, old, picked, before: options.before, entry });
      yield* this.#inOrder(reader, placed(refs));
      this.#options.traces?.flush();
    } finally {
      await old.file?.close();
    }
  }

  /** Reads ahead as far as the bounds allow, always at least the next chunks. */
  async *#inOrder(reader: Reader, refs: readonly PlacedRef[]): AsyncGenerator<Uint8Array, void, undefined> {
    const ahead: { readonly ref: PlacedRef; readonly bytes: Promise<Uint8Array> }[] = [];
    let next = 0;
    let held = 0;
    const hold = (bytes: number) => {
      held += bytes;
      this.#aheadBytes += bytes;
    };
    try {
      while (next < refs.length || ahead.length > 0) {
        for (let ref = refs[next]; ref !== undefined; ref = refs[next]) {
          const fits = held + ref.size <= AHEAD_BYTES_MAX && this.#aheadBytes + ref.size <= AHEAD_BYTES_ALL_MAX;
          if (ahead.length >= AHEAD_CHUNKS_MIN && !fits) break;
          const bytes = reader.chunk(ref);
          bytes.catch(() => undefined); // told when its turn comes
          ahead.push({ ref, bytes });
          hold(ref.size);
          next += 1;
        }
        const { ref, bytes } = must(ahead[0], 'something is always ahead');
        yield await bytes;
        ahead.shift();
        hold(-ref.size);
      }
    } finally {
      // Nobody may read the old file once it is closed.
      await Promise.allSettled(ahead.map(({ bytes }) => bytes));
      hold(-held);
    }
  }

  async #openOld(entry: EntryId): Promise<Old> {
    const { local } = this.#options;
    const content = local.contentOf(entry);
    const refs = (content && local.refsOf(content)) ?? [];
    const offsets = new Map(placed(refs).map((ref) => [ref.id, ref]));
    return { refs, offsets, file: refs.length > 0 ? await local.openEntry(entry) : undefined };
  }

  async #refsOf(content: Content, old: Old): Promise<readonly ChunkRef[]> {
    const { local } = this.#options;
    const known = content.chunks ?? local.refsOf(content);
    if (known) return checked(content, known);
    const refs = checked(content, await this.#fetchPages(content.pages ?? [], old));
    local.keepRefs(content, refs);
    return refs;
  }

  async #fetchPages(ids: readonly ChunkId[], old: Old): Promise<readonly ChunkRef[]> {
    const pages = contentOf(old.refs, sha256Hex).pages;
    const indexOf = new Map(pages.map((page, index) => [page.id, index]));
    const runs: Promise<readonly ChunkRef[]>[] = [];
    let anchor = -1;
    for (const [index, id] of ids.entries()) {
      const same = indexOf.get(id);
      if (same !== undefined) {
        anchor = same;
        runs.push(Promise.resolve(pages[same]!.refs));
        continue;
      }
      // What replaced a page most likely stands where that stood: counted from the last one in common, else from the end.
      const candidates = [pages[anchor + 1], pages[pages.length - ids.length + index], pages[anchor]];
      runs.push(this.#fetchPage(id, this.#options.bases ? candidates.filter((page) => page !== undefined) : []));
      anchor = Math.min(anchor + 1, pages.length - 1);
    }
    return (await Promise.all(runs)).flat();
  }

  async #fetchPage(id: ChunkId, candidates: readonly ManifestPage[]): Promise<readonly ChunkRef[]> {
    const bases = [...new Set(candidates)].map((page): LocalBase => ({ id: page.id, load: () => Promise.resolve(page.bytes) }));
    const refs = decodeRefs(await this.#options.fetcher.fetch({ id, size: PAGE_REFS_MAX * REF_BYTES, bases }));
    if (refs === undefined)
      throw new Fault(`Page ${id} of a manifest cannot be read; the file is not fetched until it changes.`, { retry: 'never' });
    return refs;
  }
}

/** @throws {Fault} where the references are not those of the content. */
function checked(content: Content, refs: readonly ChunkRef[]): readonly ChunkRef[] {
  if (contentIdOf(refs, sha256Hex) === content.id) return refs;
  throw new Fault(`The manifest of content ${content.id} is not what it should be; the file is not fetched until it changes.`, {
    retry: 'never',
  });
}

/** The chunks of one content, each from the nearest place that has it. */
class Reader {
  readonly #options: ChunkDownloaderOptions;
  readonly #old: Old;
  readonly #picked: ReadonlyMap<ChunkId, ChunkId>;
  readonly #before: StagedBefore | undefined;
  readonly #entry: EntryId;
  readonly #repeated: ReadonlySet<ChunkId>;
  readonly #kept = new Map<ChunkId, Promise<Uint8Array>>();
  readonly #size: number;
  #keptBytes = 0;
  #done = 0;

  constructor(
    options: ChunkDownloaderOptions,
    of: {
      readonly refs: readonly ChunkRef[];
      readonly old: Old;
      readonly picked: ReadonlyMap<ChunkId, ChunkId>;
      readonly before: StagedBefore | undefined;
      readonly entry: EntryId;
    },
  ) {
    this.#options = options;
    this.#old = of.old;
    this.#picked = of.picked;
    this.#before = of.before;
    this.#entry = of.entry;
    this.#repeated = repeatedIn(of.refs);
    this.#size = of.refs.reduce((sum, ref) => sum + ref.size, 0);
  }

  /** Verified. */
  chunk(ref: PlacedRef): Promise<Uint8Array> {
    const kept = this.#kept.get(ref.id);
    if (kept) return kept;
    const bytes = this.#find(ref);
    if (this.#repeated.has(ref.id) && this.#keptBytes + ref.size <= REPEATED_BYTES_MAX) {
      this.#keptBytes += ref.size;
      this.#kept.set(ref.id, bytes);
    }
    return bytes;
  }

  async #find(ref: PlacedRef): Promise<Uint8Array> {
    const bytes = (await this.#staged(ref)) ?? (await this.#local(ref)) ?? (await this.#fetched(ref));
    this.#done += ref.size;
    this.#options.progress?.(this.#entry, Math.min(this.#done, this.#size), this.#size);
    return bytes;
  }

  async #staged(ref: PlacedRef): Promise<Uint8Array | undefined> {
    const bytes = await this.#before?.read(ref.offset, ref.size);
    return bytes && isChunk(ref, bytes) ? bytes : undefined;
  }

  async #local(ref: ChunkRef): Promise<Uint8Array | undefined> {
    return (await this.#fromOld(ref.id)) ?? (await this.#options.local.readChunk(ref));
  }

  async #fromOld(id: ChunkId): Promise<Uint8Array | undefined> {
    const place = this.#old.offsets.get(id);
    if (!place || !this.#old.file) return undefined;
    const bytes = await this.#old.file.read(place.offset, place.size);
    return isChunk(place, bytes) ? bytes : undefined;
  }

  async #fetched(ref: ChunkRef): Promise<Uint8Array> {
    const bytes = await this.#options.fetcher.fetch(this.#wishFor(ref));
    if (this.#options.bases) this.#options.traces?.remember(ref.id, bytes);
    return bytes;
  }

  #wishFor(ref: ChunkRef): Wish {
    const id = this.#picked.get(ref.id);
    const place = id && this.#old.offsets.get(id);
    if (!place) return ref;
    return { ...ref, bases: [{ id: place.id, load: () => this.#local(place) }] };
  }
}

const isChunk = (ref: ChunkRef, bytes: Uint8Array): boolean => bytes.length === ref.size && chunkIdOf(bytes) === ref.id;

function repeatedIn(refs: readonly ChunkRef[]): ReadonlySet<ChunkId> {
  const seen = new Set<ChunkId>();
  const repeated = new Set<ChunkId>();
  for (const { id } of refs) (seen.has(id) ? repeated : seen).add(id);
  return repeated;
}
