import { Fault } from '@tidemark/domain';
import { Refused } from './ports.ts';
import type { Timers } from './timers.port.ts';

const BACK_OFF_MS_MIN = 250;
const BACK_OFF_MS_MAX = 30_000;
const REFUSED_MS_MIN = 30_000;
const REFUSED_MS_MAX = 300_000;

/**
 * One thing at a time: work is taken only when the lane is free and not backing off after a fault.
 * Faults are retried with exponential back-off and full jitter, on top of what the other side asked for; what was refused is asked again only now and then, since a person may have changed it.
 */
export class Lane {
  readonly #timers: Timers;
  readonly #onEnd: () => void;
  #running: Promise<void> | undefined;
  #isStopped = false;
  #failures = 0;
  #problem: Error | undefined;
  #until = 0;
  #cancelWake: (() => void) | undefined;

  /** `onEnd`: work has ended, or a back-off has; whoever owns the lane looks again. */
  constructor(timers: Timers, onEnd: () => void) {
    this.#timers = timers;
    this.#onEnd = onEnd;
  }

  get isBusy(): boolean {
    return this.#running !== undefined;
  }

  get isFree(): boolean {
    return !this.isBusy && !this.#isStopped && this.#timers.now() >= this.#until;
  }

  /** Why the last work failed; nothing once work was done again, or none is left. */
  get problem(): Error | undefined {
    return this.#problem;
  }

  /** The outside cannot be reached; a refusal is an answer. */
  get isAway(): boolean {
    return this.#problem instanceof Fault && this.#problem.retry !== 'never';
  }

  /** Something has shown that another attempt may go well now. */
  forgive(): void {
    if (this.#problem === undefined || this.isBusy) return;
    this.#until = 0;
    this.#cancelWake?.();
    this.#onEnd();
  }

  /** There is nothing left to do here: what failed is over. */
  rest(): void {
    if (this.#problem === undefined || this.isBusy) return;
    this.#failures = 0;
    this.#problem = undefined;
    this.#until = 0;
    this.#cancelWake?.();
  }

  /** Starts the work where the lane is free; wakes the loop when it ends. Never throws. */
  run(work: () => Promise<void>): boolean {
    if (!this.isFree) return false;
    this.#cancelWake?.();
    this.#running = this.#attempt(work);
    return true;
  }

  start(): void {
    this.#isStopped = false;
  }

  /** Resolves when nothing is under way any more. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancelWake?.();
    await this.#running;
  }

  async #attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
      this.#failures = 0;
      this.#problem = undefined;
    } catch (error) {
      this.#fail(error instanceof Error ? error : new Error(String(error)));
    } finally {
      this.#running = undefined;
      this.#onEnd();
    }
  }

  #fail(problem: Error): void {
    this.#failures += 1;
    this.#problem = problem;
    if (this.#isStopped) return;
    const wait = this.#waitMs(problem);
    this.#until = this.#timers.now() + wait;
    // A timer may fire a moment before the clock says so; the wait is over when it fires.
    this.#cancelWake = this.#timers.after(wait, () => {
      this.#until = 0;
      this.#onEnd();
    });
  }

  #waitMs(problem: Error): number {
    const doubled = 2 ** Math.min(this.#failures, 10);
    const isFinal = problem instanceof Refused || !(problem instanceof Fault) || problem.retry === 'never';
    if (isFinal) return Math.min(REFUSED_MS_MAX, (REFUSED_MS_MIN * doubled) / 2) * (0.75 + this.#timers.random() / 2);
    const backOff = BACK_OFF_MS_MIN / 4 + this.#timers.random() * Math.min(BACK_OFF_MS_MAX, BACK_OFF_MS_MIN * doubled);
    return (problem.retryAfterMs ?? 0) + backOff;
  }
}
