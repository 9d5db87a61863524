import { CALLS, CallProblem, type AgentFace, type CallName } from '@tidemark/ipc';

type Built = 'status' | 'link' | 'add' | 'remove' | 'explain' | 'stop';
const BUILT: ReadonlySet<CallName> = new Set<Built>(['status', 'link', 'add', 'remove', 'explain', 'stop']);

const refuse = (name: CallName) => (): Promise<never> =>
  Promise.reject(
    new CallProblem('FAILED', `This version of the agent cannot do "${name}" yet. Everything else goes on; update Tidemark to get it.`),
  );

/** Says a plain no to every call of the table that this agent does not have yet. */
export const NotYetFace = class {
  constructor() {
    for (const name of Object.keys(CALLS) as CallName[]) if (!BUILT.has(name)) Object.assign(this, { [name]: refuse(name) });
  }
} as new () => Omit<AgentFace, Built | 'notices'>;
