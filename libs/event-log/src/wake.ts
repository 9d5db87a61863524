/**
 * Lets many subscribers sleep until there may be something new. Whoever is about to look takes `generation` first and hands it to `sleep`, so that
 * what comes between the look and the sleep is not slept through.
 */
export class Wake {
  #generation = 0;
  readonly #sleepers = new Set<() => void>();
  readonly #onSleepers: (sleeping: boolean) => void;

  /** `onSleepers` hears when the first falls asleep and when the last is gone. */
  constructor(onSleepers: (sleeping: boolean) => void = () => undefined) {
    this.#onSleepers = onSleepers;
  }

  get generation(): number {
    return this.#generation;
  }

  ring(): void {
    this.#generation += 1;
    for (const wake of this.#sleepers) wake();
  }

  /** Until the next ring or abort; not at all if one of them was already. Leaves nothing behind. */
  sleep(generation: number, signal: AbortSignal): Promise<void> {
    if (generation !== this.#generation || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = () => {
        this.#sleepers.delete(wake);
        signal.removeEventListener('abort', wake);
        if (this.#sleepers.size === 0) this.#onSleepers(false);
        resolve();
      };
      this.#sleepers.add(wake);
      signal.addEventListener('abort', wake, { once: true });
      if (this.#sleepers.size === 1) this.#onSleepers(true);
    });
  }
}
