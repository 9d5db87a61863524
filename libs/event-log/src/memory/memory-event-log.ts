import { assert, type EventId, Fault, type NewEvent, NO_REVISION, type RecordedEvent, type StreamName } from '@tidemark/domain';
import { type EncodedEvent, encodeAppend } from '../append.ts';
import {
  type Appended,
  type Delivery,
  type DoorbellOptions,
  type EventLog,
  type ExpectedRevision,
  type ReadAllOptions,
  type ReadOptions,
  type SubscribeOptions,
  WrongExpectedRevision,
} from '../event-log.port.ts';
import { follow, ringEach } from '../follow.ts';
import { Wake } from '../wake.ts';

const PAGE_EVENTS_MAX = 256;

/** What is kept: JSON text, so that nobody can change what was recorded. */
type Kept = EncodedEvent & { readonly stream: StreamName; readonly revision: bigint; readonly position: bigint };

/** The event log for tests and simulation: the whole contract, no disk, no timer. */
export class MemoryEventLog implements EventLog {
  readonly #all: Kept[] = [];
  readonly #streams = new Map<StreamName, Kept[]>();
  readonly #byId = new Map<EventId, Kept>();
  readonly #wake = new Wake();
  #closed = false;

  async append(stream: StreamName, expected: ExpectedRevision, events: readonly NewEvent[]): Promise<Appended> {
    this.#mustBeOpen();
    const encoded = encodeAppend(events);
    const kept = this.#streams.get(stream) ?? [];
    const head = kept.at(-1)?.revision ?? NO_REVISION;
    const repeated = expected === head ? undefined : this.#repeated(stream, expected, encoded);
    if (repeated !== undefined) return repeated;
    if (expected !== 'any' && expected !== head) throw new WrongExpectedRevision(stream, expected, head);
    for (const { id } of encoded) assert(!this.#byId.has(id), `event ${id} is in the log already, in another append`);
    for (const event of encoded) {
      const recorded = { ...event, stream, revision: BigInt(kept.length), position: BigInt(this.#all.length + 1) };
      kept.push(recorded);
      this.#all.push(recorded);
      this.#byId.set(event.id, recorded);
    }
    this.#streams.set(stream, kept);
    this.#wake.ring();
    return { revision: BigInt(kept.length - 1), position: BigInt(this.#all.length) };
  }

  async *readStream(stream: StreamName, options: ReadOptions = {}): AsyncIterable<RecordedEvent> {
    this.#mustBeOpen();
    const from = Number(options.from ?? 0n);
    const limit = options.limit ?? Infinity;
    for (let n = 0; n < limit; n += 1) {
      const event = this.#streams.get(stream)?.[from + n];
      if (event === undefined) return;
      yield recordedOf(event);
    }
  }

  async last(stream: StreamName): Promise<RecordedEvent | undefined> {
    this.#mustBeOpen();
    const event = this.#streams.get(stream)?.at(-1);
    return event === undefined ? undefined : recordedOf(event);
  }

  async *readAll(options: ReadAllOptions = {}): AsyncIterable<RecordedEvent> {
    this.#mustBeOpen();
    const from = options.from === undefined ? Number(options.after ?? 0n) : Number(options.from) - 1;
    const limit = options.limit ?? Infinity;
    for (let n = 0; n < limit; n += 1) {
      const event = this.#all[from + n];
      if (event === undefined) return;
      yield recordedOf(event);
    }
  }

  subscribe(options: SubscribeOptions): AsyncIterable<Delivery> {
    this.#mustBeOpen();
    const page = (position: bigint | undefined) => {
      const from = Number(position ?? 0n);
      return this.#all.slice(from, from + PAGE_EVENTS_MAX).map(recordedOf);
    };
    return follow(options, page, this.#wake, () => this.#closed);
  }

  doorbell({ signal }: DoorbellOptions): AsyncIterable<StreamName> {
    return ringEach(this.subscribe({ after: undefined, signal }));
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#wake.ring();
  }

  /** What the first append of these events was answered with, if there was one. */
  #repeated(stream: StreamName, expected: ExpectedRevision, events: readonly EncodedEvent[]): Appended | undefined {
    const first = this.#byId.get(events[0]?.id ?? ('' as EventId));
    if (first === undefined || first.stream !== stream) return undefined;
    if (expected !== 'any' && first.revision !== expected + 1n) return undefined;
    const kept = this.#streams.get(stream)?.slice(Number(first.revision), Number(first.revision) + events.length) ?? [];
    const last = kept.at(-1);
    return last !== undefined && events.every((event, index) => event.id === kept[index]?.id)
      ? { revision: last.revision, position: last.position }
      : undefined;
  }

  #mustBeOpen(): void {
    if (this.#closed) throw new Fault('the event log is closed', { retry: 'later' });
  }
}

const recordedOf = ({ data, meta, ...event }: Kept): RecordedEvent => ({
  ...event,
  data: JSON.parse(data) as unknown,
  meta: JSON.parse(meta) as RecordedEvent['meta'],
});
