import { z } from 'zod';
import { CONFLICT_CALLS } from './conflicts.ts';
import { DEVICE_CALLS } from './devices.ts';
import { ENTRY_CALLS } from './entries.ts';
import { FOLDER_CALLS } from './folders.ts';
import { CallProblem } from './problem.ts';
import { status } from './status.ts';

const nothing = z.object({});
const folderPath = z.string().min(1);

/** One step of a decision: what was seen, which rule applied, what came of it. Newest last. */
export const decision = z.object({
  /** Milliseconds since 1970. */
  at: z.number(),
  path: z.string(),
  what: z.string(),
  rule: z.string().optional(),
  /** One sentence that says what happens next. */
  detail: z.string(),
});
export type Decision = z.output<typeof decision>;

export const explanation = z.object({
  workspace: z.string(),
  folder: z.string(),
  /** Within the folder, with `/`. */
  path: z.string(),
  entry: z.string().nullable(),
  /** How it stands now, in one sentence. */
  now: z.string(),
  decisions: z.array(decision),
});
export type Explanation = z.output<typeof explanation>;

/** The one table of calls: what a face asks, what the agent answers. Paths are absolute; relative ones are the face's to resolve. */
export const CALLS = {
  status: { question: nothing, answer: status },
  link: {
    question: z.object({ url: z.string().min(1), code: z.string().trim().min(1), device: z.string().trim().min(1) }),
    answer: z.object({ url: z.string(), device: z.string(), deviceName: z.string() }),
  },
  /** Creates the workspace if the account has none of that name; the folder too, if it is not there. */
  add: {
    question: z.object({
      folder: folderPath,
      workspace: z.string().trim().min(1),
      chunking: z.enum(['fastcdc', 'fixed-4mib']).optional(),
    }),
    answer: z.object({ workspace: z.string(), name: z.string(), folder: z.string(), created: z.boolean() }),
  },
  /** Files stay on both sides. */
  remove: {
    question: z.object({ folder: folderPath }),
    answer: z.object({ workspace: z.string(), name: z.string(), folder: z.string() }),
  },
  explain: { question: z.object({ path: folderPath }), answer: explanation },
  /** Stops the agent; answered before it goes. */
  stop: { question: nothing, answer: nothing },
  ...ENTRY_CALLS,
  ...CONFLICT_CALLS,
  ...DEVICE_CALLS,
  ...FOLDER_CALLS,
} as const;
export type CallName = keyof typeof CALLS;
export type Question<Name extends CallName> = z.input<(typeof CALLS)[Name]['question']>;
/** A question as the agent gets it: checked. */
export type Asked<Name extends CallName> = z.output<(typeof CALLS)[Name]['question']>;
export type Answer<Name extends CallName> = z.output<(typeof CALLS)[Name]['answer']>;

export const isCallName = (text: string): text is CallName => Object.hasOwn(CALLS, text);

/** What is being synced, as it happens. */
export const activityNotice = z.object({
  type: z.literal('activity'),
  /** Milliseconds since 1970. */
  at: z.number(),
  workspace: z.string(),
  /** `up`: to the server. `down`: from it. `local`: on this device only. */
  direction: z.enum(['up', 'down', 'local']),
  path: z.string(),
  /** A few words: `created`, `changed`, `moved to …`, `deleted`, `conflict copy`. */
  what: z.string(),
});
export type ActivityNotice = z.output<typeof activityNotice>;

/** Contents under way, whole at every notice, thinned out; empty when there are none. */
export const transfersNotice = z.object({
  type: z.literal('transfers'),
  /** Id. */
  workspace: z.string(),
  transfers: z.array(
    z.object({
      entry: z.string(),
      path: z.string(),
      direction: z.enum(['up', 'down']),
      bytes: z.number().int().nonnegative(),
      doneBytes: z.number().int().nonnegative(),
    }),
  ),
});
export type TransfersNotice = z.output<typeof transfersNotice>;

/** The first notice of a stream is a status; then changes as they come, statuses thinned out. */
export const notice = z.discriminatedUnion('type', [z.object({ type: z.literal('status'), status }), activityNotice, transfersNotice]);
export type Notice = z.output<typeof notice>;

/**
 * The agent as its faces see it: one method per call, and the notices.
 * @throws {CallProblem} for an expected "no"; anything else is told as `FAILED`.
 */
export type AgentFace = { readonly [Name in CallName]: (question: Asked<Name>) => Promise<Answer<Name>> } & {
  /** Tells the listener the status at once, then every change; gives what ends it. */
  readonly notices: (listener: (notice: Notice) => void) => () => void;
};

/** Asks a face by name, with the question as it came from outside. @throws {CallProblem} */
export async function dispatch(face: AgentFace, name: CallName, question: unknown): Promise<unknown> {
  const asked = CALLS[name].question.safeParse(question);
  if (!asked.success) {
    const where = asked.error.issues.map((one) => `${one.path.join('.') || name}: ${one.message}`).join('; ');
    throw new CallProblem('INVALID', `The call ${name} cannot be read (${where}).`);
  }
  const method = face[name] as (question: unknown) => Promise<unknown>;
  return method.call(face, asked.data);
}
