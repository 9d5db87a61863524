export * from './change-feed.port.ts';
export * from './within-limit.ts';
export * from './local/local-change-feed.ts';
export * from './kafka/kafka-change-feed-publisher.ts';
export * from './kafka/kafka-change-feed-subscriber.ts';
