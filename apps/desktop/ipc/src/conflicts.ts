import { z } from 'zod';
import { author, reflects } from './entries.ts';

/** One side of a conflict. Null where that side has nothing, such as one that has deleted it. */
export const conflictSideView = z
  .object({
    /** What holds its content; null where it is deleted or was never there. */
    entry: z.string().nullable(),
    /** Where it stood when the two met: of a conflict copy, the name that both wanted. */
    path: z.string(),
    /** Where it lies now; null where it is no longer there. Left out where this is not known, or the side is a deletion. */
    pathNow: z.string().nullable().optional(),
    kind: z.enum(['file', 'folder', 'link']),
    bytes: z.number().int().nonnegative(),
    isDeleted: z.boolean(),
    /** Of the content: to be got with `get` or `text`. Null where there is none. */
    revision: z.string().nullable(),
    by: author,
  })
  .nullable();
export type ConflictSideView = z.output<typeof conflictSideView>;

/**
 * How a conflict of two contents may be settled: `mine` the conflict copy's content becomes the file's, the copy goes; `theirs` the file stays, the copy goes;
 * `both` both stay as they are; `merged` a text becomes the file's, the copy goes. What goes is deleted, not lost.
 * Where one side deleted the entry, that side deletes it after all and the other keeps it; where it was moved twice, `mine` and `theirs` are the two places.
 * `both` leaves everything as it is.
 */
export const CONFLICT_ENDS = ['mine', 'theirs', 'both', 'merged'] as const;
export type ConflictEnd = (typeof CONFLICT_ENDS)[number];

export const conflictCard = z.object({
  conflict: z.string(),
  at: z.number(),
  /** The rule of the conflict table, and one sentence on what it did. */
  rule: z.string(),
  said: z.string(),
  path: z.string(),
  /** The device that met it. */
  by: author,
  base: conflictSideView,
  mine: conflictSideView,
  theirs: conflictSideView,
  /** What can be chosen here; `both` always can. */
  ends: z.array(z.enum(CONFLICT_ENDS)),
  settled: z.object({ how: z.enum(CONFLICT_ENDS), revision: z.string() }).nullable(),
});
export type ConflictCard = z.output<typeof conflictCard>;

const workspace = z.string().min(1);
export const CONFLICT_CALLS = {
  /** Newest first; without `all` those that are not settled. */
  conflicts: {
    question: z.object({ workspace, all: z.boolean().default(false) }),
    answer: z.object({ reflects, conflicts: z.array(conflictCard) }),
  },
  /** An ordinary commit that says which conflict it settles. Answered when the server has it. */
  settle: {
    question: z.object({ workspace, conflict: z.string().min(1), how: z.enum(CONFLICT_ENDS), text: z.string().optional() }),
    answer: z.object({ revision: z.string() }),
  },
  /** Takes the settling back: contents are as they were before it, and the conflict is open again. */
  unsettle: {
    question: z.object({ workspace, conflict: z.string().min(1) }),
    answer: z.object({ revision: z.string() }),
  },
} as const;
