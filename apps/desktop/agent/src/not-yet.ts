import { CallProblem } from '@tidemark/ipc';
import type { Calls } from './faces/face-context.ts';

const notYet = (): Promise<never> =>
  Promise.reject(new CallProblem('FAILED', 'The agent of this version cannot do this yet; nothing was changed.'));

/** Calls that stand in the table and that the agent cannot answer yet: each is refused in plain words. */
export const NOT_YET: Calls<'conflicts' | 'settle' | 'unsettle'> = {
  conflicts: notYet,
  settle: notYet,
  unsettle: notYet,
};
