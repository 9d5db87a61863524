import type { ProblemCode } from '@tidemark/protocol';

export interface RefusalIssue {
  readonly path: string;
  readonly message: string;
}

const STATUS: Record<ProblemCode, number> = {
  TOKEN_MISSING: 401,
  TOKEN_INVALID: 401,
  TOKEN_EXPIRED: 401,
  DEVICE_UNLINKED: 401,
  CODE_INVALID: 403,
  CODE_EXPIRED: 403,
  CODE_USED: 403,
  TOO_MANY_ATTEMPTS: 429,
  TOO_MANY_IN_FLIGHT: 429,
  PROTOCOL_UNSUPPORTED: 426,
  NOT_FOUND: 404,
  WORKSPACE_NOT_FOUND: 404,
  NOT_ALLOWED: 403,
  REQUEST_INVALID: 400,
  REQUEST_TOO_LARGE: 413,
  LAST_OWNER: 409,
  HISTORY_DIVERGED: 409,
  COMMIT_TOO_LARGE: 413,
  COMMIT_OUT_OF_ORDER: 409,
  PACK_INVALID: 400,
  CHUNK_MISMATCH: 400,
  BASE_UNKNOWN: 422,
  PAGE_INVALID: 422,
  CHUNK_UNKNOWN: 404,
  RANGE_INVALID: 416,
  STORE_UNAVAILABLE: 503,
  NOT_YET: 503,
  ROLE_ELSEWHERE: 503,
  HISTORY_BROKEN: 500,
  INTERNAL: 500,
};

/** An expected "no" on its way out to whoever asked; the problem filter makes Problem Details of it. `detail` says what happens next. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly code: ProblemCode;
  readonly status: number;
  readonly issues: readonly RefusalIssue[] | undefined;

  constructor(code: ProblemCode, detail: string, issues?: readonly RefusalIssue[]) {
    super(detail);
    this.code = code;
    this.status = STATUS[code];
    this.issues = issues;
  }
}

/** Not existing and not being a member are told apart by nobody: one body for both. */
export const workspaceNotFound = (): Refusal =>
  new Refusal('WORKSPACE_NOT_FOUND', 'there is no such workspace for this account; ask one of its owners for an invitation');
