import {
  CONFLICT_RULES,
  OPERATIONS_MAX,
  OPERATION_REJECTIONS,
  SETTLINGS,
  type Commit,
  type Operation,
  type Outcome,
} from '@tidemark/domain';
import { z } from 'zod';
import { attributes, content } from './content.schema.ts';
import { delta } from './changes.schema.ts';
import { conflictId, cursor, entryId, nameText, revision, targetText } from './primitives.ts';

const place = { entry: entryId, parent: entryId, name: nameText };
const createFolder = z.object({ type: z.literal('createFolder'), ...place });
const createFile = z.object({ type: z.literal('createFile'), ...place, content, attributes });
const createLink = z.object({ type: z.literal('createLink'), ...place, target: targetText });
const putContent = z.object({ type: z.literal('putContent'), entry: entryId, base: revision, content, attributes });
const putTarget = z.object({ type: z.literal('putTarget'), entry: entryId, base: revision, target: targetText });
const move = z.object({ type: z.literal('move'), ...place, base: revision });
const remove = z.object({ type: z.literal('delete'), entry: entryId });
const restore = z.object({ type: z.literal('restore'), ...place, base: revision });
const rescue = z.object({ type: z.literal('rescue'), entry: entryId });
const setAttributes = z.object({ type: z.literal('setAttributes'), entry: entryId, attributes });
const settleConflict = z.object({ type: z.literal('settleConflict'), conflict: conflictId, how: z.enum(SETTLINGS) });
const reopenConflict = z.object({ type: z.literal('reopenConflict'), conflict: conflictId, base: revision });
const group = z.object({
  type: z.literal('group'),
  operations: z
    .array(
      z.discriminatedUnion('type', [
        createFolder,
        createFile,
        createLink,
        putContent,
        putTarget,
        move,
        restore,
        remove,
        settleConflict,
        reopenConflict,
      ]),
    )
    .min(1)
    .max(OPERATIONS_MAX),
});
const side = z
  .object({
    kind: z.enum(['folder', 'file', 'link']),
    parent: entryId.nullable(),
    name: nameText,
    deleted: z.boolean(),
    content: content.optional(),
    target: targetText.optional(),
    revisions: z.object({ content: z.string().max(20), place: z.string().max(20), live: z.string().max(20) }).optional(),
  })
  .nullable();
const recordConflict = z.object({
  type: z.literal('recordConflict'),
  rule: z.enum(CONFLICT_RULES),
  entry: entryId,
  copy: entryId.optional(),
  inputs: z.object({ base: side, mine: side, theirs: side }),
});

export const operation = z
  .discriminatedUnion('type', [
    createFolder,
    createFile,
    createLink,
    putContent,
    putTarget,
    move,
    remove,
    restore,
    rescue,
    setAttributes,
    group,
    recordConflict,
    settleConflict,
    reopenConflict,
  ])
  .transform((value): Operation => value);

export const commit = z
  .object({
    number: z.number().int().positive().max(Number.MAX_SAFE_INTEGER),
    at: cursor,
    operations: z.array(operation).min(1).max(OPERATIONS_MAX),
  })
  .refine(
    (value) => value.operations.reduce((sum, one) => sum + (one.type === 'group' ? one.operations.length : 1), 0) <= OPERATIONS_MAX,
    `has more than ${OPERATIONS_MAX} operations; send them in several commits`,
  )
  .transform((value): Commit => value);

export const outcome = z
  .discriminatedUnion('accepted', [
    z.object({ accepted: z.literal(true), revision }),
    z.object({
      accepted: z.literal(false),
      revision,
      rejection: z.object({
        code: z.enum(OPERATION_REJECTIONS),
        /** For people; see the decision log. */
        current: z.unknown().optional(),
        names: z.array(z.string()).optional(),
      }),
    }),
  ])
  .transform((value) => value as Outcome);

/** Answer to `POST /v1/workspaces/:w/commits`. */
export const commitAnswer = z.object({ number: z.number().int(), outcomes: z.array(outcome), delta: delta.optional() });
export type CommitAnswer = z.output<typeof commitAnswer>;
