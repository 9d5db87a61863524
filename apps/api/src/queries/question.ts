import { revision } from '@tidemark/protocol';
import { z } from 'zod';

/** Number of items asked for, at most that many whatever is asked. */
export const limitUpTo = (max: number) =>
  z.coerce
    .number()
    .int()
    .min(1)
    .default(max)
    .transform((limit) => Math.min(limit, max));

/** The answer is to reflect at least this revision; it is waited for, bounded. */
export const minRevision = revision.optional();
