import { Fault } from '@tidemark/domain';
import type { ChangeFeedPublisher, FeedMessage } from '../change-feed.port.ts';

/**
 * What is to happen to one message: `lose` says nothing of it, `double` sends it twice, `fail` is a fault and nothing sent, `unknown` is sent and
 * yet a fault; a promise: it waits for it first, later ones overtake it.
 */
export type MessageFate = 'send' | 'lose' | 'double' | 'fail' | 'unknown' | Promise<void>;

/** A publisher that loses, doubles, delays and fails as told; `call` counts from 1. */
export class FaultyChangeFeedPublisher implements ChangeFeedPublisher {
  readonly #feed: ChangeFeedPublisher;
  readonly #fateOf: (call: number, message: FeedMessage) => MessageFate;
  #calls = 0;

  constructor(feed: ChangeFeedPublisher, fateOf: (call: number, message: FeedMessage) => MessageFate) {
    this.#feed = feed;
    this.#fateOf = fateOf;
  }

  async publish(message: FeedMessage): Promise<void> {
    this.#calls += 1;
    const fate = this.#fateOf(this.#calls, message);
    if (fate === 'lose') return;
    if (fate === 'fail') throw new Fault('the change feed is away (as told to)', { retry: 'later' });
    if (fate instanceof Promise) await fate;
    await this.#feed.publish(message);
    if (fate === 'double') await this.#feed.publish(message);
    if (fate === 'unknown') throw new Fault('the answer of the change feed was lost (as told to)', { retry: 'later' });
  }

  close(): Promise<void> {
    return this.#feed.close();
  }
}
