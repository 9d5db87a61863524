import type { Content, EntryId } from '@tidemark/domain';

/** What an earlier attempt at the same content has left in staging, at the same offsets. Not trusted: every chunk found in it is verified. */
export interface StagedBefore {
  /** Up to `length` bytes at `offset`; fewer where it ends, none beyond. */
  read(offset: number, length: number): Promise<Uint8Array>;
}

/** Where the bytes of a content come from when it is written to this disk: local sources first, the rest from the server. */
export interface ContentSource {
  /**
   * The bytes of the content in order, chunk by chunk; every chunk is verified and together they are the content, so what was read to the end needs no second look.
   * A piece is for reading only.
   * - Staging is kept by content id, and handed in as `before` when the content is opened again after a fault or a restart: what it holds is not fetched again. It may be
   *   written over in place while it is read, since the same bytes go to the same offsets.
   * - `entry`: whose old content on this disk may serve as a source and as a base.
   * - Contents opened at about the same time share requests. Reading ahead is bounded; a reader that pauses holds up nobody else.
   *
   * @throws {Fault} `retry: 'later'` where the server cannot be reached or does not have a chunk (now).
   */
  open(content: Content, entry: EntryId, options?: { readonly before?: StagedBefore }): AsyncIterable<Uint8Array>;
}
