export const RETRY_FIRST_MS = 500;
export const RETRY_MS_MAX = 60_000;

/** Exponential back-off with full jitter ("Exponential Backoff And Jitter", AWS 2015): many devices that lost one server do not come back at once. */
export class BackOff {
  readonly #random: () => number;
  readonly #firstMs: number;
  readonly #msMax: number;
  #failures = 0;

  constructor(options: { readonly random?: () => number; readonly firstMs?: number; readonly msMax?: number } = {}) {
    this.#random = options.random ?? Math.random;
    this.#firstMs = options.firstMs ?? RETRY_FIRST_MS;
    this.#msMax = options.msMax ?? RETRY_MS_MAX;
  }

  /** After another failure: how long to wait. `atLeastMs`: what the other side asked for. */
  nextMs(atLeastMs = 0): number {
    const ceiling = Math.min(this.#msMax, this.#firstMs * 2 ** Math.min(this.#failures, 30));
    this.#failures += 1;
    return Math.max(atLeastMs, Math.round(this.#random() * ceiling));
  }

  get failures(): number {
    return this.#failures;
  }

  /** It went well. */
  reset(): void {
    this.#failures = 0;
  }
}
