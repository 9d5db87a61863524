import { Fault, parseEntryId, type EntryId, type Revision } from '@tidemark/domain';
import { CallProblem } from '@tidemark/ipc';
import { Refused } from '@tidemark/sync-engine';

/** What a face is told when the server, or the way to it, did not do what was asked. */
export function asCallProblem(error: unknown): CallProblem {
  if (error instanceof CallProblem) return error;
  if (error instanceof Refused) {
    const isUnlinked = ['TOKEN_INVALID', 'TOKEN_EXPIRED', 'TOKEN_MISSING', 'DEVICE_UNLINKED'].includes(error.code);
    const isNone = ['NOT_FOUND', 'WORKSPACE_NOT_FOUND'].includes(error.code);
    return new CallProblem(isUnlinked ? 'NOT_LINKED' : isNone ? 'NOT_FOUND' : 'REFUSED', error.message, { cause: error });
  }
  if (error instanceof Fault && error.retry === 'later') return new CallProblem('SERVER_UNREACHABLE', error.message, { cause: error });
  return new CallProblem('FAILED', error instanceof Error ? error.message : String(error), { cause: error });
}

/** The server's "no" and its absence, in words for a face. */
export async function asking<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
  try {
    return await ask();
  } catch (error) {
    throw asCallProblem(error);
  }
}

/** @throws {CallProblem} `NOT_FOUND` */
export function mustEntryId(text: string): EntryId {
  const id = parseEntryId(text);
  if (id === undefined) throw new CallProblem('NOT_FOUND', `There is no entry ${text}.`);
  return id;
}

/** @throws {CallProblem} `INVALID` */
export function mustRevision(text: string): Revision {
  if (!/^\d{1,18}$/.test(text)) throw new CallProblem('INVALID', `${text} is no revision; "tidemark log" lists them.`);
  return BigInt(text);
}
