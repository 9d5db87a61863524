import type { KafkaChangeFeedPublisher as Publisher } from './kafka-change-feed-publisher.ts';
import type { KafkaChangeFeedSubscriber as Subscriber, KafkaSubscriberOptions } from './kafka-change-feed-subscriber.ts';

export type KafkaChangeFeedPublisher = Publisher;
export type KafkaChangeFeedSubscriber = Subscriber;

/** The driver is loaded when the first one is opened: who has a local feed neither waits for it nor keeps it in memory. */
export const KafkaChangeFeedPublisher = {
  /** See the class. */
  open: async (url: string): Promise<KafkaChangeFeedPublisher> =>
    (await import('./kafka-change-feed-publisher.ts')).KafkaChangeFeedPublisher.open(url),
};

/** Likewise. */
export const KafkaChangeFeedSubscriber = {
  /** See the class. */
  open: async (url: string, options?: KafkaSubscriberOptions): Promise<KafkaChangeFeedSubscriber> =>
    (await import('./kafka-change-feed-subscriber.ts')).KafkaChangeFeedSubscriber.open(url, options),
};
