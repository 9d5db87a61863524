import { Injectable } from '@nestjs/common';
import { COMMITS_IN_FLIGHT_MAX, PACKS_IN_FLIGHT_MAX } from '@tidemark/domain';
import { askerOf } from '../http/asking.ts';
import { Refusal } from '../http/refusal.ts';

/** What is counted; a Fastify request has it. */
export interface Counted {
  readonly method: string;
  readonly params: unknown;
  readonly routeOptions: { readonly url?: string | undefined };
}
/** Of Fastify's reply: `close` comes once, whether the answer got there or the connection broke before. */
export interface Closing {
  readonly raw: { once(event: 'close', listener: () => void): unknown };
}

const LIMITS = new Map<string, { readonly what: string; readonly max: number }>([
  ['POST /v1/workspaces/:w/commits', { what: 'commits', max: COMMITS_IN_FLIGHT_MAX }],
  ['POST /v1/workspaces/:w/packs', { what: 'packs', max: PACKS_IN_FLIGHT_MAX }],
]);

interface Place {
  isWorking: boolean;
  leave(): void;
}

/**
 * Bounds the commits and packs of one device and workspace that are under way here, so that none takes the memory and the turn of others. A place is
 * taken before a byte of the body is read, and left when the work that came of it has ended, or the connection where none came. Counted per process:
 * n of them allow n times as much.
 */
@Injectable()
export class InFlight {
  readonly #taken = new Map<string, number>();
  readonly #places = new WeakMap<object, Place>();

  /** Places that are taken, over all devices. */
  get taken(): number {
    let sum = 0;
    for (const count of this.#taken.values()) sum += count;
    return sum;
  }

  /** After the door has said who asks. @throws {Refusal} `TOO_MANY_IN_FLIGHT` */
  enter(request: Counted, { raw }: Closing): void {
    const limit = LIMITS.get(`${request.method} ${request.routeOptions.url}`);
    const asker = askerOf(request);
    if (limit === undefined || asker === undefined) return;
    const { w } = request.params as { readonly w: string };
    const key = `${w}/${asker.device}/${limit.what}`;
    const taken = this.#taken.get(key) ?? 0;
    if (taken >= limit.max)
      throw new Refusal(
        'TOO_MANY_IN_FLIGHT',
        `this device has ${taken} of at most ${limit.max} ${limit.what} of this workspace under way; send this one again when one of them was answered`,
      );
    this.#taken.set(key, taken + 1);
    const place = {
      isWorking: false,
      leave: () => {
        place.leave = () => undefined;
        this.#leave(key);
      },
    };
    this.#places.set(request, place);
    raw.once('close', () => {
      if (!place.isWorking) place.leave();
    });
  }

  /** The work that the request is about: it keeps the place also when nobody waits for the answer any more. */
  async during<Result>(request: object, work: () => Promise<Result>): Promise<Result> {
    const place = this.#places.get(request);
    if (place === undefined) return work();
    place.isWorking = true;
    try {
      return await work();
    } finally {
      place.leave();
    }
  }

  #leave(key: string): void {
    const left = (this.#taken.get(key) ?? 0) - 1;
    if (left > 0) this.#taken.set(key, left);
    else this.#taken.delete(key);
  }
}
