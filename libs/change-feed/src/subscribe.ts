export type { ChangeFeedSubscriber, ChangeSet, DeviceGone, FeedMessage } from './change-feed.port.ts';
export { LocalChangeFeed } from './local/local-change-feed.ts';
export { KafkaChangeFeedSubscriber } from './kafka/opening.ts';
export type { KafkaSubscriberOptions } from './kafka/kafka-change-feed-subscriber.ts';
