import { pickBases, sha256Hex, type Base } from '@tidemark/chunking';
import { contentOf, must, type ChunkId, type ChunkRef, type Content, type EntryId, type ManifestPage } from '@tidemark/domain';
import type { LocalContents } from './local-contents.port.ts';
import { OldChunks, placed } from './old-chunks.ts';

export interface Needed {
  readonly entry: EntryId;
  readonly content: Content;
  readonly base?: Content | undefined;
}

/** A chunk of some file that may have to be sent. */
export interface WantedChunk {
  readonly ref: ChunkRef;
  /** Whose file is read for it, and where. */
  readonly entry: EntryId;
  readonly offset: number;
  /** Everybody who needs it: all of them are stale if it is nowhere any more. */
  readonly neededBy: EntryId[];
  /** What it replaced, where the entry was changed. */
  readonly old?: OldChunks | undefined;
}

/** A page that may have to be sent, after its chunks. */
export interface WantedPage {
  readonly id: ChunkId;
  readonly bytes: Uint8Array;
  readonly neededBy: EntryId[];
  readonly base?: Base | undefined;
}

export interface UploadList {
  readonly chunks: ReadonlyMap<ChunkId, WantedChunk>;
  readonly pages: ReadonlyMap<ChunkId, WantedPage>;
  /** Their manifest is not known (any more): they are to be indexed again. */
  readonly unknown: readonly EntryId[];
}

export interface ListOptions {
  /** Express what changed against what it replaced. */
  readonly bases: boolean;
  /** List what the base content has too, as if the server might have lost it. */
  readonly everything: boolean;
  readonly traceOf: (chunk: ChunkId) => Uint8Array | undefined;
}

/** Each chunk and page once, that the server cannot be taken to have because the entry's previous content has it. */
export function listUploads(needed: readonly Needed[], local: LocalContents, options: ListOptions): UploadList {
  const chunks = new Map<ChunkId, WantedChunk>();
  const pages = new Map<ChunkId, WantedPage>();
  const unknown: EntryId[] = [];
  for (const { entry, content, base } of needed) {
    const refs = local.refsOf(content);
    if (refs === undefined) {
      unknown.push(entry);
      continue;
    }
    const before = (base && local.refsOf(base)) ?? [];
    const known = options.everything ? undefined : new Set(before.map((ref) => ref.id));
    const old = options.bases && before.length > 0 ? new OldChunks(before, refs, options.traceOf) : undefined;
    for (const ref of placed(refs)) {
      if (known?.has(ref.id)) continue;
      const listed = chunks.get(ref.id);
      if (listed === undefined)
        chunks.set(ref.id, { ref: { id: ref.id, size: ref.size }, entry, offset: ref.offset, neededBy: [entry], old });
      else if (listed.neededBy.at(-1) !== entry) listed.neededBy.push(entry);
    }
    if (content.pages) listPages(entry, contentOf(refs, sha256Hex).pages, contentOf(before, sha256Hex).pages, options, pages);
  }
  return { chunks, pages, unknown };
}

function listPages(
  entry: EntryId,
  now: readonly ManifestPage[],
  before: readonly ManifestPage[],
  options: ListOptions,
  list: Map<ChunkId, WantedPage>,
): void {
  const asRef = (page: ManifestPage): ChunkRef => ({ id: page.id, size: page.bytes.length });
  const picked = options.bases ? pickBases(before.map(asRef), now.map(asRef)) : new Map<ChunkId, ChunkId>();
  const old = new Map(before.map((page) => [page.id, page.bytes]));
  for (const { id, bytes } of now) {
    if (old.has(id) && !options.everything) continue;
    const listed = list.get(id);
    const base = picked.get(id);
    if (listed) listed.neededBy.push(entry);
    else list.set(id, { id, bytes, neededBy: [entry], base: base && { id: base, bytes: must(old.get(base), 'a base is one of the old') } });
  }
}
