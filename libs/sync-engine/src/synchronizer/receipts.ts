import { NO_REVISION, type EntryId } from '@tidemark/domain';
import type { Lane } from './lane.ts';
import type { Journal, Parked, Remote } from './ports.ts';
import type { Timers } from './timers.port.ts';

const EVERY_MS = 5_000;
const FETCHING_TOLD_MAX = 100;
const PARKED_TOLD_MAX = 1_000;
const REASON_CHARS_MAX = 200;

/** Tells the server what this device has applied, what it fetches, and what it parks and why; at once when it has become quiet, else now and then. */
export class Receipts {
  readonly #options: { readonly journal: Journal; readonly remote: Remote; readonly timers: Timers };
  readonly #lane: Lane;
  #said = '';
  #at = Number.NEGATIVE_INFINITY;

  constructor(options: { readonly journal: Journal; readonly remote: Remote; readonly timers: Timers }, lane: Lane) {
    this.#options = options;
    this.#lane = lane;
  }

  /** When there will be something to say, if that is later. */
  tell(now: {
    readonly isQuiet: boolean;
    readonly parked: readonly Parked[];
    readonly fetching: readonly { readonly entry: EntryId; readonly bytes: number }[];
  }): number | undefined {
    const { journal, remote, timers } = this.#options;
    const cursor = journal.cursor();
    if (cursor.revision === NO_REVISION || cursor.entry !== undefined || this.#lane.isBusy) return undefined;
    const parked = now.parked
      .slice(0, PARKED_TOLD_MAX)
      .map(({ entry, message }) => ({ entry, reason: message.slice(0, REASON_CHARS_MAX) }));
    const revision = cursor.revision.toString();
    const said = JSON.stringify([revision, parked, now.isQuiet]);
    if (said === this.#said) {
      this.#lane.rest();
      return undefined;
    }
    const due = now.isQuiet ? 0 : this.#at + EVERY_MS;
    if (timers.now() < due) return due;
    const fetching = now.fetching.slice(0, FETCHING_TOLD_MAX);
    this.#lane.run(async () => {
      await remote.receipt({ revision, fetching, parked, quiet: now.isQuiet });
      this.#said = said;
      this.#at = timers.now();
    });
    return undefined;
  }
}
