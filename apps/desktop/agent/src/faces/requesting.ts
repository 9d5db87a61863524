import type { Outcome } from '@tidemark/domain';
import { asCallProblem } from '@tidemark/faces';
import { CallProblem } from '@tidemark/ipc';
import type { Request, Trees } from '@tidemark/sync-engine';
import { syncOf, type FaceContext } from './face-context.ts';

/**
 * Sends what a person asks for, as a commit of its own, and waits for the server's word; bounded. Gives what became of each operation.
 * @throws {CallProblem} where it was not sent, or not answered in time.
 */
export async function request(
  context: FaceContext,
  workspace: string,
  make: (trees: Trees) => Request | { readonly impossible: string },
): Promise<readonly Outcome[]> {
  const sync = syncOf(context, workspace);
  if (sync.status().state === 'paused')
    throw new CallProblem(
      'REFUSED',
      'This workspace is paused, so that nothing is sent. Go on with "tidemark resume", then do this again.',
    );
  try {
    return await sync.request(make);
  } catch (error) {
    throw asCallProblem(error);
  }
}
