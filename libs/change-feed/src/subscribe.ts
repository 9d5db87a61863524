export type { ChangeFeedSubscriber, ChangeSet, DeviceGone, FeedMessage } from './change-feed.port.ts';
export { LocalChangeFeed } from './local/local-change-feed.ts';
