import { z } from 'zod';
import { cursor, entryId, workspaceId } from './primitives.ts';
import { row } from './row.schema.ts';

/**
 * What one device lacks. Applied only if `from` is the device's cursor and rows are there; otherwise it is a poke and the device pulls.
 */
export const delta = z.object({ workspace: workspaceId, from: cursor, to: cursor, rows: z.array(row).optional() });
export type Delta = z.output<typeof delta>;

/** Where a pull stands: within a pull the last entry is named too, since many rows may share a feed revision. */
export const pullPosition = cursor.extend({ entry: entryId.optional() });
export type PullPosition = z.output<typeof pullPosition>;

/**
 * Answer to `GET /v1/workspaces/:w/changes?revision=&chain=&entry=&limit=&fresh=`.
 * Rows after the position in order of (feed revision, entry). When `more` is false, `next` is a cursor and the remote tree is exactly the tree there.
 */
export const changesAnswer = z.object({ rows: z.array(row), next: pullPosition, more: z.boolean(), head: cursor });
export type ChangesAnswer = z.output<typeof changesAnswer>;

/** `POST /v1/workspaces/:w/common`: cursors a device remembers, newest first → the latest that is in this history, if any. */
export const commonQuestion = z.object({ cursors: z.array(cursor).min(1).max(1_000) });
export const commonAnswer = z.object({ common: cursor.nullable(), head: cursor });
export type CommonAnswer = z.output<typeof commonAnswer>;
