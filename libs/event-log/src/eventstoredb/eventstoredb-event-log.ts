import { type AllStreamResolvedEvent, BACKWARDS, END, ErrorType, FORWARDS, type ResolvedEvent, START } from '@eventstore/db-client';
import { assert, Fault, type NewEvent, type RecordedEvent, type Revision, type StreamName } from '@tidemark/domain';
import { encodeAppend } from '../append.ts';
import type {
  Appended,
  Delivery,
  DoorbellOptions,
  EventLog,
  ExpectedRevision,
  ReadAllOptions,
  ReadOptions,
  SubscribeOptions,
} from '../event-log.port.ts';
import { APPEND_TIMEOUT_MS, Appending } from './appending.ts';
import { faultOf, kindOf } from './client-faults.ts';
import { Pull } from './pull.ts';
import { ringing } from './ringing.ts';
import { holdClient, type Held } from './shared-client.ts';
import { subscribing } from './subscribing.ts';
import { recordedOf, type WireEvent } from './wire-events.ts';

/** A reading that has waited so long for its next event is given up. */
export const READ_SILENCE_MS = 15_000;
/** Asked for at once beyond what is wanted, since some may be the server's own. */
const SPARE_EVENTS = 64;
/** The server takes no other ids. */
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export interface EventStoreDbOptions {
  /** Default {@link APPEND_TIMEOUT_MS}. */
  readonly appendTimeoutMs?: number;
  /** Default {@link READ_SILENCE_MS}. */
  readonly readSilenceMs?: number;
  /** Whether all appends share one call, see `credentialsFor`; default: only where it can not be helped. */
  readonly isBatched?: boolean;
}

interface StreamPlace {
  readonly from?: Revision | typeof END;
  readonly limit?: number | undefined;
  readonly direction?: typeof BACKWARDS;
}

/**
 * The event log on EventStoreDB (24.10; any from 22.6 speaks the same).
 * - Positions are commit positions; every event of ours has one of its own.
 * - An append that is not answered in time is looked for by its event ids; who calls hears how it ended, or a fault that asks for the same append again.
 * - An append expecting `any` is known again while the server remembers it, or this process had no answer to it; beyond that, see `TAIL_EVENTS_MAX`.
 * - Subscriptions and doorbells last: they are made again after each failure, from what was taken last.
 * - All logs of a process share one client, and so one server.
 */
export class EventStoreDbEventLog implements EventLog {
  readonly #held: Held;
  readonly #appending: Appending;
  readonly #readSilenceMs: number;
  readonly #closing = new AbortController();
  readonly #underWay = new Set<Promise<unknown>>();

  /**
   * `esdb://user:password@host:2113?tls=true`, as the client takes it. Does not wait for the server.
   * @throws {Fault} `retry: 'never'` for a URL that is none, or not the one this process uses already.
   */
  static async open(url: string, options: EventStoreDbOptions = {}): Promise<EventStoreDbEventLog> {
    return new EventStoreDbEventLog(holdClient(url), options);
  }

