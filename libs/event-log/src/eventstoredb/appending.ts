import { ANY, BACKWARDS, END, ErrorType, type EventStoreDBClient, NO_STREAM } from '@eventstore/db-client';
import { Bug, type EventId, Fault, NO_REVISION, type RecordedEvent, type Revision, type StreamName } from '@tidemark/domain';
import type { EncodedEvent } from '../append.ts';
import { type Appended, AppendTooLarge, type ExpectedRevision, WrongExpectedRevision } from '../event-log.port.ts';
import { within } from './back-off.ts';
import { faultOf, kindOf } from './client-faults.ts';
import type { Credentials } from './shared-client.ts';
import { wireEventOf } from './wire-events.ts';

/** An append that has no answer by then is looked for in its stream. */
export const APPEND_TIMEOUT_MS = 10_000;
/** How far back an append that named no revision is looked for. */
export const TAIL_EVENTS_MAX = 1_000;
/** Appends that named no revision and whose outcome stayed open; the oldest is forgotten first. */
const UNSETTLED_MAX = 10_000;
/** A server that is not the leader says who is, and the client goes there with the next call. */
const LEADER_TRIES_MAX = 3;
const SIGNED_64_BIT_MAX = (1n << 63n) - 1n;

/** What appending needs of the log. */
export interface AppendingRoom {
  readonly client: EventStoreDBClient;
  readonly credentials: Credentials | undefined;
  readonly appendTimeoutMs: number;
  read(
    stream: StreamName,
    options: { readonly from?: Revision | typeof END; readonly limit: number; readonly direction?: typeof BACKWARDS },
  ): AsyncIterable<RecordedEvent>;
}

/** Appends, and finds out what became of those that were not answered. */
export class Appending {
  readonly #room: AppendingRoom;
  readonly #unsettled = new Set<EventId>();

  constructor(room: AppendingRoom) {
    this.#room = room;
  }

  async append(stream: StreamName, expected: ExpectedRevision, events: readonly EncodedEvent[]): Promise<Appended> {
    if (expected === 'any' && this.#unsettled.has(firstId(events))) {
      const before = await this.#inTail(stream, events);
      if (before !== undefined) return before;
    }
    try {
      const appended = await this.#send(stream, expected, events);
      this.#unsettled.delete(firstId(events));
      return appended;
    } catch (error) {
      if (error instanceof WrongExpectedRevision || error instanceof AppendTooLarge || error instanceof Bug) throw error;
      const fault = faultOf(error, `${stream}: whether the append was kept is not known`);
      if (fault.retry === 'never') throw fault;
      return this.#settle(stream, expected, events, fault);
    }
  }

  /** @throws {WrongExpectedRevision}. @throws {AppendTooLarge}. @throws the client's errors, and `TimedOut`, where the outcome may be open. */
  async #send(stream: StreamName, expected: ExpectedRevision, events: readonly EncodedEvent[]): Promise<Appended> {
    const { client, credentials, appendTimeoutMs } = this.#room;
    for (let tries = 1; ; tries += 1) {
      try {
        const appending = client.appendToStream(stream, events.map(wireEventOf), {
          expectedRevision: expected === 'any' ? ANY : expected === NO_REVISION ? NO_STREAM : expected,
          requiresLeader: true,
          deadline: appendTimeoutMs,
          ...(credentials === undefined ? {} : { credentials }),
        });
        const { nextExpectedRevision: revision, position } = await within(appending, appendTimeoutMs);
        // Of a repeat the server may not know the position (yet), and then says -1 or nothing.
        const isKnown = position !== undefined && position.commit >= 0n && position.commit <= SIGNED_64_BIT_MAX;
        return { revision, position: isKnown ? position.commit : await this.#positionAt(stream, revision) };
      } catch (error) {
        const kind = kindOf(error);
        if (kind === ErrorType.NOT_LEADER && tries < LEADER_TRIES_MAX) continue;
        if (kind === ErrorType.WRONG_EXPECTED_VERSION) throw await this.#lostRace(stream, expected, error);
        if (kind === ErrorType.MAXIMUM_APPEND_SIZE_EXCEEDED) throw tooLarge(events, error);
        throw error;
      }
    }
  }

  async #lostRace(stream: StreamName, expected: ExpectedRevision, error: unknown): Promise<Error> {
    if (expected === 'any') return new Bug(`${stream}: an event id is in the log already, in another append`, { cause: error });
    // The client says `no_stream` where the port has a revision.
    const actual = (error as { readonly actualVersion?: unknown }).actualVersion;
    return new WrongExpectedRevision(stream, expected, typeof actual === 'bigint' ? actual : await this.#head(stream));
  }

  /** Looks for the events in their stream. What is not there now may still arrive: only the same append again, with the same ids, is safe. */
  async #settle(stream: StreamName, expected: ExpectedRevision, events: readonly EncodedEvent[], fault: Fault): Promise<Appended> {
    try {
      const found = expected === 'any' ? await this.#inTail(stream, events) : await this.#after(stream, expected, events);
      if (found !== undefined) return found;
    } catch (error) {
      if (error instanceof WrongExpectedRevision) throw error;
    }
    if (expected === 'any') this.#remember(firstId(events));
    throw fault;
  }

  async #after(stream: StreamName, expected: Revision, events: readonly EncodedEvent[]): Promise<Appended | undefined> {
    const there = await collected(this.#room.read(stream, { from: expected + 1n, limit: events.length }));
    const last = there.at(-1);
    if (last === undefined) return undefined;
    if (events.every(({ id }, index) => there[index]?.id === id)) return { revision: last.revision, position: last.position };
    throw new WrongExpectedRevision(stream, expected, await this.#head(stream));
  }

  async #inTail(stream: StreamName, events: readonly EncodedEvent[]): Promise<Appended | undefined> {
    const tail = await collected(this.#room.read(stream, { from: END, limit: TAIL_EVENTS_MAX, direction: BACKWARDS }));
    tail.reverse();
    const from = tail.findIndex(({ id }) => id === firstId(events));
    const last = tail[from + events.length - 1];
    if (from < 0 || last === undefined || !events.every(({ id }, index) => tail[from + index]?.id === id)) return undefined;
    this.#unsettled.delete(firstId(events));
    return { revision: last.revision, position: last.position };
  }

  async #head(stream: StreamName): Promise<Revision> {
    const [last] = await collected(this.#room.read(stream, { from: END, limit: 1, direction: BACKWARDS }));
    return last?.revision ?? NO_REVISION;
  }

  async #positionAt(stream: StreamName, revision: Revision): Promise<bigint> {
    const [event] = await collected(this.#room.read(stream, { from: revision, limit: 1 }));
    if (event !== undefined) return event.position;
    throw new Fault(`${stream}: revision ${revision} was appended and can not be read yet; it is tried again later`, { retry: 'later' });
  }

  #remember(id: EventId): void {
    this.#unsettled.add(id);
    const [oldest] = this.#unsettled;
    if (this.#unsettled.size > UNSETTLED_MAX && oldest !== undefined) this.#unsettled.delete(oldest);
  }
}

const firstId = (events: readonly EncodedEvent[]): EventId => events[0]?.id ?? ('' as EventId);

function tooLarge(events: readonly EncodedEvent[], error: unknown): AppendTooLarge {
  const bytes = events.reduce((sum, { data, meta }) => sum + Buffer.byteLength(data) + Buffer.byteLength(meta), 0);
  return new AppendTooLarge(bytes, Number((error as { readonly maxAppendSize?: unknown }).maxAppendSize ?? 0));
}

async function collected<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}
