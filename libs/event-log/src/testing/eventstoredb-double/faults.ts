/** What becomes of the next appends. */
export type AppendFate =
  | 'answer'
  /** Kept, and never answered. */
  | 'hangKept'
  /** Neither kept nor answered. */
  | 'hangLost'
  /** Refused with the address of the leader, which is this same server. */
  | 'notLeader'
  /** Refused as by a server that is going down; for a batch stream, all of it. */
  | 'unavailable'
  /** Kept, and then the connection fails. */
  | 'unavailableKept';

/** What the double is told to do wrong; all of it may be changed while it runs, in process or through its control port. */
export interface DoubleFaults {
  appends: AppendFate;
  /** How many appends meet that fate before `answer` is put back; absent: all. */
  appendTimes?: number | undefined;
  /** Reads and subscriptions, those of consumer groups included, end with UNAVAILABLE after this many events, as often as `dropTimes` says. */
  dropAfter?: number | undefined;
  dropTimes: number;
  /** Reads answer nothing at all, not even their end. */
  hangReads: boolean;
  /** Reads and subscriptions are refused to the user. */
  denyReads: boolean;
  /** Subscriptions and consumer groups give each event twice. */
  duplicate: boolean;
  /** Before every answer to an append and every read. */
  delayMs: number;
  /** Appends answer without a position, as the server does for a repeat it can not read yet (`IdempotentNotReady`). */
  withoutPosition: boolean;
}

export const noFaults = (): DoubleFaults => ({
  appends: 'answer',
  dropTimes: 0,
  hangReads: false,
  denyReads: false,
  duplicate: false,
  delayMs: 0,
  withoutPosition: false,
});

/** The fate of one append, counted. */
export function fateOf(faults: DoubleFaults): AppendFate {
  const fate = faults.appends;
  if (fate === 'answer' || faults.appendTimes === undefined) return fate;
  faults.appendTimes -= 1;
  if (faults.appendTimes <= 0) Object.assign(faults, { appends: 'answer', appendTimes: undefined });
  return fate;
}

/** After how many events this call is dropped, if it is one of those. */
export function dropOf(faults: DoubleFaults): number {
  if (faults.dropAfter === undefined || faults.dropTimes <= 0) return Infinity;
  faults.dropTimes -= 1;
  return faults.dropAfter;
}

export const delayed = (faults: DoubleFaults): Promise<void> =>
  faults.delayMs === 0 ? Promise.resolve() : new Promise((resolve) => setTimeout(resolve, faults.delayMs));
