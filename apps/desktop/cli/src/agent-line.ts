import { setTimeout as wait } from 'node:timers/promises';
import { CallProblem, IpcClient, NoAgent, type Answer, type CallName, type Question } from '@tidemark/ipc';
import { callOnce } from './agent-program.ts';
import { readIpcFile } from './home.ts';

/** An agent that is starting holds its home before it listens; so long it is waited for. */
const STARTING_MS_MAX = 10_000;
const ASK_AGAIN_MS = 100;

/** Asks the running agent, else its program for this one call. @throws {CallProblem} */
export async function callAgent<Name extends CallName>(name: Name, question: Question<Name>, home: string): Promise<Answer<Name>> {
  const until = Date.now() + STARTING_MS_MAX;
  for (;;) {
    const running = await runningAgent(home);
    try {
      return running ? await running.call(name, question) : await callOnce(name, question, home);
    } catch (error) {
      const isStarting = !running && error instanceof CallProblem && error.code === 'AGENT_RUNNING';
      const hasJustGone = running !== undefined && error instanceof NoAgent;
      if ((!isStarting && !hasJustGone) || Date.now() > until) throw error;
      await wait(ASK_AGAIN_MS);
    }
  }
}

/** The line to the agent of this home, if one listens. */
export async function runningAgent(home: string): Promise<IpcClient | undefined> {
  const file = readIpcFile(home);
  if (!file) return undefined;
  const client = new IpcClient(file);
  try {
    await client.call('status', {}, AbortSignal.timeout(STARTING_MS_MAX));
    return client;
  } catch (error) {
    // An answer that is a "no" is an answer; without one, or from whoever has that port by now, there is no agent.
    return error instanceof CallProblem && error.code !== 'FAILED' ? client : undefined;
  }
}
