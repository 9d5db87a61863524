import { CallProblem, type AgentFace } from '@tidemark/ipc';

const notYet = (): Promise<never> =>
  Promise.reject(new CallProblem('FAILED', 'The agent of this version cannot do this yet; nothing was changed.'));

/** Calls that stand in the table and that the agent cannot answer yet: each is refused in plain words. */
export class NotYet implements Omit<AgentFace, 'status' | 'link' | 'add' | 'remove' | 'explain' | 'stop' | 'notices'> {
  readonly entries = notYet;
  readonly find = notYet;
  readonly entryAt = notYet;
  readonly revisions = notYet;
  readonly deleted = notYet;
  readonly restore = notYet;
  readonly get = notYet;
  readonly text = notYet;
  readonly activity = notYet;
  readonly open = notYet;
  readonly conflicts = notYet;
  readonly settle = notYet;
  readonly unsettle = notYet;
  readonly devices = notYet;
  readonly invite = notYet;
  readonly unlink = notYet;
  readonly pause = notYet;
  readonly resume = notYet;
  readonly choose = notYet;
  readonly scope = notYet;
  readonly ignoreRules = notYet;
  readonly setIgnoreRules = notYet;
  readonly ignoreCheck = notYet;
  readonly folders = notYet;
  readonly workspaces = notYet;
  readonly report = notYet;
}
