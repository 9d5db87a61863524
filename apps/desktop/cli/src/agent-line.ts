import { setTimeout as wait } from 'node:timers/promises';
import { CallProblem, NoAgent, type Answer, type CallName, type Notice, type Question } from '@tidemark/ipc';
import type { CallsProcess } from './agent-process.ts';
import { AgentProgram } from './agent-program.ts';
import { RunningAgent } from './running-agent.ts';

/** An agent that is starting holds its home before it listens; so long it is waited for. */
const STARTING_MS_MAX = 10_000;
/** The agent gives itself ten seconds. */
const STOPPING_MS_MAX = 15_000;
const ASK_AGAIN_MS = 100;

/** The calls of one command: to the running agent, else to its program, which is started once for all of them. */
export class AgentLine {
  readonly #home: string;
  #agent: RunningAgent | undefined;
  #program: AgentProgram | undefined;

  /** @param child the agent's program, where it was started already since no agent listens. */
  constructor(home: string, child: CallsProcess | undefined) {
    this.#home = home;
    this.#program = child && new AgentProgram(home, child);
  }

  /** @throws {CallProblem} */
  async call<Name extends CallName>(name: Name, question: Question<Name>): Promise<Answer<Name>> {
    const until = performance.now() + STARTING_MS_MAX;
    for (;;) {
      this.#agent ??= this.#program ? undefined : await RunningAgent.of(this.#home);
      try {
        if (this.#agent) return await this.#agent.call(name, question);
        this.#program ??= new AgentProgram(this.#home);
        return await this.#program.call(name, question);
      } catch (error) {
        const isStarting = !this.#agent && error instanceof CallProblem && error.code === 'AGENT_RUNNING';
        const hasJustGone = this.#agent !== undefined && error instanceof NoAgent;
        if ((!isStarting && !hasJustGone) || performance.now() > until) throw error;
        this.#agent = undefined;
        await this.close();
        await wait(ASK_AGAIN_MS);
      }
    }
  }

  /** Until the signal, or the agent goes; none where no agent runs. */
  async *notices(signal: AbortSignal): AsyncGenerator<Notice, void, void> {
    const agent = this.#program ? undefined : await RunningAgent.of(this.#home);
    if (agent) yield* agent.notices(signal);
  }

  async close(): Promise<void> {
    await this.#program?.close();
    this.#program = undefined;
  }
}

/**
 * Stops the agent of this home, if one runs, and waits until it has gone; likewise one that came to the home meanwhile.
 * @throws {CallProblem} also where one is still there in the end.
 */
export async function stopRunningAgent(home: string, stoppingMsMax: number = STOPPING_MS_MAX): Promise<void> {
  const until = performance.now() + stoppingMsMax;
  for (;;) {
    const agent = await RunningAgent.of(home);
    if (!agent) return;
    if (performance.now() > until)
      throw new CallProblem(
        'FAILED',
        `An agent (process ${agent.pid}) still has ${home}: it does not end, or something starts it again. "tidemark service status" shows whether the platform does.`,
      );
    await agent.call('stop', {}).catch((error: unknown) => {
      if (!(error instanceof NoAgent)) throw error;
    });
    while (agent.isWrittenIn(home) && performance.now() < until) await wait(ASK_AGAIN_MS);
  }
}
