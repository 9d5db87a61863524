import type { ServerWritableStream } from '@grpc/grpc-js';
import type { ReadReq, ReadResp } from '@eventstore/db-client/generated/streams_pb.js';
import {
  accessDenied,
  caughtUpAnswer,
  checkpointAnswer,
  confirmationAnswer,
  eventAnswer,
  fellBehindAnswer,
  invalidPosition,
  streamNotFoundAnswer,
  textOf,
  unavailable,
} from './answers.ts';
import type { Room } from './append-service.ts';
import { delayed, dropOf } from './faults.ts';
import type { DoubleStore, Kept } from './store.ts';
import { streams } from './stubs.ts';

/** Source: `Enumerator.AllSubscriptionFiltered.cs`, `ReadBatchSize`, where the caller names no search window. */
const SEARCH_WINDOW = 32;
/** Source: `Enumerator.cs`, `LiveChannelOptions`: a subscriber that is further behind is sent back to catching up. */
const LIVE_EVENTS_MAX = 32;

type ReadCall = ServerWritableStream<ReadReq, ReadResp>;
type Matches = (event: Kept) => boolean;

/** A filter's expression, of a subscription or of a consumer group: prefixes, or else a regular expression. */
export interface Expression {
  readonly on: 'stream' | 'type';
  readonly regex: string;
  readonly prefixes: readonly string[];
}

/** Source: `Filter.cs`/`EventFilter.cs` of the server. */
export function matcherOf(expression: Expression | undefined): Matches {
  if (expression === undefined) return () => true;
  const { on, prefixes } = expression;
  const regex = new RegExp(expression.regex);
  return (event) => (prefixes.length > 0 ? prefixes.some((prefix) => event[on].startsWith(prefix)) : regex.test(event[on]));
}

/** One read or subscription: what is written to it, and when it is over. */
class Answering {
  readonly #call: ReadCall;
  readonly #room: Room;
  readonly #copies: number;
  #left: number;
  #wake: () => void = () => undefined;
  isOver = false;
  isClosed = false;

  constructor(call: ReadCall, room: Room, copies: number) {
    this.#call = call;
    this.#room = room;
    this.#left = dropOf(room.faults);
    this.#copies = copies;
    room.seen.callsOpen += 1;
    const over = () => {
      if (!this.isClosed) room.seen.callsOpen -= 1;
      this.isClosed = true;
      this.isOver = true;
      this.#wake();
    };
    call.on('cancelled', over);
    call.on('close', over);
    call.on('error', over);
  }

  async event(event: Kept): Promise<void> {
    for (let copy = 0; copy < this.#copies; copy += 1) {
      if (this.isOver) return;
      if (this.#left <= 0) return this.fail(unavailable());
      this.#left -= 1;
      await this.send(eventAnswer(event));
    }
  }

  async send(answer: ReadResp): Promise<void> {
    if (this.isOver || this.#call.write(answer)) return;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      this.#call.once('drain', resolve);
    });
  }

  fail(error: Error): void {
    if (!this.isOver) this.#call.emit('error', error);
    this.isOver = true;
  }

  end(): void {
    if (!this.isOver) this.#call.end();
    this.isOver = true;
  }

