import { DEPTH_MAX } from '@tidemark/domain';
import { revision } from '@tidemark/protocol';
import { z } from 'zod';

/** Of a path as text; a request's line bounds it too. */
export const PATH_CHARS_MAX = 8_192;

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

/** Items before this revision, newest first. */
export const before = revision.optional();

/** From the workspace's folder down, with `/`; the names of it. */
export const path = z
  .string()
  .max(PATH_CHARS_MAX)
  .transform((text) => text.normalize('NFC').split('/').filter(Boolean))
  .refine((names) => names.length <= DEPTH_MAX, 'is deeper than any tree');

/** ISO 8601 in UTC; in the form in which times are kept, so that they compare as texts. */
export const time = z.iso.datetime().transform((text) => new Date(text).toISOString());