  private constructor(held: Held, options: EventStoreDbOptions) {
    this.#held = held;
    this.#readSilenceMs = options.readSilenceMs ?? READ_SILENCE_MS;
    this.#appending = new Appending({
      client: held.client,
      credentials: options.isBatched === true ? undefined : held.credentials,
      appendTimeoutMs: options.appendTimeoutMs ?? APPEND_TIMEOUT_MS,
      read: (stream, place) => this.#readStream(stream, place),
    });
  }

  async append(stream: StreamName, expected: ExpectedRevision, events: readonly NewEvent[]): Promise<Appended> {
    this.#mustBeOpen();
    const encoded = encodeAppend(events);
    for (const { id } of encoded) assert(UUID.test(id), `the event id ${id} is no UUID`);
    const appending = this.#appending.append(stream, expected, encoded);
    this.#underWay.add(appending);
    try {
      return await appending;
    } finally {
      this.#underWay.delete(appending);
    }
  }

  async *readStream(stream: StreamName, options: ReadOptions = {}): AsyncIterable<RecordedEvent> {
    this.#mustBeOpen();
    yield* this.#readStream(stream, options);
  }

  async last(stream: StreamName): Promise<RecordedEvent | undefined> {
    this.#mustBeOpen();
    for await (const event of this.#readStream(stream, { from: END, limit: 1, direction: BACKWARDS })) return event;
    return undefined;
  }

  async *readAll({ after, from, limit }: ReadAllOptions = {}): AsyncIterable<RecordedEvent> {
    this.#mustBeOpen();
    const start = from ?? after;
    const isWanted = (position: bigint): boolean => (from === undefined ? after === undefined || position > after : position >= from);
    let left = limit ?? Infinity;
    let next = start;
    // Pages where not everything is wanted; the first event of each is the last of the one before.
    while (left > 0) {
      const maxCount = limit === undefined ? Number.MAX_SAFE_INTEGER : Math.min(left + SPARE_EVENTS, Number.MAX_SAFE_INTEGER);
      const fromPosition = next === undefined ? START : { commit: next, prepare: next };
      let count = 0;
      let seen = next;
      const reading = this.#held.client.readAll({ direction: FORWARDS, fromPosition, maxCount });
      const pull: Pull<AllStreamResolvedEvent> = new Pull(reading, () => reading.cancel(), this.#closing.signal, this.#readSilenceMs);
      for await (const wire of this.#items(pull, 'the event log can not be read')) {
        count += 1;
        seen = wire.event?.position.commit ?? wire.link?.position.commit ?? wire.commitPosition ?? seen;
        const event = recordedOf(wire);
        if (event === undefined || !isWanted(event.position) || (next !== start && event.position === next)) continue;
        yield event;
        left -= 1;
        if (left <= 0) return;
      }
      if (count < maxCount || seen === next) return;
      next = seen;
    }
  }

  subscribe({ after, signal }: SubscribeOptions): AsyncIterable<Delivery> {
    this.#mustBeOpen();
    return subscribing(this.#held.client, after, AbortSignal.any([signal, this.#closing.signal]));
  }

  doorbell({ group, signal }: DoorbellOptions): AsyncIterable<StreamName> {
    this.#mustBeOpen();
    return ringing(this.#held.client, group, AbortSignal.any([signal, this.#closing.signal]));
  }

  /** Ends what listens; appends that were handed over before are waited for. */
  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.allSettled(this.#underWay);
    await this.#held.release();
  }

  async *#readStream(stream: StreamName, { from, limit, direction }: StreamPlace): AsyncGenerator<RecordedEvent, void, void> {
    if (limit !== undefined && limit <= 0) return;
    const reading = this.#held.client.readStream(stream, {
      direction: direction ?? FORWARDS,
      fromRevision: from ?? START,
      maxCount: limit ?? Number.MAX_SAFE_INTEGER,
      requiresLeader: true,
    });
    // Appends look for their events while the log closes.
    const pull: Pull<ResolvedEvent> = new Pull(reading, () => reading.cancel(), new AbortController().signal, this.#readSilenceMs);
    for await (const wire of this.#items(pull, `${stream} can not be read`)) {
      const event = recordedOf(wire);
      if (event === undefined) throw new Fault(`${stream} has an event that Tidemark has not written`, { retry: 'never' });
      yield event;
    }
  }

  /** Of one reading, up to its end. @throws {Fault} */
  async *#items<Item extends WireEvent>(pull: Pull<Item>, what: string): AsyncGenerator<Item, void, void> {
    try {
      for (;;) {
        const step = await pull.next();
        if (step === 'ended') return;
        if (step === 'stopped') throw new Fault('the event log is closed', { retry: 'later' });
        if (step === 'poked') continue;
        if (step === 'silent')
          throw new Fault(`${what}: no answer within ${this.#readSilenceMs} ms; it is tried again later`, { retry: 'later' });
        yield step.item;
      }
    } catch (error) {
      const kind = kindOf(error);
      if (kind === ErrorType.STREAM_NOT_FOUND) return;
      throw faultOf(error, what);
    } finally {
      await pull.close();
    }
  }

  #mustBeOpen(): void {
    if (this.#closing.signal.aborted) throw new Fault('the event log is closed', { retry: 'later' });
  }
}