  /** Until something was written to the store, or this is over. */
  async untilMore(hasMore: () => boolean): Promise<void> {
    const off = this.#room.store.onWrite(() => this.#wake());
    while (!this.isOver && !hasMore()) await new Promise<void>((resolve) => (this.#wake = resolve));
    off();
  }
}

/** `Read`: streams and `$all`, both directions, at once or as a subscription. Source: `Streams.Read.cs` and the enumerators it starts. */
export async function read(room: Room, call: ReadCall): Promise<void> {
  const options = call.request.getOptions();
  await delayed(room.faults);
  if (options === undefined || room.faults.hangReads) return;
  if (room.faults.denyReads) return void call.emit('error', accessDenied());
  const isSubscription = options.hasSubscription();
  const answering = new Answering(call, room, isSubscription && room.faults.duplicate ? 2 : 1);
  const stream = options.getStream();
  if (stream === undefined) return isSubscription ? subscribeAll(room, options, answering) : readAll(room, options, answering);
  const name = textOf(stream.getStreamIdentifier()?.getStreamName_asU8() ?? new Uint8Array());
  return isSubscription ? subscribeStream(room, name, stream, answering) : readStream(room, name, stream, options, answering);
}

async function readStream(
  { store }: Room,
  name: string,
  at: ReadReq.Options.StreamOptions,
  options: ReadReq.Options,
  answering: Answering,
): Promise<void> {
  const events = store.streams.get(name);
  if (events === undefined) {
    await answering.send(streamNotFoundAnswer(name));
    return answering.end();
  }
  const backwards = options.getReadDirection() === streams.ReadReq.Options.ReadDirection.BACKWARDS;
  const from = at.hasStart() ? 0 : at.hasEnd() ? (backwards ? events.length - 1 : events.length) : Number(at.getRevision());
  return give(events, Math.min(from, events.length - (backwards ? 1 : 0)), backwards, Number(options.getCount()), () => true, answering);
}

/** Reading is inclusive forwards, and exclusive backwards, where what is before the position is read. Source: `AllReader.cs`. */
async function readAll({ store }: Room, options: ReadReq.Options, answering: Answering): Promise<void> {
  const backwards = options.getReadDirection() === streams.ReadReq.Options.ReadDirection.BACKWARDS;
  const at = placeIn(store, options);
  if (at === undefined) return answering.fail(invalidPosition());
  const matches = matcherOf(expressionOf(options.getFilter()));
  return give(store.all, backwards ? at - 1 : at, backwards, Number(options.getCount()), matches, answering);
}

/** Up to where the store ended when the reading began. */
async function give(
  events: readonly Kept[],
  from: number,
  backwards: boolean,
  count: number,
  matches: Matches,
  answering: Answering,
): Promise<void> {
  const end = events.length;
  for (let [index, left] = [from, count]; left > 0 && index >= 0 && index < end && !answering.isOver; index += backwards ? -1 : 1) {
    const event = events[index];
    if (event === undefined || !matches(event)) continue;
    await answering.event(event);
    left -= 1;
  }
  answering.end();
}

/** The index of the event at the position, or where the next one will be. A position inside a record, or in none, is refused. */
function placeIn(store: DoubleStore, options: ReadReq.Options): number | undefined {
  const at = options.getAll();
  if (at === undefined || at.hasStart()) return 0;
  if (at.hasEnd()) return store.all.length;
  return placeOf(store, BigInt(at.getPosition()?.getCommitPosition() ?? '0'));
}

/** Source: `TFChunkReader`, `InvalidReadException` for what is no beginning of a record. */
export function placeOf(store: DoubleStore, position: bigint): number | undefined {
  let [low, high] = [0, store.all.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((store.all[middle]?.position ?? 0n) < position) low = middle + 1;
    else high = middle;
  }
  return low === store.all.length || store.all[low]?.position === position ? low : undefined;
}

const expressionOf = (filter: ReadReq.Options.FilterOptions | undefined): Expression | undefined => {
  const expression = filter?.getStreamIdentifier() ?? filter?.getEventType();
  if (filter === undefined || expression === undefined) return undefined;
  return { on: filter.hasStreamIdentifier() ? 'stream' : 'type', regex: expression.getRegex(), prefixes: expression.getPrefixList() };
};

/**
 * Everything after the position, then what comes. With a filter, a checkpoint every `interval × window` events, whether they matched or not, and one
 * before going live; none twice. Source: `Enumerator.AllSubscriptionFiltered.cs` ("events after this, and checkpoints equal to or after this").
 */
async function subscribeAll({ store, seen }: Room, options: ReadReq.Options, answering: Answering): Promise<void> {
  await answering.send(confirmationAnswer());
  const filter = options.getFilter();
  const matches = matcherOf(expressionOf(filter));
  const window = filter?.hasMax() === true ? filter.getMax() : SEARCH_WINDOW;
  const interval = filter === undefined ? Infinity : filter.getCheckpointintervalmultiplier() * window;
  const start = placeIn(store, options);
  if (start === undefined) return answering.fail(invalidPosition());
  seen.subscriptions.push(
    options.getAll()?.hasPosition() === true ? BigInt(options.getAll()?.getPosition()?.getCommitPosition() ?? '0') : -1n,
  );
  const isAtEvent = options.getAll()?.hasPosition() === true && start < store.all.length;
  let index = isAtEvent ? start + 1 : start;
  let checkpointed = -1n;
  const checkpoint = async (): Promise<void> => {
    const position = store.all[index - 1]?.position;
    if (filter === undefined || position === undefined || position <= checkpointed) return;
    checkpointed = position;
    await answering.send(checkpointAnswer(position));
  };
  let considered = 0;
  for (let isLive = false; !answering.isOver;) {
    while (index < store.all.length && !answering.isOver) {
      if (isLive && store.all.length - index > LIVE_EVENTS_MAX) {
        isLive = false;
        await answering.send(fellBehindAnswer());
        await checkpoint();
      }
      const event = store.all[index];
      index += 1;
      if (event !== undefined && matches(event)) await answering.event(event);
      considered += 1;
      if (considered < interval) continue;
      considered = 0;
      await checkpoint();
    }
    if (!isLive) {
      await checkpoint();
      await answering.send(caughtUpAnswer());
      isLive = true;
    }
    await answering.untilMore(() => index < store.all.length);
  }
}

/** Source: `Enumerator.StreamSubscription.cs`. A stream that does not exist yet may be subscribed to. */
async function subscribeStream({ store }: Room, name: string, at: ReadReq.Options.StreamOptions, answering: Answering): Promise<void> {
  await answering.send(confirmationAnswer());
  const events = () => store.streams.get(name) ?? [];
  let index = at.hasStart() ? 0 : at.hasEnd() ? events().length : Number(at.getRevision()) + 1;
  for (let isLive = false; !answering.isOver;) {
    for (let event = events()[index]; event !== undefined && !answering.isOver; event = events()[index]) {
      index += 1;
      await answering.event(event);
    }
    if (!isLive) await answering.send(caughtUpAnswer());
    isLive = true;
    await answering.untilMore(() => index < events().length);
  }
}
