import type { AccountId, Cursor, DeviceId, Row, WorkspaceId } from '@tidemark/domain';

/**
 * What one run of the projector made of a workspace's stream: every revision is in exactly one change set, possibly an empty one.
 * Without `rows` (too large, or moved on since) it only says that there is something to pull.
 */
export interface ChangeSet {
  readonly workspace: WorkspaceId;
  readonly from: Cursor;
  readonly to: Cursor;
  readonly rows?: readonly Row[] | undefined;
  /** Those whose membership ended in here; their followers are cut off before anything later is sent. */
  readonly revoked?: readonly AccountId[] | undefined;
  /** Correlation ids of the requests in here, the latest few; for logs and traces, never for decisions. */
  readonly correlations?: readonly string[] | undefined;
  /** When it was handed to the feed, milliseconds since 1970 by the projector's clock; for measuring, never for decisions. */
  readonly publishedMs?: number | undefined;
}

/** Said of a device's own stream: its followers are cut off. */
export interface DeviceGone {
  readonly device: DeviceId;
}

export type FeedMessage =
  { readonly changeSet: ChangeSet; readonly deviceGone?: undefined } | { readonly deviceGone: DeviceGone; readonly changeSet?: undefined };

/**
 * Tells API processes at once what projectors have done. Makes things fast, never right: any message may be lost, doubled or late,
 * and within a workspace they arrive in order or not at all.
 * - a message over `CHANGE_SET_BYTES_MAX` is published without rows.
 */
export interface ChangeFeedPublisher {
  publish(message: FeedMessage): Promise<void>;
  close(): Promise<void>;
}

/** Every subscriber hears every message published while it is subscribed. The handler must not throw. */
export interface ChangeFeedSubscriber {
  /** Why nothing is heard at the moment, for the operator; `undefined` while all is well. */
  readonly away: string | undefined;
  subscribe(handler: (message: FeedMessage) => void): Promise<{ readonly unsubscribe: () => Promise<void> }>;
  close(): Promise<void>;
}
