import type { EXIT, ExitCode } from '@tidemark/ipc';

/** As in `@tidemark/ipc`; written again so that `--help` need not load it. The type holds them equal. */
export const EXIT_CODES: Readonly<typeof EXIT> = {
  ok: 0,
  failed: 1,
  usage: 2,
  notLinked: 3,
  unreachable: 4,
  refused: 5,
  agentRunning: 6,
  folderUnusable: 7,
};

/** An expected "no" of the command line's own; `message` says what to do next. */
export class CommandProblem extends Error {
  override readonly name = 'CommandProblem';
  readonly exitCode: ExitCode;

  constructor(kind: keyof typeof EXIT, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.exitCode = EXIT_CODES[kind];
  }
}
