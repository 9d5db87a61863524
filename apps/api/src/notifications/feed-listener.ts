import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import type { ChangeFeedSubscriber, FeedMessage } from '@tidemark/change-feed/subscribe';
import type { Clock } from '@tidemark/domain';
import type { Logger } from 'pino';
import type { Config } from '../config.ts';
import { Metrics } from '../http/metrics.ts';
import { StoreWatch } from '@tidemark/operating';
import { RecentChangeSets } from '../metadata/recent-change-sets.ts';
import { CHANGE_FEED, CLOCK, CONFIG, LOGGER } from '../tokens.ts';

/** A feed that is away must not keep a process from starting: it makes things fast, not right. */
export const SUBSCRIBE_MS_MAX = 10_000;
const RETRY_MS = 5_000;

type Handler = (message: FeedMessage) => void;

/** The one ear of this process on the change feed, where a role needs it: pulls are answered from what was just heard, sockets are told. */
@Injectable()
export class FeedListener implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #config: Config;
  readonly #feed: ChangeFeedSubscriber;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #recent: RecentChangeSets;
  readonly #metrics: Metrics;
  readonly #watch: StoreWatch;
  readonly #handlers: Handler[] = [];
  readonly #stopped = new AbortController();
  #subscription: { readonly unsubscribe: () => Promise<void> } | undefined;
  #retry: NodeJS.Timeout | undefined;

  constructor(
    @Inject(CONFIG) config: Config,
    @Inject(CHANGE_FEED) feed: ChangeFeedSubscriber,
    @Inject(CLOCK) clock: Clock,
    @Inject(LOGGER) logger: Logger,
    @Inject(RecentChangeSets) recent: RecentChangeSets,
    @Inject(Metrics) metrics: Metrics,
    @Inject(StoreWatch) watch: StoreWatch,
  ) {
    this.#config = config;
    this.#feed = feed;
    this.#clock = clock;
    this.#logger = logger;
    this.#recent = recent;
    this.#metrics = metrics;
    this.#watch = watch;
  }

  /** Whoever is to hear says so before the process begins to work. */
  onMessage(handler: Handler): void {
    this.#handlers.push(handler);
  }

  async onApplicationBootstrap(): Promise<void> {
    if (!this.#config.roles.some((role) => role === 'queries' || role === 'notifications')) return;
    const subscribing = this.#subscribe();
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, SUBSCRIBE_MS_MAX);
    await Promise.race([subscribing, late]);
    clearTimeout(timer);
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.#stopped.abort();
    clearTimeout(this.#retry);
    await this.#subscription?.unsubscribe();
  }

  async #subscribe(): Promise<void> {
    try {
      const subscription = await this.#feed.subscribe((message) => this.#hear(message));
      if (this.#stopped.signal.aborted) await subscription.unsubscribe();
      else this.#subscription = subscription;
    } catch (error) {
      if (this.#stopped.signal.aborted) return;
      this.#watch.failed('changeFeed', error);
      this.#logger.error(
        { err: error },
        `the change feed is not to be heard just now; devices pull by themselves, and it is tried again in ${RETRY_MS / 1_000} s`,
      );
      this.#retry = setTimeout(() => void this.#subscribe(), RETRY_MS);
    }
  }

  #hear(message: FeedMessage): void {
    const { changeSet } = message;
    if (changeSet?.publishedMs !== undefined) this.#metrics.feedLag.observe(Math.max(this.#clock.now() - changeSet.publishedMs, 0) / 1_000);
    if (changeSet !== undefined) this.#recent.add(changeSet);
    for (const handle of this.#handlers) handle(message);
  }
}
