import {
  GENESIS,
  chainOf,
  changesOf,
  derivedId,
  encodeJson,
  isLiveWithin,
  MemoryWorkspaceView,
  workspaceStream,
  type Chain,
  type Cursor,
  type DomainEvent,
  type EntryId,
  type EventId,
  type NewEvent,
  type Revision,
  type Row,
  type StreamName,
  type WorkspaceEvent,
} from '@tidemark/domain';
import { LAPTOP, OWNER, WORKSPACE, testSha256 } from '@tidemark/domain/testing';
import { NO_REVISION } from '@tidemark/domain';
import type { EventLog } from '@tidemark/event-log';

export const STREAM = workspaceStream(WORKSPACE);

/** Appends one stream's events with their chains, as the server does: each time one commit. */
export class Scribe {
  readonly #log: EventLog;
  readonly #stream: StreamName;
  head: Cursor = { revision: NO_REVISION, chain: GENESIS };

  constructor(log: EventLog, stream: StreamName = STREAM) {
    this.#log = log;
    this.#stream = stream;
  }

  async append(events: readonly DomainEvent[]): Promise<void> {
    if (events.length === 0) return;
    let { revision, chain } = this.head;
    const chained = events.map((event, index): NewEvent => {
      revision += 1n;
      const id = derivedId<EventId>('test-event', this.#stream, revision, chain);
      const at = `2026-01-01T00:00:00.${String(revision % 1000n).padStart(3, '0')}Z`;
      const commit = { number: 1, operation: index, ...(index === 0 ? { count: events.length, outcomes: [] } : {}) };
      const meta = { correlationId: 'test', account: OWNER, device: LAPTOP, commit };
      const data: unknown = JSON.parse(encodeJson(event.data));
      chain = chainOf(chain, { id, type: event.type, v: event.v, at, data, meta }, testSha256);
      return { id, event, at, meta: { ...meta, chain } };
    });
    await this.#log.append(this.#stream, this.head.revision, chained);
    this.head = { revision, chain };
  }
}

/** The rows that a history gives, worked out the slow and plain way. */
export function rowsOf(history: readonly WorkspaceEvent[]): ReadonlyMap<EntryId, Row> {
  const view = new MemoryWorkspaceView();
  const feed = new Map<EntryId, Revision>();
  history.forEach((event, index) => {
    const revision = BigInt(index);
    view.apply(event, revision, GENESIS as Chain);
    for (const change of changesOf(event)) {
      feed.set(change.entry, revision);
      if (change.raisesSubtree !== true) continue;
      for (const entry of view.entries()) if (isLiveWithin(view, entry.id, change.entry)) feed.set(entry.id, revision);
    }
  });
  return new Map([...view.entries()].map((entry) => [entry.id, { ...entry, feed: feed.get(entry.id) ?? NO_REVISION }]));
}
