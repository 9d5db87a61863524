import type { Content } from '../../content/content.ts';
import { utf8Length } from '../../kernel/text.ts';
import { TARGET_BYTES_MAX } from '../../limits.ts';
import type { Rejection } from '../operations.ts';
import { rejectionOf, type Deciding } from './deciding.ts';

/** Why the content cannot be put together here. */
export function contentProblem({ facts }: Deciding, content: Content): Rejection | undefined {
  const state = facts.contentState(content);
  if ('missing' in state) return rejectionOf('CHUNKS_MISSING', { names: state.missing });
  return 'invalid' in state ? rejectionOf('CONTENT_INVALID') : undefined;
}

/** A target is never followed, only kept: any text without NUL that fits. */
export function targetProblem(target: string): Rejection | undefined {
  const fits = target !== '' && !target.includes('\0') && target.isWellFormed() && utf8Length(target) <= TARGET_BYTES_MAX;
  return fits ? undefined : rejectionOf('CONTENT_INVALID');
}
