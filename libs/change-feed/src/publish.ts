export type { ChangeFeedPublisher, ChangeSet, DeviceGone, FeedMessage } from './change-feed.port.ts';
export { withinLimit } from './within-limit.ts';
export { LocalChangeFeed } from './local/local-change-feed.ts';
export { KafkaChangeFeedPublisher } from './kafka/opening.ts';
