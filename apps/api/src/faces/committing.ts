import { setTimeout as pause } from 'node:timers/promises';
import { must, type Cursor, type Outcome, type WorkspaceId } from '@tidemark/domain';
import { CallProblem } from '@tidemark/ipc';
import { asCallProblem } from '@tidemark/faces';
import { Refused, type Impossible, type Request } from '@tidemark/sync-engine';
import type { Progress } from '../queries/progress.ts';
import type { OwnRoutes } from './own-routes.ts';

/** Another tab, or another click, of the same browser was first: with the number, or with the one commit that may be under way. */
const LOST_TO_ITSELF: readonly string[] = ['COMMIT_OUT_OF_ORDER', 'TOO_MANY_IN_FLIGHT'];
const TRIES_MAX = 20;
const AGAIN_MS = 20;
/** What was committed is waited for this long, so that what is asked next shows it. */
const SHOWN_MS_MAX = 2_000;

/**
 * Sends what is made as a commit of its own, in the name of the browser that asks, and gives what became of each operation. What the commit claims to have seen is what the
 * read model had before `make` read from it: who changes something in between is refused rather than overwritten.
 * @throws {CallProblem}
 */
export async function committed(
  server: OwnRoutes,
  progress: Progress,
  workspace: WorkspaceId,
  make: () => Promise<Request | Impossible>,
): Promise<readonly Outcome[]> {
  try {
    for (let tries = 1; ; tries += 1) {
      const { lastCommit } = await server.workspace(workspace);
      const at: Cursor = await progress.of(workspace);
      const made = await make();
      if ('impossible' in made) throw new CallProblem('REFUSED', made.impossible);
      try {
        const { outcomes } = await server.commit(workspace, { number: lastCommit + 1, at, operations: made.operations });
        const last = must(outcomes.at(-1), 'each operation has an outcome');
        if (last.accepted) await progress.nearly(workspace, last.revision, SHOWN_MS_MAX);
        return outcomes;
      } catch (error) {
        if (!(error instanceof Refused) || !LOST_TO_ITSELF.includes(error.code) || tries === TRIES_MAX) throw error;
        await pause(AGAIN_MS * tries);
      }
    }
  } catch (error) {
    throw asCallProblem(error);
  }
}
