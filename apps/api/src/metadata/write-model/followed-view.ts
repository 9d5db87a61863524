import { NO_REVISION, type RecordedEvent, type Revision, type StreamName } from '@tidemark/domain';
import type { EventLog } from '@tidemark/event-log';
import { CatchUp } from './catch-up.ts';
import { isDamaged } from './view-file.ts';

/** A local table of what one stream says: a cache, which may start over at any time. */
export interface StreamView {
  /** The last event taken; `NO_REVISION` before the first. */
  readonly head: { readonly revision: Revision };
  /** Whether this event, found in the log at the head's revision, is the one that was taken there. */
  isHead(event: RecordedEvent): boolean;
  /** Takes the events that follow the head, all or none; those it has already are passed over. */
  apply(events: readonly RecordedEvent[]): void;
  /** Forgets everything, as if no event had been read. */
  startOver(): void;
  close(): void;
}

/** A view together with its way to the log. */
export class FollowedView<View extends StreamView> {
  readonly view: View;
  readonly #log: EventLog;
  readonly #stream: StreamName;
  readonly #eventsPerTransaction: number;
  readonly #catchUp = new CatchUp(() => this.#follow());

  constructor(view: View, log: EventLog, stream: StreamName, eventsPerTransaction: number) {
    this.view = view;
    this.#log = log;
    this.#stream = stream;
    this.#eventsPerTransaction = eventsPerTransaction;
  }

  /** When it resolves the view has every event that was in the log when it was called. */
  async catchUp(): Promise<void> {
    try {
      await this.#catchUp.now();
    } catch (error) {
      if (!isDamaged(error)) throw error;
      this.view.startOver();
      await this.#catchUp.now();
    }
  }

  close(): void {
    this.view.close();
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
      this.view.apply(batch);
      batch = [];
    }
    if (!isKnown) {
      // Nothing here changed since the question unless it was our own append, and that is in the stream.
      if (this.view.head.revision === revision) this.view.startOver();
      return this.#follow();
    }
    if (batch.length > 0) this.view.apply(batch);
  }
}
