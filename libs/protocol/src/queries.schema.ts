import { CONFLICT_RULES } from '@tidemark/domain';
import { z } from 'zod';
import { accountId, conflictId, cursor, deviceId, entryId, revision } from './primitives.ts';
import { row } from './row.schema.ts';

/** Every answer of the query API says which revision it reflects. */
const reflecting = { reflects: cursor };

export const entryAnswer = z.object({ ...reflecting, entry: row, live: z.boolean(), path: z.string() });
export const childrenAnswer = z.object({ ...reflecting, children: z.array(row), more: z.boolean() });
export const findAnswer = z.object({ ...reflecting, entries: z.array(row.and(z.object({ path: z.string() }))) });

export const activity = z.object({
  revision,
  at: z.string(),
  type: z.string(),
  entry: entryId.optional(),
  account: accountId.optional(),
  device: deviceId.optional(),
  data: z.unknown(),
});
export const historyAnswer = z.object({ ...reflecting, activity: z.array(activity), more: z.boolean() });
/** `…/entries/:id/revisions`: the contents an entry has had, newest first. */
export const revisionsAnswer = historyAnswer;

export const conflictView = z.object({
  conflict: conflictId,
  rule: z.enum(CONFLICT_RULES),
  entry: entryId,
  copy: entryId.optional(),
  inputs: z.unknown(),
  device: deviceId,
  revision,
  at: z.string(),
  resolved: z.object({ how: z.string(), revision }).optional(),
});
export const conflictsAnswer = z.object({ ...reflecting, conflicts: z.array(conflictView) });

export const devicesAnswer = z.object({
  ...reflecting,
  devices: z.array(
    z.object({
      device: deviceId,
      account: accountId,
      name: z.string(),
      kind: z.enum(['agent', 'browser']),
      linked: z.string(),
      unlinked: z.string().optional(),
      receipt: z
        .object({
          revision,
          at: z.string(),
          fetching: z.array(z.object({ entry: entryId, bytes: z.number() })),
          parked: z.array(z.object({ entry: entryId, reason: z.string() })),
        })
        .optional(),
    }),
  ),
});
/** `…/tree?at=`: the live tree at a past revision, folded from the log. */
export const treeAnswer = z.object({ at: cursor, entries: z.array(row) });
