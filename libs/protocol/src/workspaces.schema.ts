import { CHUNKS_ASKED_MAX, DEVICE_NAME_CHARS_MAX, WORKSPACE_NAME_CHARS_MAX } from '@tidemark/domain';
import { z } from 'zod';
import { accountId, chunkId, cursor, deviceId, entryId, revision, workspaceId } from './primitives.ts';

const label = (max: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(max)
    .refine((text) => !/\p{Cc}/u.test(text), 'has control characters');

/** `POST /v1/devices/link`, without a token. */
export const linkQuestion = z.object({
  code: z.string().trim().min(1).max(100),
  device: label(DEVICE_NAME_CHARS_MAX),
  kind: z.enum(['agent', 'browser']).default('agent'),
  /** Of a new account, where the code invites another person. */
  person: label(DEVICE_NAME_CHARS_MAX).optional(),
});
export const linkAnswer = z.object({ device: deviceId, account: accountId, token: z.string() });
export type LinkAnswer = z.output<typeof linkAnswer>;

/** `GET /v1/devices/:d` */
export const deviceAnswer = z.object({
  device: deviceId,
  account: accountId,
  name: z.string(),
  kind: z.enum(['agent', 'browser']),
  linked: z.string(),
});
export type DeviceAnswer = z.output<typeof deviceAnswer>;

export const role = z.enum(['owner', 'editor', 'viewer']);
/** `POST /v1/invites` */
export const inviteQuestion = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('device') }),
  z.object({ kind: z.literal('member'), workspace: workspaceId, role }),
]);
export const inviteAnswer = z.object({ code: z.string(), expires: z.string() });

export const workspaceFormat = z.object({
  chunking: z.enum(['fastcdc', 'fixed-4mib']),
  names: z.enum(['portable', 'exact']),
  unicode: z.string(),
});
/** `POST /v1/workspaces`: `workspace` and `root` are minted by the device, so that a repeat makes no second one. */
export const createWorkspaceQuestion = z.object({
  workspace: workspaceId,
  root: entryId,
  name: label(WORKSPACE_NAME_CHARS_MAX),
  chunking: z.enum(['fastcdc', 'fixed-4mib']).default('fastcdc'),
  names: z.enum(['portable', 'exact']).default('portable'),
});
/** One of `GET /v1/workspaces`; `GET /v1/workspaces/:w`; answer to creation. */
export const workspaceAnswer = z.object({
  workspace: workspaceId,
  name: z.string(),
  root: entryId,
  format: workspaceFormat,
  role,
  head: cursor,
  /** Number of the asking device's latest commit, 0 before the first: a device whose journal was lost goes on counting from here. */
  lastCommit: z.number().int().nonnegative(),
});
export type WorkspaceAnswer = z.output<typeof workspaceAnswer>;
export const workspacesAnswer = z.object({ workspaces: z.array(workspaceAnswer) });

/** `PUT /v1/workspaces/:w/members/:account` */
export const memberQuestion = z.object({ role });

/** `POST /v1/workspaces/:w/chunks/missing` */
export const missingQuestion = z.object({ chunks: z.array(chunkId).min(1).max(CHUNKS_ASKED_MAX) });
export const missingAnswer = z.object({ missing: z.array(chunkId) });
/** Answer to `POST /v1/workspaces/:w/packs` (body: a pack, `application/octet-stream`). */
export const packAnswer = z.object({ stored: z.number().int().nonnegative(), known: z.number().int().nonnegative() });
/**
 * `POST /v1/workspaces/:w/chunks/fetch` → frames of libs/chunking, one per asked chunk, in that order (`application/octet-stream`).
 * `bases`: chunks the device holds, best first, that may serve as dictionary.
 */
export const fetchQuestion = z.object({
  chunks: z
    .array(z.object({ id: chunkId, bases: z.array(chunkId).max(4).optional() }))
    .min(1)
    .max(CHUNKS_ASKED_MAX),
});

/** `POST /v1/workspaces/:w/receipts` */
export const receiptQuestion = z.object({
  /** Everything up to here is applied and durable, but for what is fetched or parked. */
  revision,
  fetching: z
    .array(z.object({ entry: entryId, bytes: z.number().int().nonnegative() }))
    .max(100)
    .default([]),
  parked: z
    .array(z.object({ entry: entryId, reason: z.string().max(200) }))
    .max(1_000)
    .default([]),
  /** The device has become quiet: nothing pending but what is parked. */
  quiet: z.boolean().default(false),
});
export type ReceiptQuestion = z.input<typeof receiptQuestion>;
export const receiptAnswer = z.object({ ok: z.literal(true) });
