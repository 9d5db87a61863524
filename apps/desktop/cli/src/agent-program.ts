import { createInterface } from 'node:readline';
import { callAnswer, CallProblem, readAnswer, type Answer, type CallName, type Question } from '@tidemark/ipc';
import { startCallsProcess, type CallsProcess } from './agent-process.ts';

/**
 * The agent's program answering calls while no agent runs: a question per line in, an answer per line out, in order. Questions hold codes and
 * texts, so they never stand among a process's parameters, which everybody can read. It holds the home until it is closed.
 */
export class AgentProgram {
  readonly #home: string;
  readonly #child: CallsProcess;
  readonly #answers: AsyncIterator<string>;
  readonly #ended: Promise<number | null>;

  /** @param child one that was started for this home already. */
  constructor(home: string, child: CallsProcess = startCallsProcess(home)) {
    this.#home = home;
    this.#child = child;
    // One that ended before it read is told by the missing answer.
    this.#child.stdin.on('error', () => undefined);
    this.#answers = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
    this.#ended = new Promise((done) => this.#child.once('close', (code) => done(code)).once('error', () => done(null)));
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
