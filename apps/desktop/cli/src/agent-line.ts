import { setTimeout as wait } from 'node:timers/promises';
import { CallProblem, IpcClient, NoAgent, type Answer, type CallName, type Notice, type Question } from '@tidemark/ipc';
import { AgentProgram } from './agent-program.ts';
import { readIpcFile } from './home.ts';

/** An agent that is starting holds its home before it listens; so long it is waited for. */
const STARTING_MS_MAX = 10_000;
/** The agent gives itself ten seconds. */
const STOPPING_MS_MAX = 15_000;
const ASK_AGAIN_MS = 100;

/** The calls of one command: to the running agent, else to its program, which is started once for all of them. */
export class AgentLine {
  readonly #home: string;
  #client: IpcClient | undefined;
  #program: AgentProgram | undefined;

  constructor(home: string) {
    this.#home = home;
  }

  /** @throws {CallProblem} */
  async call<Name extends CallName>(name: Name, question: Question<Name>): Promise<Answer<Name>> {
    const until = Date.now() + STARTING_MS_MAX;
    for (;;) {
      this.#client ??= this.#program ? undefined : await runningAgent(this.#home);
      try {
        if (this.#client) return await this.#client.call(name, question);
        this.#program ??= AgentProgram.start(this.#home);
        return await this.#program.call(name, question);
      } catch (error) {
        const isStarting = !this.#client && error instanceof CallProblem && error.code === 'AGENT_RUNNING';
        const hasJustGone = this.#client !== undefined && error instanceof NoAgent;
        if ((!isStarting && !hasJustGone) || Date.now() > until) throw error;
        this.#client = undefined;
        await this.close();
        await wait(ASK_AGAIN_MS);
      }
    }
  }

  /** Until the signal, or the agent goes; none where no agent runs. */
  async *notices(signal: AbortSignal): AsyncGenerator<Notice, void, void> {
    const agent = this.#program ? undefined : await runningAgent(this.#home);
    if (agent) yield* agent.notices(signal);
  }

  async close(): Promise<void> {
    await this.#program?.close();
    this.#program = undefined;
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

/** Stops the agent of this home, if one runs, and waits until it has gone. @throws {CallProblem} */
export async function stopRunningAgent(home: string): Promise<void> {
  const agent = await runningAgent(home);
  if (!agent) return;
  await agent.call('stop', {});
  const until = Date.now() + STOPPING_MS_MAX;
  while (readIpcFile(home) && Date.now() < until) await wait(ASK_AGAIN_MS);
}
