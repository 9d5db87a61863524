import {
  APPEND_BYTES_MAX,
  NO_REVISION,
  encodeJson,
  type DomainEvent,
  type NewEvent,
  type RecordedEvent,
  type Revision,
  type StreamName,
} from '@tidemark/domain';
import { WrongExpectedRevision, type EventLog } from '@tidemark/event-log';
import { appendSurely } from '../../metadata/append-surely.ts';
import { eachAtOnce, patiently, readPatiently, type Patience } from './patience.ts';
import { TargetForeign, type Plan } from './plan.ts';

/** What a store keeps beside data and meta counts against its own limit too (1 MiB in EventStoreDB): small events are not many. */
const APPEND_EVENTS_MAX = 1_000;
/** Held in memory, sorted by stream, so that many small appends become a few large ones. */
const WINDOW_BYTES_MAX = 8 * 1024 * 1024;
const WINDOW_EVENTS_MAX = 8_192;
const APPENDS_AT_ONCE_MAX = 16;

interface Moved {
  readonly event: RecordedEvent;
  /** Of data and meta as JSON. */
  readonly bytes: number;
}

export interface EventOptions {
  readonly patience: Patience;
  /** Default {@link WINDOW_EVENTS_MAX}. */
  readonly windowEventsMax?: number | undefined;
  /** Told how many were appended. */
  readonly done: (events: number) => void;
}

/**
 * Appends what the target lacks, up to where the plan ends: same ids, types, versions, times, data and meta, same revisions; positions are new. The order within a stream stays, and
 * blocks are there before the facts that speak of them; otherwise streams overtake each other within a window. A commit is never cut in two.
 * @throws {TargetForeign} where somebody else writes to the target. @throws {Fault} of a store that stays away.
 */
export async function copyEvents(
  from: EventLog,
  to: EventLog,
  plan: Plan,
  { patience, windowEventsMax, done }: EventOptions,
): Promise<void> {
  if (plan.from === undefined || plan.until === undefined) return;
  const heads = new Map<StreamName, Revision>([...plan.heads].map(([stream, { revision }]) => [stream, revision]));
  let window = new Window(windowEventsMax);
  const flush = async (): Promise<void> => {
    for (const streams of window.inOrder())
      await eachAtOnce(streams, APPENDS_AT_ONCE_MAX, async ([stream, events]) => {
        for (const batch of batchesOf(events)) {
          await append(to, stream, heads.get(stream) ?? NO_REVISION, batch, patience);
          heads.set(stream, batch.at(-1)?.revision ?? NO_REVISION);
          done(batch.length);
        }
      });
    window = new Window(windowEventsMax);
  };
  for await (const event of readPatiently(patience, from, plan.from)) {
    if (event.position > plan.until) break;
    if (event.revision <= (plan.heads.get(event.stream)?.revision ?? NO_REVISION)) continue;
    if (window.isFull && !window.isWithinCommit(event)) await flush();
    window.add(event);
  }
  await flush();
}

/** A run of the log, sorted by stream. */
class Window {
  readonly #streams = new Map<StreamName, Moved[]>();
  #bytes = 0;
  #events = 0;
  #commit: { readonly stream: StreamName; readonly end: Revision } | undefined;
  readonly #eventsMax: number;

  constructor(eventsMax = WINDOW_EVENTS_MAX) {
    this.#eventsMax = eventsMax;
  }

  get isFull(): boolean {
    return this.#bytes >= WINDOW_BYTES_MAX || this.#events >= this.#eventsMax;
  }

  /** Whether the event belongs to a commit of which a part is in here already; all of one stand side by side in the log. */
  isWithinCommit({ stream, revision }: RecordedEvent): boolean {
    return this.#commit !== undefined && this.#commit.stream === stream && revision <= this.#commit.end;
  }

  add(event: RecordedEvent): void {
    const bytes = Buffer.byteLength(encodeJson(event.data)) + Buffer.byteLength(encodeJson(event.meta));
    const events = this.#streams.get(event.stream) ?? [];
    this.#streams.set(event.stream, events);
    events.push({ event, bytes });
    this.#bytes += bytes;
    this.#events += 1;
    const count = event.meta.commit?.count;
    if (count !== undefined) this.#commit = { stream: event.stream, end: event.revision + BigInt(count) - 1n };
  }

  /** Those that may be appended at the same time, in the order in which they have to be. */
  inOrder(): readonly (readonly (readonly [StreamName, readonly Moved[]])[])[] {
    const all = [...this.#streams];
    return [all.filter(([stream]) => stream.startsWith('blocks-')), all.filter(([stream]) => !stream.startsWith('blocks-'))];
  }
}

/** Cut into appends that the port takes; between commits, and only a commit alone may have more events than others. */
export function batchesOf(events: readonly Moved[]): readonly (readonly RecordedEvent[])[] {
  const batches: RecordedEvent[][] = [];
  let bytes = Infinity;
  for (const unit of unitsOf(events)) {
    const unitBytes = unit.reduce((sum, { bytes }) => sum + bytes, 0);
    let batch = batches.at(-1);
    if (batch === undefined || bytes + unitBytes > APPEND_BYTES_MAX || batch.length + unit.length > APPEND_EVENTS_MAX) {
      batches.push((batch = []));
      bytes = 0;
    }
    batch.push(...unit.map(({ event }) => event));
    bytes += unitBytes;
  }
  return batches;
}

/** Commits, and events that are of none. */
function unitsOf(events: readonly Moved[]): readonly (readonly Moved[])[] {
  const units: Moved[][] = [];
  let end = NO_REVISION;
  for (const moved of events) {
    const { revision, meta } = moved.event;
    const unit = units.at(-1);
    if (unit !== undefined && revision <= end) unit.push(moved);
    else units.push([moved]);
    if (meta.commit?.count !== undefined) end = revision + BigInt(meta.commit.count) - 1n;
  }
  return units;
}

/** Whatever of the batch is in the stream already, from an earlier run whose append was still on its way, is not appended again. */
async function append(
  to: EventLog,
  stream: StreamName,
  head: Revision,
  batch: readonly RecordedEvent[],
  patience: Patience,
): Promise<void> {
  let [expected, left] = [head, batch];
  while (left.length > 0) {
    try {
      await patiently(patience, () => appendSurely(to, stream, expected, left.map(asNew)));
      return;
    } catch (error) {
      if (!(error instanceof WrongExpectedRevision)) throw error;
      const there = await patiently(patience, () => beginningOf(to, stream, expected + 1n, left.length));
      if (there.length === 0 || there.some(({ id }, index) => id !== left[index]?.id))
        throw new TargetForeign([`${stream} has an event after revision ${expected} that is not the source's`], true);
      expected += BigInt(there.length);
      left = left.slice(there.length);
    }
  }
}

async function beginningOf(log: EventLog, stream: StreamName, from: Revision, limit: number): Promise<readonly RecordedEvent[]> {
  const events: RecordedEvent[] = [];
  for await (const event of log.readStream(stream, { from, limit })) events.push(event);
  return events;
}

/** Of whichever version: what is stored moves as it is. */
const asNew = ({ id, type, v, data, at, meta }: RecordedEvent): NewEvent => ({ id, event: { type, v, data } as DomainEvent, at, meta });
