import type { EventLog } from '@tidemark/event-log';
import type { ReadModelReader } from '@tidemark/read-model/reader';
import type { Ran } from '../processes.ts';

/** What devices see as "the server", however many processes and stores it is. */
export interface Installation {
  /** Where devices go; stays the same over restarts. */
  readonly url: string;
  /** How many times longer than one process on files it may take for the same. */
  readonly patience: number;
  /** Of its processes, while they run. */
  readonly pids: readonly number[];
  /** The end of what its processes said, for the story of a failing test. */
  readonly output: string;
  /** Begins, or begins again where it was; every process is ready when this resolves. */
  start(): Promise<void>;
  /** Ends every process of ours; `SIGKILL` for a crash. Data stay. */
  stop(signal?: NodeJS.Signals): Promise<void>;
  /** A one-time code for a device. */
  linkCode(): Promise<string>;
  /** The workspace name of tests, its own where others use the same event store. */
  readonly workspace: string;
  /** The log itself, from outside. The caller closes it. */
  openLog(): Promise<EventLog>;
  /** The read model itself, from outside. The caller closes it. */
  openReadModel(): Promise<ReadModelReader>;
  /** Runs `tidemark-projector --rebuild` to its end. */
  rebuild(): Promise<Ran>;
  /** Tries to start a second process on what belongs to one, to its end. */
  startTwice(): Promise<Ran>;
  /** Why the history of this installation cannot be put back; `undefined` where it can. */
  readonly cannotPutBack: string | undefined;
  /** A copy of the history while nothing runs; what is called puts it back, likewise. */
  copyHistory(): Promise<() => Promise<void>>;
  /** Stops it and removes its data. */
  dispose(): Promise<void>;
}

/** One-time codes as `link-code` prints them. */
export function codeIn(ran: Ran): string {
  const code = /[0-9A-Z]{4}(-[0-9A-Z]{4})+/.exec(ran.stdout)?.[0];
  if (ran.code !== 0 || code === undefined) throw new Error(`link-code ended with ${ran.code}:\n${ran.stdout}${ran.stderr}`);
  return code;
}
