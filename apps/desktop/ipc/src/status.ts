import { z } from 'zod';

/**
 * What a workspace is doing. `idle` only when it is proven: scanned, nothing pending, cursor at the head.
 * `attention` needs the person; an issue says what to do.
 */
export const WORKSPACE_STATES = ['starting', 'idle', 'syncing', 'offline', 'paused', 'attention'] as const;
export type WorkspaceState = (typeof WORKSPACE_STATES)[number];

const count = z.number().int().nonnegative();
const pending = z.object({ entries: count, bytes: count });

/** An entry, or the workspace itself (path ''), that is skipped or waits, and what would help. */
export const issue = z.object({ path: z.string(), code: z.string(), message: z.string(), nextStep: z.string() });
export type Issue = z.output<typeof issue>;

export const workspaceStatus = z.object({
  name: z.string(),
  id: z.string(),
  folder: z.string(),
  state: z.enum(WORKSPACE_STATES),
  /** Revision of the server's head as last heard; -1 before that. */
  head: z.number().int(),
  /** Revision up to which everything is applied and durable here; -1 before the first pull. */
  applied: z.number().int(),
  pending: z.object({ upload: pending, download: pending }),
  issues: z.array(issue),
  /** Recorded and not yet resolved. */
  conflicts: count,
});
export type WorkspaceStatus = z.output<typeof workspaceStatus>;

/** Who answers: the agent of this machine, or a server, for a browser that is linked to it as a device of its own and keeps nothing. */
export const FACES = ['agent', 'server'] as const;

/** What `tidemark status --json` prints. */
export const status = z.object({
  /** Where it is not said: an agent. */
  face: z.enum(FACES).optional(),
  /** `pid` is null where no agent runs and the answer was read from the journal. */
  agent: z.object({ pid: z.number().int().nullable(), version: z.string() }),
  /** `url` is null before this device was linked. */
  server: z.object({ url: z.string().nullable(), connected: z.boolean() }),
  workspaces: z.array(workspaceStatus),
  /** Bytes on the wire since the agent started, headers included as far as they are known. */
  traffic: z.object({ sentBytes: count, receivedBytes: count }),
});
export type Status = z.output<typeof status>;
