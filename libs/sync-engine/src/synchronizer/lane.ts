import { Fault } from '@tidemark/domain';
import { Refused } from './ports.ts';
import type { Timers } from './timers.port.ts';

const BACK_OFF_MS_MIN = 250;
const BACK_OFF_MS_MAX = 30_000;

/**
 * One thing at a time: work is taken only when the lane is free and not backing off after a fault.
 * Faults are retried with exponential back-off and full jitter; a refusal is told and never retried by itself.
 */
export class Lane {
  readonly #timers: Timers;
  readonly #wake: () => void;
  readonly #onProblem: (problem: Error) => void;
  #isBusy = false;
  #faults = 0;
  #until = 0;
  #cancelWake: (() => void) | undefined;

  constructor(timers: Timers, wake: () => void, onProblem: (problem: Error) => void) {
    this.#timers = timers;
    this.#wake = wake;
    this.#onProblem = onProblem;
  }

  get isBusy(): boolean {
    return this.#isBusy;
  }

  get isFree(): boolean {
    return !this.#isBusy && this.#timers.now() >= this.#until;
  }

  get isFailing(): boolean {
    return this.#faults > 0;
  }

  /** Something else has shown that the outside is there again. */
  forgive(): void {
    if (this.#faults === 0) return;
    this.#until = 0;
    this.#cancelWake?.();
    this.#wake();
  }

  /** Starts the work where the lane is free; wakes the loop when it ends. Never throws. */
  run(work: () => Promise<void>): boolean {
    if (!this.isFree) return false;
    this.#isBusy = true;
    void this.#attempt(work);
    return true;
  }

  stop(): void {
    this.#cancelWake?.();
  }

  async #attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
      this.#faults = 0;
    } catch (error) {
      const problem = error instanceof Error ? error : new Error(String(error));
      this.#faults += 1;
      const ceiling = Math.min(BACK_OFF_MS_MAX, BACK_OFF_MS_MIN * 2 ** Math.min(this.#faults, 10));
      const isFinal = problem instanceof Refused || (problem instanceof Fault && problem.retry === 'never');
      const wait = isFinal ? BACK_OFF_MS_MAX : BACK_OFF_MS_MIN / 4 + this.#timers.random() * ceiling;
      this.#until = this.#timers.now() + wait;
      this.#cancelWake?.();
      this.#cancelWake = this.#timers.after(wait, this.#wake);
      this.#onProblem(problem);
    } finally {
      this.#isBusy = false;
      this.#wake();
    }
  }
}
