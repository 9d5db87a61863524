const DELAY_MS = 100;
const DELAY_MS_MAX = 10_000;

/** How long to wait before trying again: doubled each time up to a bound, and never quite the same, so that many do not come back at once. */
export class BackOff {
  #delayMs = DELAY_MS;

  /** Something worked. */
  reset(): void {
    this.#delayMs = DELAY_MS;
  }

  /** Ends early, without an error, when the signal aborts. */
  async pause(signal: AbortSignal): Promise<void> {
    const delayMs = this.#delayMs * (0.5 + Math.random() / 2);
    this.#delayMs = Math.min(this.#delayMs * 2, DELAY_MS_MAX);
    if (signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, delayMs);
    const end = (): void => resolve();
    signal.addEventListener('abort', end, { once: true });
    await promise;
    clearTimeout(timer);
    signal.removeEventListener('abort', end);
  }
}

/** Nothing was heard in time; whether something was done is not known. */
export class TimedOut extends Error {
  override readonly name = 'TimedOut';
}

/** The promise, for as long as that. What it does later is nobody's any more, and never an unhandled rejection. @throws {TimedOut} */
export async function within<Value>(promise: Promise<Value>, limitMs: number): Promise<Value> {
  const { promise: timedOut, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new TimedOut(`no answer within ${limitMs} ms`)), limitMs);
  promise.catch(() => undefined);
  try {
    return await Promise.race([promise, timedOut]);
  } finally {
    clearTimeout(timer);
  }
}
