// What the main thread of a page did, from the browser's own trace (the "Trace Event Format" of Chromium, as its performance panel reads it).

/** Of the trace: microseconds. `tdur`: of the thread's own time, which what else the machine does leaves as it is. */
export interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  readonly ts: number;
  readonly dur?: number;
  readonly tdur?: number;
  readonly args?: { readonly name?: string; readonly data?: { readonly url?: string } };
}

export interface Task {
  readonly ms: number;
  /** Of the thread's own time; where the trace has none, that by the clock. */
  readonly ownMs: number;
  /** What took the most of it without what that was made of, longest first, of the thread's own time. */
  readonly parts: readonly (readonly [name: string, ms: number])[];
}

export const CATEGORIES = ['-*', 'devtools.timeline', 'disabled-by-default-devtools.timeline', 'v8'];
const TASK = 'RunTask';
const SCRIPTED: ReadonlySet<string> = new Set(['EvaluateScript', 'FunctionCall', 'v8.evaluateModule', 'v8.compileModule', 'EventDispatch']);
/** The parts of shorter ones are of no interest. */
const LOOKED_INTO_MS_MIN = 10;

/** The process of a page whose address begins so: the last that a script of it ran in. */
export const rendererOf = (events: readonly TraceEvent[], address: string): number | undefined =>
  events.findLast(({ name, args }) => SCRIPTED.has(name) && args?.data?.url?.startsWith(address) === true)?.pid;

/** Every task of the process's main thread, in order. */
export function tasksOf(events: readonly TraceEvent[], process: number): readonly Task[] {
  const thread = events.find(
    ({ name, ph, pid, args }) => ph === 'M' && name === 'thread_name' && pid === process && args?.name === 'CrRendererMain',
  )?.tid;
  const on = events.filter((one) => one.ph === 'X' && one.pid === process && one.tid === thread);
  on.sort((a, b) => a.ts - b.ts || (b.dur ?? 0) - (a.dur ?? 0));
  const tasks: Task[] = [];
  for (let at = 0; at < on.length; at += 1) {
    const task = on[at] as TraceEvent;
    if (task.name !== TASK) continue;
    const ms = (task.dur ?? 0) / 1_000;
    let end = at + 1;
    while (end < on.length && (on[end] as TraceEvent).ts < endOf(task)) end += 1;
    tasks.push({ ms, ownMs: ownMsOf(task), parts: ms < LOOKED_INTO_MS_MIN ? [] : partsOf(on.slice(at, end)) });
    // A task that is run within another one is a part of it.
    at = end - 1;
  }
  return tasks;
}

const endOf = ({ ts, dur = 0 }: TraceEvent): number => ts + dur;
const ownMsOf = ({ dur = 0, tdur = dur }: TraceEvent): number => tdur / 1_000;

/** Of each name the time that was not that of something within, from events in their order of which the first holds all others. */
function partsOf(events: readonly TraceEvent[]): Task['parts'] {
  const own = new Map<string, number>();
  const open: TraceEvent[] = [];
  const add = (name: string, ms: number): Map<string, number> => own.set(name, (own.get(name) ?? 0) + ms);
  for (const event of events) {
    while (open.length > 0 && endOf(open.at(-1) as TraceEvent) <= event.ts) open.pop();
    const within = open.at(-1);
    if (within !== undefined) add(within.name, -ownMsOf(event));
    add(event.name, ownMsOf(event));
    open.push(event);
  }
  return [...own].toSorted(([, a], [, b]) => b - a);
}
