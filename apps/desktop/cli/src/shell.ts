import type { Answer, CallName, Notice, Question } from '@tidemark/ipc';
import type { AgentLine } from './agent-line.ts';
import { EXIT_CODES } from './command-problem.ts';
import type { Screen } from './screen.ts';

/** What every command takes. */
export interface Common {
  readonly home?: string;
  readonly json?: boolean;
}

/**
 * What every command works with: the screen, and the agent of the home it was given. The line to the agent, and with it everything that reads
 * answers, is loaded when something is asked: `--help` is there at once.
 */
export class Shell {
  readonly screen: Screen;
  readonly complain: (text: string) => void;
  exitCode: number = EXIT_CODES.ok;
  #line: { readonly home: string; readonly line: AgentLine } | undefined;

  constructor(screen: Screen, complain: (text: string) => void) {
    this.screen = screen;
    this.complain = complain;
  }

  say(text: string): void {
    this.screen.write(`${text}\n`);
  }

  /** The answer for scripts, or as people read it. */
  tell(options: Common, answer: unknown, format: () => string): void {
    this.say(options.json ? JSON.stringify(answer, undefined, 2) : format());
  }

  async home({ home }: Common): Promise<string> {
    const { homeOf } = await import('./home.ts');
    return homeOf(home);
  }

  /** @throws {CallProblem} the agent's "no". */
  async ask<Name extends CallName>(options: Common, name: Name, question: Question<Name>): Promise<Answer<Name>> {
    return (await this.#lineTo(options)).call(name, question);
  }

  /** Notices of the running agent, until the signal; none where no agent runs. */
  async *notices(options: Common, signal: AbortSignal): AsyncGenerator<Notice, void, void> {
    yield* (await this.#lineTo(options)).notices(signal);
  }

  async close(): Promise<void> {
    await this.#line?.line.close();
  }

  async #lineTo(options: Common): Promise<AgentLine> {
    const home = await this.home(options);
    if (this.#line?.home !== home) {
      await this.close();
      const { isAlone, startCallsProcess } = await import('./agent-process.ts');
      // It loads while this process loads the line to it.
      const child = isAlone(home) ? startCallsProcess(home) : undefined;
      const { AgentLine } = await import('./agent-line.ts');
      this.#line = { home, line: new AgentLine(home, child) };
    }
    return this.#line.line;
  }
}
