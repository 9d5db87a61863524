import type { EntryId } from '@tidemark/domain';
import type { Parked } from './ports.ts';

const REFUSALS_MAX = 2;
const RETRY_MS_MIN = 5_000;
const RETRY_MS_MAX = 300_000;

interface Trial {
  readonly fingerprint: string;
  refusals: number;
  faults: number;
  until: number;
  parked: Parked | undefined;
}

/**
 * Remembers which steps make no progress: the same step on the same state refused twice in a row is parked until an observation makes it another
 * step; a step that the disk failed is tried again with growing delay. One bad entry never blocks another.
 */
export class Stalled {
  readonly #trials = new Map<EntryId, Trial>();

  /** Whether the step may be tried now. A step that is not the one that stalled starts afresh. */
  mayTry(entry: EntryId, fingerprint: string, now: number): boolean {
    const trial = this.#trials.get(entry);
    if (!trial) return true;
    if (trial.fingerprint !== fingerprint) {
      this.#trials.delete(entry);
      return true;
    }
    return now >= trial.until;
  }

  refused(entry: EntryId, fingerprint: string, now: number, parked: Parked): boolean {
    const trial = this.#trial(entry, fingerprint);
    trial.refusals += 1;
    if (trial.refusals < REFUSALS_MAX) return false;
    trial.parked = parked;
    trial.until = now + Math.min(RETRY_MS_MAX, RETRY_MS_MIN * 2 ** (trial.refusals - REFUSALS_MAX));
    return true;
  }

  failed(entry: EntryId, fingerprint: string, now: number, parked: Parked): void {
    const trial = this.#trial(entry, fingerprint);
    trial.faults += 1;
    trial.parked = parked;
    trial.until = now + Math.min(RETRY_MS_MAX, RETRY_MS_MIN * 2 ** (trial.faults - 1));
  }

  progressed(entry: EntryId): void {
    this.#trials.delete(entry);
  }

  /** A person, or the disk, has touched the entry: try again now. */
  touched(entry: EntryId): void {
    this.#trials.delete(entry);
  }

  /** Forgets what is no longer to be done. */
  keepOnly(entries: ReadonlySet<EntryId>): void {
    for (const entry of this.#trials.keys()) if (!entries.has(entry)) this.#trials.delete(entry);
  }

  parked(): Parked[] {
    return [...this.#trials.values()].flatMap((trial) => (trial.parked ? [trial.parked] : []));
  }

  /** When the next trial is due; undefined where nothing waits. */
  nextTrial(): number | undefined {
    let next: number | undefined;
    for (const { until, parked } of this.#trials.values()) if (parked && (next === undefined || until < next)) next = until;
    return next;
  }

  #trial(entry: EntryId, fingerprint: string): Trial {
    const known = this.#trials.get(entry);
    if (known?.fingerprint === fingerprint) return known;
    const trial: Trial = { fingerprint, refusals: 0, faults: 0, until: 0, parked: undefined };
    this.#trials.set(entry, trial);
    return trial;
  }
}
