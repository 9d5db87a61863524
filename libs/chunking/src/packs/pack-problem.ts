import { Fault } from '@tidemark/domain';
import type { Retry } from '@tidemark/domain';

export type PackProblemCode =
  | 'NOT_A_PACK'
  | 'VERSION_UNKNOWN'
  | 'TRUNCATED'
  | 'TRAILING_BYTES'
  | 'TOO_MANY_CHUNKS'
  | 'PACK_TOO_LARGE'
  | 'CHUNK_TOO_LARGE'
  | 'CONTENT_TOO_LARGE'
  | 'RECORD_INVALID'
  | 'CHUNK_TWICE'
  | 'CODEC_UNKNOWN'
  | 'BASE_MISSING'
  | 'BODY_DAMAGED'
  | 'SIZE_WRONG'
  | 'HASH_WRONG'
  | 'CONTENT_INVALID';

/**
 * Bytes from outside that are no pack, frame or chunk as they should be. Nothing of the record it speaks of was handed on.
 * `retry` is `never` for a pack that somebody built wrongly and `later` for damage on the way or at rest.
 */
export class PackProblem extends Fault {
  override readonly name = 'PackProblem';
  readonly code: PackProblemCode;

  constructor(code: PackProblemCode, message: string, options: { retry?: Retry; cause?: unknown } = {}) {
    super(message, { retry: options.retry ?? 'never', cause: options.cause });
    this.code = code;
  }
}
