import type { EventId, NewEvent, RecordedEvent, Revision, StreamName } from '@tidemark/domain';
import { Fault } from '@tidemark/domain';

/** `any`: the append commutes. A revision: of the stream's last event, `NO_REVISION` (-1) for a stream without events. */
export type ExpectedRevision = Revision | 'any';

/** The stream is not where the caller thought. An expected outcome of a race: catch up and decide again. */
export class WrongExpectedRevision extends Error {
  override readonly name = 'WrongExpectedRevision';
  readonly stream: StreamName;
  readonly expected: ExpectedRevision;
  readonly actual: Revision;

  constructor(stream: StreamName, expected: ExpectedRevision, actual: Revision) {
    super(`${stream} is at revision ${actual}, not ${expected}; catch up and decide again`);
    this.stream = stream;
    this.expected = expected;
    this.actual = actual;
  }
}

/** The append is over `APPEND_BYTES_MAX`; nothing of it was kept. */
export class AppendTooLarge extends Fault {
  override readonly name = 'AppendTooLarge';

  constructor(bytes: number, bytesMax: number) {
    super(`an append of ${bytes} bytes is over the limit of ${bytesMax}; split it`, { retry: 'never' });
  }
}

export interface Appended {
  /** Of the last event appended. */
  readonly revision: Revision;
  readonly position: bigint;
}

export interface ReadOptions {
  /** First revision to read, inclusive; default the first. */
  readonly from?: Revision;
  /** Default: to the end as it is when reached. */
  readonly limit?: number;
}

export interface ReadAllOptions {
  /** Position of an event of this log: what comes after it. Default: from the beginning. */
  readonly after?: bigint | undefined;
  /** Position of an event of this log: that event and what comes after it; instead of `after`. */
  readonly from?: bigint | undefined;
  /** Default: to the end as it is when reached. */
  readonly limit?: number;
}

export interface DoorbellOptions {
  /** Those who share the work have one name. */
  readonly group: string;
  readonly signal: AbortSignal;
}

export interface SubscribeOptions {
  /** Position of the last event already seen; `undefined`: from the beginning. */
  readonly after: bigint | undefined;
  readonly signal: AbortSignal;
}

/** What a subscription gives: events in order, and `caughtUp` whenever nothing newer was there to read. */
export type Delivery =
  { readonly event: RecordedEvent; readonly caughtUp?: undefined } | { readonly caughtUp: true; readonly event?: undefined };

/**
 * The one ordered record of what happened.
 * - `append` is atomic: all events get consecutive revisions, or none is kept.
 * - `append` with the same event ids and the same expected revision again is answered as the first time.
 * - `append` of over `APPEND_BYTES_MAX` bytes (JSON of data and meta) is refused with {@link AppendTooLarge} by every adapter alike.
 * - `position` grows with every event and is never reused; gaps are allowed.
 * - a subscriber sees every event after its position at least once, in order within a stream, until its signal aborts.
 * - events come back as they were stored (plain JSON); upcasting is the reader's task, see `upcast` in the domain.
 *
 * @throws {WrongExpectedRevision} with the actual one. @throws {Fault} `retry: 'later'` when the store is away.
 */
export interface EventLog {
  append(stream: StreamName, expected: ExpectedRevision, events: readonly NewEvent[]): Promise<Appended>;
  /** In revision order. A stream without events gives nothing. */
  readStream(stream: StreamName, options?: ReadOptions): AsyncIterable<RecordedEvent>;
  /** The last event of the stream, if any. */
  last(stream: StreamName): Promise<RecordedEvent | undefined>;
  /** In position order, over all streams. @throws {Fault} `retry: 'never'`, or gives what is there, for a position that is none of this log. */
  readAll(options?: ReadAllOptions): AsyncIterable<RecordedEvent>;
  subscribe(options: SubscribeOptions): AsyncIterable<Delivery>;
  /**
   * For those who share work on streams: each event, from the beginning of the log on, rings at least one member of the group, at least once, in no order:
   * "this stream has moved". A ring is acknowledged when it is given, not when the work is done; so whoever relies on it also looks by himself now and then.
   * A member that leaves hands over to the others, and a group that nobody is in goes on where it was. Embedded adapters ring every member, from the beginning.
   */
  doorbell(options: DoorbellOptions): AsyncIterable<StreamName>;
  close(): Promise<void>;
}

export type { EventId };
