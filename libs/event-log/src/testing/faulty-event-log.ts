import { Fault, type NewEvent, type RecordedEvent, type StreamName } from '@tidemark/domain';
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

/**
 * What is to happen to one append.
 * - `fail`: a fault, nothing kept. - `unknown`: kept, and yet a fault, as when the answer is lost.
 * - a promise: the append waits for it first.
 */
export type AppendFate = 'keep' | 'fail' | 'unknown' | Promise<void>;

export interface Faults {
  /** Asked before every append of so many events; `call` counts from 1. */
  readonly append?: (call: number, stream: StreamName, events: number) => AppendFate;
  /** Asked before every read of a stream, of all and of its last event; `call` counts from 1. */
  readonly read?: (call: number) => 'read' | 'fail';
  /** A subscription is dropped with a fault before its n-th delivery, counted from 1 over all subscriptions. */
  readonly delivery?: (call: number) => 'deliver' | 'drop';
}

/** An event log that fails when told to; everything else is passed on. */
export class FaultyEventLog implements EventLog {
  readonly #log: EventLog;
  readonly #faults: Faults;
  readonly #calls = { append: 0, read: 0, delivery: 0 };

  constructor(log: EventLog, faults: Faults) {
    this.#log = log;
    this.#faults = faults;
  }

  async append(stream: StreamName, expected: ExpectedRevision, events: readonly NewEvent[]): Promise<Appended> {
    this.#calls.append += 1;
    const fate = this.#faults.append?.(this.#calls.append, stream, events.length) ?? 'keep';
    if (fate === 'fail') throw new Fault('the event log is away (as told to)', { retry: 'later' });
    if (fate instanceof Promise) await fate;
    const appended = await this.#log.append(stream, expected, events);
    if (fate === 'unknown') throw new Fault('the answer of the event log was lost (as told to)', { retry: 'later' });
    return appended;
  }

  async *readStream(stream: StreamName, options?: ReadOptions): AsyncIterable<RecordedEvent> {
    this.#beforeRead();
    yield* this.#log.readStream(stream, options);
  }

  async last(stream: StreamName): Promise<RecordedEvent | undefined> {
    this.#beforeRead();
    return this.#log.last(stream);
  }

  async *readAll(options?: ReadAllOptions): AsyncIterable<RecordedEvent> {
    this.#beforeRead();
    yield* this.#log.readAll(options);
  }

  async *subscribe(options: SubscribeOptions): AsyncIterable<Delivery> {
    for await (const delivery of this.#log.subscribe(options)) {
      this.#calls.delivery += 1;
      if (this.#faults.delivery?.(this.#calls.delivery) === 'drop')
        throw new Fault('the subscription was dropped (as told to)', { retry: 'later' });
      yield delivery;
    }
  }

  doorbell(options: DoorbellOptions): AsyncIterable<StreamName> {
    return this.#log.doorbell(options);
  }

  close(): Promise<void> {
    return this.#log.close();
  }

  #beforeRead(): void {
    this.#calls.read += 1;
    if (this.#faults.read?.(this.#calls.read) === 'fail') throw new Fault('the event log is away (as told to)', { retry: 'later' });
  }
}
