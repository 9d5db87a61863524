import type { ChunkId, ContentId } from '../ids.ts';

/** One run of a content: `size` bytes whose SHA-256 is `id`. */
export interface ChunkRef {
  readonly id: ChunkId;
  readonly size: number;
}

/** What a file holds: short manifests stand here in full, longer ones as pages in block storage, in order. */
export type Content = { readonly id: ContentId; readonly size: number } & (
  { readonly chunks: readonly ChunkRef[]; readonly pages?: undefined } | { readonly pages: readonly ChunkId[]; readonly chunks?: undefined }
);

/** Manifests of up to this many chunks stand in the event. */
export const INLINE_CHUNKS_MAX = 4;
export const PAGE_REFS_MIN = 16;
export const PAGE_REFS_MAX = 256;
/** 1 TiB. */
export const FILE_BYTES_MAX = 2 ** 40;

/** Names how file contents are cut, for the whole life of a workspace. */
export type ChunkingStrategy = 'fastcdc' | 'fixed-4mib';
