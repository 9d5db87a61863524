import { Fault } from '@tidemark/domain';
import { WrongExpectedRevision } from '@tidemark/event-log';

/** How often a decision that lost the race to the log is made again. */
export const RACES_MAX = 8;

/** Runs it again when, and only when, it lost a race. `attempt` has to catch up by itself. */
export async function decidingAgain<Result>(attempt: () => Promise<Result>): Promise<Result> {
  for (let races = 0; races < RACES_MAX; races++) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof WrongExpectedRevision)) throw error;
    }
  }
  throw new Fault('others were faster every time; send the request again', { retry: 'later' });
}
