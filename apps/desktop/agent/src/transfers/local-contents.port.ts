import type { ChunkRef, Content, EntryId } from '@tidemark/domain';

/** A file of this device, open for reading. */
export interface LocalFile {
  /** Up to `length` bytes at `offset`; fewer where the file ends, none beyond. A buffer of the caller's own. */
  read(offset: number, length: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** What the journal and the disk know of contents; the transfers' view of one workspace on this device. */
export interface LocalContents {
  /** The whole manifest as it was indexed or kept; undefined where it is not known here. */
  refsOf(content: Content): readonly ChunkRef[] | undefined;
  /** Remembers a manifest that came from the server, so that the next change of the file has something to lean on. */
  keepRefs(content: Content, refs: readonly ChunkRef[]): void;
  /** What the entry's file on this disk holds, as last indexed; undefined for a file that is not there. */
  contentOf(entry: EntryId): Content | undefined;
  /** The entry's file as it lies on disk now, no link followed; undefined where it is gone or cannot be read. What it holds is not trusted: chunks are verified. */
  openEntry(entry: EntryId): Promise<LocalFile | undefined>;
  /** The chunk from any file of the folder in which it was last seen; verified; undefined where it is nowhere any more. */
  readChunk(chunk: ChunkRef): Promise<Uint8Array | undefined>;
}
