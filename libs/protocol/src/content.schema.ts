import { FILE_BYTES_MAX, INLINE_CHUNKS_MAX, type Attributes, type Content } from '@tidemark/domain';
import { z } from 'zod';
import { chunkId, contentId, nanoTime } from './primitives.ts';

const bytes = z.number().int().nonnegative().max(FILE_BYTES_MAX);
const chunkRef = z.object({
  id: chunkId,
  size: z
    .number()
    .int()
    .positive()
    .max(4 * 1024 * 1024),
});

export const content = z
  .union([
    z.object({ id: contentId, size: bytes, chunks: z.array(chunkRef).max(INLINE_CHUNKS_MAX) }),
    z.object({ id: contentId, size: bytes, pages: z.array(chunkId).min(1).max(300_000) }),
  ])
  .transform((value): Content => value);

export const attributes = z.object({ modified: nanoTime, executable: z.boolean() }).transform((value): Attributes => value);
