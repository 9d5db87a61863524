import { NO_REVISION, type RecordedEvent, type Revision, type StreamName } from '@tidemark/domain';
import type { EventLog } from '@tidemark/event-log';
import { BrokenHistory } from './broken-history.ts';
import { CatchUp } from './catch-up.ts';
import { isDamaged } from './view-file.ts';

/** A local table of what one stream says: a cache, which may start over at any time. */
export interface StreamView {
  /** The last event taken; `NO_REVISION` before the first. */
  readonly head: { readonly revision: Revision };
  /** Whether this event, found in the log at the head's revision, is the one that was taken there. */
  isHead(event: RecordedEvent): boolean;
  /**
   * Takes events as the log has them, those it has already passed over, after it has made sure that each follows from the one before; where one
   * does not, those before it are taken.
   * @throws {BrokenHistory}
   */
  take(events: readonly RecordedEvent[]): void;
  /** Forgets everything, as if no event had been read. */
  startOver(): void;
  close(): void;
}

/**
 * A view together with its way to the log. It goes on only if what it took last is what the log holds there (a log that was put back is shorter, or
 * another), and if what comes next follows from it. Where that fails the fault may be in the view, which is built again, once; where it fails again it
 * is in the log.
 */
export class FollowedView<View extends StreamView> {
  readonly view: View;
  readonly #log: EventLog;
  readonly #stream: StreamName;
  readonly #eventsPerTransaction: number;
  readonly #catchUp = new CatchUp(() => this.#followSurely());
  /** Built from the first event on because the history did not hold, and it has not held since. */
  #wasBuiltAgain = false;

  constructor(view: View, log: EventLog, stream: StreamName, eventsPerTransaction: number) {
    this.view = view;
    this.#log = log;
    this.#stream = stream;
    this.#eventsPerTransaction = eventsPerTransaction;
  }

  /**
   * When it resolves the view has every event that was in the log when it was called.
   * @throws {BrokenHistory} each time, at the cost of one short read, until the log is put right.
   */
  catchUp(): Promise<void> {
    return this.#catchUp.now();
  }

  close(): void {
    this.view.close();
  }

  async #followSurely(): Promise<void> {
    try {
      await this.#follow();
    } catch (error) {
      const isDoubtful = error instanceof BrokenHistory && !this.#wasBuiltAgain;
      if (!isDoubtful && !isDamaged(error)) throw error;
      this.#wasBuiltAgain ||= isDoubtful;
      this.view.startOver();
      await this.#follow();
    }
    this.#wasBuiltAgain = false;
  }

  /** The last event taken is read again: where the stream holds another one there, or none, the view is of another history and starts over. */
  async #follow(): Promise<void> {
    const { revision } = this.view.head;
    let isKnown = revision === NO_REVISION;
    let batch: RecordedEvent[] = [];
    for await (const event of this.#log.readStream(this.#stream, { from: isKnown ? 0n : revision })) {
      if (!isKnown) {
        if (event.revision !== revision || !this.view.isHead(event)) break;
        isKnown = true;
        continue;
      }
      batch.push(event);
      if (batch.length < this.#eventsPerTransaction) continue;
      this.view.take(batch);
      batch = [];
    }
    if (!isKnown) {
      // Nothing here changed since the question unless it was our own append, and that is in the stream.
      if (this.view.head.revision === revision) this.view.startOver();
      return this.#follow();
    }
    if (batch.length > 0) this.view.take(batch);
  }
}

/**
 * For a view's `take`: how many of the events, in order, may be taken, and whether the next one is at fault.
 * @param follows whether the event follows from the one before it; asked only of those that are new.
 */
export function soundPart(
  events: readonly RecordedEvent[],
  head: Revision,
  follows: (event: RecordedEvent) => boolean,
): { readonly sound: readonly RecordedEvent[]; readonly broken: RecordedEvent | undefined } {
  let revision = head;
  for (const [index, event] of events.entries()) {
    if (event.revision <= revision) continue;
    if (event.revision !== revision + 1n || !follows(event)) return { sound: events.slice(0, index), broken: event };
    revision = event.revision;
  }
  return { sound: events, broken: undefined };
}
