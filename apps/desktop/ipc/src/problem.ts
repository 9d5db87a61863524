import { z } from 'zod';

/** Exit codes of `tidemark`, the same for every command; they stand in `--help`. */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  notLinked: 3,
  unreachable: 4,
  refused: 5,
  agentRunning: 6,
  folderUnusable: 7,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Stable codes of what the agent says no to, each with the exit code it leads to. */
export const CALL_PROBLEMS = {
  FAILED: EXIT.failed,
  INVALID: EXIT.usage,
  NOT_LINKED: EXIT.notLinked,
  SERVER_UNREACHABLE: EXIT.unreachable,
  REFUSED: EXIT.refused,
  AGENT_RUNNING: EXIT.agentRunning,
  FOLDER_UNUSABLE: EXIT.folderUnusable,
  NOT_SYNCED: EXIT.folderUnusable,
  NOT_FOUND: EXIT.failed,
} as const satisfies Record<string, ExitCode>;
export type CallProblemCode = keyof typeof CALL_PROBLEMS;

/** An expected "no" to a call; `message` is for people and says what to do next. */
export class CallProblem extends Error {
  override readonly name = 'CallProblem';
  readonly code: CallProblemCode;

  constructor(code: CallProblemCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }

  get exitCode(): ExitCode {
    return CALL_PROBLEMS[this.code];
  }
}

const doorProblem = z.object({ status: z.number().int(), code: z.string(), detail: z.string() });
/** What a server says no with before it looks at a call (Problem Details): to whom it does not know, or when its stores are away. Nothing for any other answer. */
export function problemAtDoor(body: unknown): CallProblem | undefined {
  const read = doorProblem.safeParse(body);
  if (!read.success) return undefined;
  const { status, detail } = read.data;
  const code: CallProblemCode =
    status === 401 ? 'NOT_LINKED' : status === 404 ? 'NOT_FOUND' : status >= 500 || status === 429 ? 'SERVER_UNREACHABLE' : 'REFUSED';
  return new CallProblem(code, `${detail.slice(0, 1).toUpperCase()}${detail.slice(1)}.`);
}

const problemCode = z.enum(Object.keys(CALL_PROBLEMS) as [CallProblemCode, ...CallProblemCode[]]);
export const callError = z.object({ code: problemCode, message: z.string(), exitCode: z.number().int() });

/** The one line that the agent program prints when it was started for a single call, and the body of every answer to a call. */
export const callAnswer = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), result: z.unknown() }),
  z.object({ ok: z.literal(false), error: callError }),
]);
export type CallAnswer = z.output<typeof callAnswer>;

export const answerOf = (result: unknown): CallAnswer => ({ ok: true, result });

/** Anything but a {@link CallProblem} is told as `FAILED`. */
export function refusalOf(error: unknown): CallAnswer {
  const problem = error instanceof CallProblem ? error : new CallProblem('FAILED', error instanceof Error ? error.message : String(error));
  return { ok: false, error: { code: problem.code, message: problem.message, exitCode: problem.exitCode } };
}
