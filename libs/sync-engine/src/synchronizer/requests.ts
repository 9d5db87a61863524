import { Fault, type Cursor, type EntryId, type Operation, type Outcome } from '@tidemark/domain';
import type { Timers } from './timers.port.ts';

/** An answer is waited for this long. What was sent goes on being sent after that, as every commit does. */
const ANSWER_MS_MAX = 30_000;

/** What a person asks for: operations that state nothing of what this disk holds. */
export interface Request {
  /** What it is about, for telling. */
  readonly entry: EntryId;
  /** 1 to `OPERATIONS_MAX`, in one commit; what must not be done by halves is a group. */
  readonly operations: readonly Operation[];
}

interface Waiting {
  readonly request: Request;
  /** What had been seen when it was asked. */
  readonly at: Cursor;
  /** Of its commit, once it was sent. */
  number?: number;
  readonly told: (result: readonly Outcome[] | Error) => void;
}

/** Requests that wait for their turn, and for their answer. In memory: one that was not sent when the process ends was never made. */
export class Requests {
  readonly #timers: Timers;
  #waiting: readonly Waiting[] = [];

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  /** The one whose turn it is where no commit is under way. */
  get next(): { readonly request: Request; readonly at: Cursor } | undefined {
    return this.#waiting[0];
  }

  ask(request: Request, at: Cursor): Promise<readonly Outcome[]> {
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        request,
        at,
        told: (result) => {
          cancel();
          this.#waiting = this.#waiting.filter((one) => one !== waiting);
          if (result instanceof Error) reject(result);
          else resolve(result);
        },
      };
      const cancel = this.#timers.after(ANSWER_MS_MAX, () => waiting.told(unanswered(waiting)));
      this.#waiting = [...this.#waiting, waiting];
    });
  }

  /** The next one has become the commit of this number. */
  sent(number: number): void {
    const [next] = this.#waiting;
    if (next !== undefined) next.number = number;
  }

  /** Whether whoever asked still waits for it or not; after a restart nobody does. */
  answered(number: number, result: readonly Outcome[] | Error): void {
    this.#waiting.find((one) => one.number === number)?.told(result);
  }

  refuseAll(why?: Error): void {
    for (const one of this.#waiting) one.told(why ?? unanswered(one));
  }
}

const unanswered = ({ number }: Waiting): Fault =>
  number === undefined
    ? new Fault('the server could not be asked; nothing was changed', { retry: 'later' })
    : new Fault('it was sent and the server has not answered yet; it is sent again until it does, and shows when it was done', {
        retry: 'later',
      });
