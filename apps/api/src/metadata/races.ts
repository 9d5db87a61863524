import { setTimeout as sleep } from 'node:timers/promises';
import { WrongExpectedRevision } from '@tidemark/event-log';
import { Refusal } from '../http/refusal.ts';

/**
 * How often a decision that lost the race to the log is made again. Processes that share a stream take turns at random, so among n of them a decision
 * loses so many times in a row with a chance of (1 - 1/n) to this power: 1 in 65,000 for two, 1 in 100 for four.
 */
export const RACES_MAX = 16;
/** After the first lost race one waits up to so long, after the second up to twice as long, and so on: a little more than a round takes. */
export const RACE_PAUSE_MS_STEP = 4;
export const RACE_PAUSE_MS_MAX = 20;

/** Lets whoever was faster go first. `races`: how many were lost so far. */
export type Pause = (races: number) => Promise<void>;
/** In place of {@link jitteredPause}. */
export const RACE_PAUSE = Symbol('Pause');

export const jitteredPause: Pause = async (races) => {
  await sleep(Math.random() * Math.min(RACE_PAUSE_MS_MAX, RACE_PAUSE_MS_STEP * races));
};

/** 503: the device sends it again later, and what is decided then takes effect once. */
export const allRacesLost = (): Refusal =>
  new Refusal(
    'NOT_YET',
    `others changed this ${RACES_MAX} times while it was being decided; nothing was done: send the request again in a moment`,
  );

/** Runs it again when, and only when, it lost a race. `attempt` has to catch up by itself. @throws {Refusal} `NOT_YET` after {@link RACES_MAX}. */
export async function decidingAgain<Result>(attempt: () => Promise<Result>, pause: Pause = jitteredPause): Promise<Result> {
  for (let races = 0; races < RACES_MAX; races++) {
    if (races > 0) await pause(races);
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof WrongExpectedRevision)) throw error;
    }
  }
  throw allRacesLost();
}
