import { randomBytes } from 'node:crypto';
import type { ContentQuestion } from '@tidemark/faces';

/** A browser that was told of one goes there at once. */
const TICKET_MS_MAX = 30_000;
const TICKETS_MAX = 100;

/** What may be saved by whoever brings the ticket. */
export interface Ticketed extends ContentQuestion {
  /** What it is to be called. */
  readonly name?: string | undefined;
}

/**
 * Lets a browser save a content by itself, to whatever size, without the secret in an address: each ticket is good for one content, once, for `TICKET_MS_MAX`.
 * Of more than `TICKETS_MAX` the oldest are good no more.
 */
export class ContentTickets {
  readonly #now: () => number;
  readonly #waiting = new Map<string, { readonly content: Ticketed; readonly until: number }>();

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** 256 random bits. */
  issue(content: Ticketed): string {
    for (const [ticket, { until }] of this.#waiting)
      if (until <= this.#now() || this.#waiting.size >= TICKETS_MAX) this.#waiting.delete(ticket);
    const ticket = randomBytes(32).toString('base64url');
    this.#waiting.set(ticket, { content, until: this.#now() + TICKET_MS_MAX });
    return ticket;
  }

  /** Nothing for one that was used, is too old, or was never given. */
  redeem(ticket: string): Ticketed | undefined {
    const found = this.#waiting.get(ticket);
    this.#waiting.delete(ticket);
    return found && found.until > this.#now() ? found.content : undefined;
  }
}
