import { Fault } from '@tidemark/domain';
import type { ChangeFeedPublisher, ChangeFeedSubscriber, FeedMessage } from '../change-feed.port.ts';
import { withinLimit } from '../within-limit.ts';

type Handler = (message: FeedMessage) => void;

/**
 * Publisher and subscriber of one process: for the server that has its projector inside. Messages reach every subscriber in the order in which
 * they were published, before `publish` resolves and never from within it.
 */
export class LocalChangeFeed implements ChangeFeedPublisher, ChangeFeedSubscriber {
  readonly away = undefined;
  readonly #handlers = new Set<{ readonly handle: Handler }>();
  #delivered: Promise<void> = Promise.resolve();
  #closed = false;

  publish(message: FeedMessage): Promise<void> {
    if (this.#closed) return Promise.reject(new Fault('the change feed is closed', { retry: 'later' }));
    const sent = withinLimit(message);
    this.#delivered = this.#delivered.then(() => this.#deliver(sent));
    return this.#delivered;
  }

  async subscribe(handler: Handler): Promise<{ readonly unsubscribe: () => Promise<void> }> {
    if (this.#closed) throw new Fault('the change feed is closed', { retry: 'later' });
    const subscription = { handle: handler };
    this.#handlers.add(subscription);
    return {
      unsubscribe: async () => {
        this.#handlers.delete(subscription);
      },
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#delivered;
    this.#handlers.clear();
  }

  #deliver(message: FeedMessage): void {
    for (const { handle } of this.#handlers) {
      try {
        handle(message);
      } catch (error) {
        // A bug of that subscriber: it stops the process, but neither the publisher nor the others on the way.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
