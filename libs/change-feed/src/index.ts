export * from './change-feed.port.ts';
export * from './within-limit.ts';
export * from './local/local-change-feed.ts';
export { KafkaChangeFeedPublisher, KafkaChangeFeedSubscriber } from './kafka/opening.ts';
export type { KafkaSubscriberOptions } from './kafka/kafka-change-feed-subscriber.ts';
