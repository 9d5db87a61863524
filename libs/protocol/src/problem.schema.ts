import { z } from 'zod';

/** Stable codes of refusals and faults; each answer says in `detail` what happens next. */
export const PROBLEM_CODES = [
  // who is asking
  'TOKEN_MISSING',
  'TOKEN_INVALID',
  'TOKEN_EXPIRED',
  'DEVICE_UNLINKED',
  'CODE_INVALID',
  'CODE_EXPIRED',
  'CODE_USED',
  'TOO_MANY_ATTEMPTS',
  'TOO_MANY_IN_FLIGHT',
  'PROTOCOL_UNSUPPORTED',
  // what is asked
  'NOT_FOUND',
  'WORKSPACE_NOT_FOUND',
  'NOT_ALLOWED',
  'REQUEST_INVALID',
  'REQUEST_TOO_LARGE',
  'LAST_OWNER',
  // commits and pulls
  'HISTORY_DIVERGED',
  'COMMIT_TOO_LARGE',
  'COMMIT_OUT_OF_ORDER',
  // chunks
  'PACK_INVALID',
  'CHUNK_MISMATCH',
  'BASE_UNKNOWN',
  'PAGE_INVALID',
  'CHUNK_UNKNOWN',
  'RANGE_INVALID',
  // the outside
  'STORE_UNAVAILABLE',
  'NOT_YET',
  'ROLE_ELSEWHERE',
  'HISTORY_BROKEN',
  'INTERNAL',
] as const;
export type ProblemCode = (typeof PROBLEM_CODES)[number];

/** RFC 9457, `application/problem+json`. An answer that is neither ours nor this is a proxy's, and a fault. */
export const problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number().int(),
  code: z.enum(PROBLEM_CODES),
  detail: z.string(),
  /** Of the request, to be found in the server's log. */
  correlation: z.string().optional(),
  /** Of refused input: where and why. */
  issues: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
});
export type Problem = z.output<typeof problem>;
export const PROBLEM_MEDIA_TYPE = 'application/problem+json';
/** Header on every answer of ours, so that a portal's 200 is not taken for one. */
export const SERVER_HEADER = 'tidemark-server';
