import { Inject, Injectable } from '@nestjs/common';
import type { Clock } from '@tidemark/domain';
import { Refusal } from '../../http/refusal.ts';
import { CLOCK } from '../../tokens.ts';

/** Wrong codes from one remote address, in a window of {@link LINK_WINDOW_MS}. */
export const LINK_ATTEMPTS_MAX = 10;
export const LINK_WINDOW_MS = 10 * 60_000;
const ADDRESSES_MAX = 10_000;

/** Counts wrong codes, so that nobody tries them all. */
@Injectable()
export class LinkAttempts {
  readonly #clock: Clock;
  readonly #byAddress = new Map<string, { count: number; until: number }>();

  constructor(@Inject(CLOCK) clock: Clock) {
    this.#clock = clock;
  }

  /** @throws {Refusal} `TOO_MANY_ATTEMPTS` */
  mustBeFew(address: string): void {
    const attempts = this.#byAddress.get(address);
    const now = this.#clock.now();
    if (attempts === undefined || attempts.until <= now || attempts.count < LINK_ATTEMPTS_MAX) return;
    const minutes = Math.ceil((attempts.until - now) / 60_000);
    throw new Refusal(
      'TOO_MANY_ATTEMPTS',
      `more than ${LINK_ATTEMPTS_MAX} wrong codes came from this address; try again in ${minutes} minutes`,
    );
  }

  failed(address: string): void {
    const now = this.#clock.now();
    const attempts = this.#byAddress.get(address);
    if (attempts !== undefined && attempts.until > now) attempts.count += 1;
    else {
      this.#byAddress.delete(address);
      this.#byAddress.set(address, { count: 1, until: now + LINK_WINDOW_MS });
    }
    const [oldest] = this.#byAddress.keys();
    if (this.#byAddress.size > ADDRESSES_MAX && oldest !== undefined) this.#byAddress.delete(oldest);
  }
}
