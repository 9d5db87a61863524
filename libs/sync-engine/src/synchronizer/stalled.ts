import type { EntryId } from '@tidemark/domain';
import type { Parked } from './ports.ts';

/** Refused this often in a row: parked. */
const TIMES_MAX = 2;
const RETRY_MS_MIN = 5_000;
const RETRY_MS_MAX = 300_000;
/** After an observation touched the entry and left the step as it is: doubled each time, so that looking and trying do not chase each other. */
const TOUCHED_MS_MIN = 100;

/** One entry may stall in several ways at once. */
export type StepKind = 'upload' | `commit ${string}` | `disk ${string}`;

interface Trial {
  readonly fingerprint: string;
  readonly times: number;
  /** When it was tried last. */
  readonly at: number;
  readonly until: number;
  readonly isFault: boolean;
  readonly parked: Parked | undefined;
}

/**
 * Remembers which steps make no progress: the same step on the same state refused twice in a row is parked, and tried again when an observation
 * touches its entry, and now and then with growing delay. Another step for the same entry starts afresh. One bad entry never blocks another.
 */
export class Stalled {
  readonly #trials = new Map<EntryId, Map<StepKind, Trial>>();

  /** Whether the step may be tried now. */
  mayTry(entry: EntryId, kind: StepKind, fingerprint: () => string, now: number): boolean {
    const trial = this.#trials.get(entry)?.get(kind);
    if (!trial) return true;
    if (trial.fingerprint !== fingerprint()) {
      this.progressed(entry, kind);
      return true;
    }
    return now >= trial.until;
  }

  /**
   * The step made no progress. `pauseMs`: before the second attempt. `isFault`: the outside failed, which may be over any moment.
   * `isFinal`: parked at once.
   */
  failed(
    entry: EntryId,
    kind: StepKind,
    fingerprint: string,
    now: number,
    parked: Parked,
    how: { readonly pauseMs: number; readonly isFault?: boolean; readonly isFinal?: boolean },
  ): void {
    const kinds = this.#trials.get(entry) ?? new Map<StepKind, Trial>();
    this.#trials.set(entry, kinds);
    const before = kinds.get(kind);
    const isSame = before?.fingerprint === fingerprint;
    const times = (isSame ? before.times : how.isFinal ? TIMES_MAX - 1 : 0) + 1;
    const isParked = times >= TIMES_MAX;
    const pause = isParked ? Math.min(RETRY_MS_MAX, RETRY_MS_MIN * 2 ** Math.min(times - TIMES_MAX, 10)) : how.pauseMs;
    kinds.set(kind, {
      fingerprint,
      times,
      at: now,
      until: now + pause,
      isFault: how.isFault ?? false,
      parked: isParked ? parked : undefined,
    });
  }

  progressed(entry: EntryId, kind: StepKind): void {
    const kinds = this.#trials.get(entry);
    kinds?.delete(kind);
    if (kinds?.size === 0) this.#trials.delete(entry);
  }

  /** A person, or the disk, has touched the entry: try again soon. */
  touched(entry: EntryId): void {
    this.#hasten(entry, (trial) => trial.at + Math.min(RETRY_MS_MIN, TOUCHED_MS_MIN * 2 ** Math.min(trial.times - 1, 10)));
  }

  /** What failed for want of the outside may go well now. */
  forgiveFaults(): void {
    for (const entry of this.#trials.keys()) this.#hasten(entry, (trial) => (trial.isFault ? trial.at : trial.until));
  }

  /** Forgets what is no longer to be done. */
  keepOnly(isLeft: (entry: EntryId, kind: StepKind) => boolean): void {
    for (const [entry, kinds] of this.#trials) for (const kind of kinds.keys()) if (!isLeft(entry, kind)) this.progressed(entry, kind);
  }

  isParked(entry: EntryId, kind: StepKind): boolean {
    return this.#trials.get(entry)?.get(kind)?.parked !== undefined;
  }

  /** One word per entry. */
  parked(): Parked[] {
    return [...this.#trials.values()].flatMap((kinds) => [...kinds.values()].flatMap(({ parked }) => parked ?? []).slice(0, 1));
  }

  /** When the next trial becomes due; undefined where nothing waits. What is due already waits for a lane, not for the time. */
  nextTrial(now: number): number | undefined {
    let next: number | undefined;
    for (const kinds of this.#trials.values())
      for (const { until } of kinds.values()) if (until > now && (next === undefined || until < next)) next = until;
    return next;
  }

  #hasten(entry: EntryId, due: (trial: Trial) => number): void {
    const kinds = this.#trials.get(entry);
    for (const [kind, trial] of kinds ?? []) kinds?.set(kind, { ...trial, until: Math.min(trial.until, due(trial)) });
  }
}
