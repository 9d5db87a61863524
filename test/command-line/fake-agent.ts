import { mkdtemp, rm } from 'node:fs/promises';
import { realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startIpcServer, type IpcServer } from '@tidemark/agent';
import { PLAIN, runProgram, type Screen } from '@tidemark/cli';
import { CALLS, CallProblem, type AgentFace, type Answer, type Asked, type CallName, type Notice, type Status } from '@tidemark/ipc';

type Answers = { [Name in CallName]?: Answer<Name> | Error | ((question: Asked<Name>) => Answer<Name> | Promise<Answer<Name>>) };

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** An agent that answers what it is told to, behind the real line: the real server of faces, over real HTTP, with its secret in a home of its own. */
export class FakeAgent {
  /** Everything that was asked but `status`. */
  asked: { readonly name: CallName; readonly question: unknown }[] = [];
  answers: Answers = {};
  readonly home: string;
  /** Of the workspace `docs`; really there. */
  readonly folder: string;
  readonly #base: string;
  readonly #listeners = new Set<(notice: Notice) => void>();
  #server: IpcServer | undefined;

  private constructor(base: string) {
    this.#base = base;
    this.home = join(base, 'home');
    this.folder = join(base, 'Docs');
  }

  static async start(): Promise<FakeAgent> {
    const agent = new FakeAgent(realpathSync(await mkdtemp(join(tmpdir(), 'tidemark-command-line-'))));
    agent.answers.status = statusOf([{ name: 'docs', id: 'w-docs', folder: agent.folder }]);
    agent.#server = await startIpcServer({ home: agent.home, version: '0.1.0', face: agent.#face() });
    return agent;
  }

  get address(): string {
    return `http://127.0.0.1:${this.#server?.file.port}/`;
  }
  get secret(): string {
    return this.#server?.file.secret ?? '';
  }
  /** Somewhere beside the synced folder. */
  beside(name: string): string {
    return join(this.#base, name);
  }

  tell(notice: Notice): void {
    for (const listener of this.#listeners) listener(notice);
  }
  get isHeard(): boolean {
    return this.#listeners.size > 0;
  }

  /** The command line with this agent's home. */
  run(...argv: readonly string[]): Promise<Ran> {
    return this.runOn({}, ...argv);
  }
  async runOn(screen: Partial<Screen>, ...argv: readonly string[]): Promise<Ran> {
    let out = '';
    let err = '';
    const write = (text: string): void => void (out += text);
    const code = await runProgram([...argv, '--home', this.home], { ...PLAIN, write, ...screen }, (text) => void (err += text));
    return { code, out, err };
  }
  /** What it prints for scripts. */
  async json(...argv: readonly string[]): Promise<unknown> {
    const { code, out, err } = await this.run(...argv, '--json');
    if (code !== 0) throw new Error(`ended with ${code}: ${err}`);
    return JSON.parse(out);
  }

  /** As an agent that was stopped. */
  async leave(): Promise<void> {
    await this.#server?.close();
    this.#server = undefined;
  }

  async close(): Promise<void> {
    await this.leave();
    await rm(this.#base, { recursive: true, force: true });
  }

  #face(): AgentFace {
    const calls = Object.keys(CALLS).map((name) => [name, (question: unknown) => this.#answer(name as CallName, question)]);
    const notices = (listener: (notice: Notice) => void): (() => void) => {
      this.#listeners.add(listener);
      return () => this.#listeners.delete(listener);
    };
    return { ...Object.fromEntries(calls), notices } as AgentFace;
  }

  async #answer(name: CallName, question: unknown): Promise<unknown> {
    if (name !== 'status') this.asked.push({ name, question });
    const answer = this.answers[name] as Answer<CallName> | Error | ((question: unknown) => unknown) | undefined;
    if (answer instanceof Error) throw answer;
    if (typeof answer === 'function') return answer(question);
    if (answer === undefined) throw new CallProblem('FAILED', `nothing was prepared for ${name}`);
    return answer;
  }
}

export function statusOf(workspaces: readonly { name: string; id: string; folder: string }[]): Status {
  const none = { entries: 0, bytes: 0 };
  return {
    agent: { pid: 1, version: '0.1.0' },
    server: { url: 'http://s', connected: true },
    workspaces: workspaces.map((one) => ({
      ...one,
      state: 'idle',
      head: 1,
      applied: 1,
      pending: { upload: none, download: none },
      issues: [],
      conflicts: 0,
    })),
    traffic: { sentBytes: 1, receivedBytes: 2 },
  };
}

/** How a time is shown: local, to the minute. */
export const SHOWN_AT = '2026-03-04 05:06';
export const AT = new Date(2026, 2, 4, 5, 6).getTime();
export const ADA = { person: 'ada', device: 'd1', deviceName: 'laptop' };
