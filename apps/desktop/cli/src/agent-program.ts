import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { callAnswer, CallProblem, readAnswer, type Answer, type CallName, type Question } from '@tidemark/ipc';

/** Ended with the terminal's signals, and told on where the program cannot be replaced. */
const FORWARDED: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** It runs all day beside everything else: what is short-lived gets little room, and what was freed goes back to the system. */
const MODEST_FLAGS = ['--max-semi-space-size=4', '--heap-growing-percent=100'];
const MODEST_MEMORY = { MALLOC_ARENA_MAX: '2', MALLOC_MMAP_THRESHOLD_: '131072', MALLOC_TRIM_THRESHOLD_: '131072' };

/** It lives for a second, in which it loads more than it throws away: rubbish need not be collected meanwhile. */
const SHORT_LIVED_FLAGS = ['--min-semi-space-size=16'];

/** The agent's program: `run --home DIR`, or `calls --home DIR`, which answers calls without staying. */
const agentProgram = (): string => fileURLToPath(import.meta.resolve('@tidemark/agent/main'));

/** How a home's agent is run: the program, its parameters and what its environment has to say. */
export function agentCommand(home: string): { readonly parameters: string[]; readonly environment: Readonly<Record<string, string>> } {
  return { parameters: [...MODEST_FLAGS, ...process.execArgv, agentProgram(), 'run', '--home', home], environment: MODEST_MEMORY };
}

/** Becomes the agent: the same process where the platform can, else a child that gets the signals. Gives the exit code where it comes back. */
export async function becomeAgent(home: string): Promise<number> {
  const { parameters, environment } = agentCommand(home);
  const env = { ...environment, ...process.env };
  if (typeof process.execve === 'function' && process.platform !== 'win32') {
    process.execve(process.execPath, [process.execPath, ...parameters], env);
  }
  const agent = spawn(process.execPath, parameters, { stdio: 'inherit', env });
  for (const signal of FORWARDED) process.on(signal, () => agent.kill(signal));
  const [code] = (await once(agent, 'exit')) as [number | null];
  return code ?? 1;
}

/**
 * The agent's program answering calls while no agent runs: a question per line in, an answer per line out, in order. Questions hold codes and
 * texts, so they never stand among a process's parameters, which everybody can read. It holds the home until it is closed.
 */
export class AgentProgram {
  readonly #home: string;
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #answers: AsyncIterator<string>;
  readonly #ended: Promise<number | null>;

  private constructor(home: string) {
    this.#home = home;
    this.#child = spawn(process.execPath, [...SHORT_LIVED_FLAGS, ...process.execArgv, agentProgram(), 'calls', '--home', home], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    // One that ended before it read is told by the missing answer.
    this.#child.stdin.on('error', () => undefined);
    this.#answers = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
    this.#ended = new Promise((done) => this.#child.once('close', (code) => done(code)).once('error', () => done(null)));
  }

  static start(home: string): AgentProgram {
    return new AgentProgram(home);
  }

  /** @throws {CallProblem} */
  async call<Name extends CallName>(name: Name, question: Question<Name>): Promise<Answer<Name>> {
    this.#child.stdin.write(`${JSON.stringify({ name, question })}\n`);
    for (;;) {
      const { value, done } = await this.#answers.next();
      if (done)
        throw new CallProblem('FAILED', `The agent's program ended with ${await this.#ended} and no answer; its log is in ${this.#home}.`);
      const answer = parseAnswer(value);
      if (answer !== undefined) return readAnswer(name, answer);
    }
  }

  async close(): Promise<void> {
    this.#child.stdin.end();
    await this.#ended;
  }
}

/** An answer, or nothing where the line is something else that was printed. */
export function parseAnswer(line: string): unknown {
  try {
    const value: unknown = JSON.parse(line);
    return callAnswer.safeParse(value).success ? value : undefined;
  } catch {
    return undefined;
  }
}
