import {
  Bug,
  Fault,
  START,
  isChained,
  parseAccountId,
  parseDeviceId,
  parseWorkspaceId,
  type Cursor,
  type RecordedEvent,
  type Revision,
  type Sha256,
  type StreamName,
} from '@tidemark/domain';
import type { ChangeFeedPublisher } from '@tidemark/change-feed/publish';
import type { EventLog } from '@tidemark/event-log';
import type { Marks, ReadModelWriter, RowWriter } from '@tidemark/read-model/writer';
import { projectAccount, projectDevice, projectWorkspace, rowsAt, type BatchNews } from './batch.ts';

export interface ProjectorStores {
  readonly log: EventLog;
  readonly writer: ReadModelWriter;
  readonly publisher: ChangeFeedPublisher;
  readonly sha256: Sha256;
  /** Milliseconds since 1970, to say in change sets when they were published and since when a stream waits; for figures, never for decisions. */
  readonly now?: () => number;
}

export interface Visited {
  /** Where the stream's marks stand now. */
  readonly at: Cursor;
  /** Nothing was left to read. */
  readonly atEnd: boolean;
  readonly events: number;
  readonly rows: number;
  /** Of the requests whose events were taken, the latest few. */
  readonly correlations: readonly string[];
  /** When the last event taken was recorded, ISO 8601; nothing where none was. */
  readonly lastAt?: string | undefined;
}

/** Correlation ids that are told along. */
const CORRELATIONS_MAX = 16;

const UNMARKED: Marks = { projected: START, published: START };

/** Blocks streams have no chain and no rows. */
export const isProjected = (stream: StreamName): boolean => !stream.startsWith('blocks-');

/**
 * One step with one stream: at most one batch of rows, then mark, publish, mark. Whatever interrupts it, or does the same at the same time,
 * the next visit goes on from the marks: rows are guarded, marks move by compare-and-set, and what was not marked as published is published again.
 *
 * @throws {Fault} of the stores. @throws {Bug} for an event that cannot be taken.
 */
export async function visitStream(stores: ProjectorStores, stream: StreamName, batchEventsMax: number): Promise<Visited> {
  const { log, writer } = stores;
  const { projected, published } = await fittingMarks(stores, stream);
  if (published.revision < projected.revision) {
    const to = await publishAgain(stores, stream, { projected, published }, batchEventsMax);
    await writer.mark(stream, 'published', published, to);
    return { at: projected, atEnd: false, events: 0, rows: 0, correlations: [] };
  }
  const { events, atEnd } = await readCommits(log, stream, projected.revision + 1n, batchEventsMax);
  const to = cursorOf(events.at(-1));
  if (to === undefined) return { at: projected, atEnd: true, events: 0, rows: 0, correlations: [] };
  assertChained(projected, events, stores.sha256);
  const news = await project(stores, stream, events);
  // Somebody else has moved the mark, or a rebuild has put other rows in place: the next visit goes on from what is there now.
  if (!(await writer.mark(stream, 'projected', projected, to)))
    return { at: projected, atEnd: false, events: 0, rows: 0, correlations: [] };
  await publish(stores, stream, { from: published, to, events }, news);
  await writer.mark(stream, 'published', published, to);
  return {
    at: to,
    atEnd,
    events: events.length,
    rows: news.rowsWritten,
    correlations: correlationsOf(events),
    lastAt: events.at(-1)?.at,
  };
}

/** What was written and perhaps not told: told again, without rows where they have moved on. */
async function publishAgain(
  stores: ProjectorStores,
  stream: StreamName,
  { projected, published }: Marks,
  batchEventsMax: number,
): Promise<Cursor> {
  const { events } = await readCommits(stores.log, stream, published.revision + 1n, batchEventsMax, projected.revision);
  const to = cursorOf(events.at(-1)) ?? projected;
  await publish(stores, stream, { from: published, to, events }, await project(stores, stream, events));
  return to;
}

/** The marks, if the stream still has the history they speak of; otherwise everything of it is forgotten and it starts over. */
export async function fittingMarks({ log, writer }: Pick<ProjectorStores, 'log' | 'writer'>, stream: StreamName): Promise<Marks> {
  const marks = (await writer.marks(stream)) ?? UNMARKED;
  if (marks.projected.revision === START.revision) return marks;
  const there = await eventAt(log, stream, marks.projected.revision);
  if (there?.revision === marks.projected.revision && there.meta.chain === marks.projected.chain) return marks;
  await writer.forget(stream);
  return UNMARKED;
}

/**
 * Whole commits, since in the middle of one the tree may be none: up to the limit, or one that is longer than that.
 * A mark or a change set never ends inside a commit.
 */
export async function readCommits(
  log: EventLog,
  stream: StreamName,
  from: Revision,
  limit: number,
  to?: Revision,
): Promise<{ readonly events: readonly RecordedEvent[]; readonly atEnd: boolean }> {
  const events: RecordedEvent[] = [];
  let whole = 0;
  let endOfCommit = -1n;
  for await (const event of log.readStream(stream, { from })) {
    if (to !== undefined && event.revision > to) return { events: events.slice(0, whole), atEnd: false };
    const count = event.meta.commit?.count;
    if (count !== undefined) endOfCommit = event.revision + BigInt(count) - 1n;
    events.push(event);
    if (event.revision >= endOfCommit) whole = events.length;
    if (whole > 0 && events.length >= limit) return { events: events.slice(0, whole), atEnd: false };
  }
  return { events: events.slice(0, whole), atEnd: true };
}

async function eventAt(log: EventLog, stream: StreamName, revision: Revision): Promise<RecordedEvent | undefined> {
  for await (const event of log.readStream(stream, { from: revision, limit: 1 })) return event;
  return undefined;
}

export function cursorOf(event: RecordedEvent | undefined): Cursor | undefined {
  if (event === undefined) return undefined;
  if (event.meta.chain === undefined)
    throw new Fault(`${event.stream} has an event without a chain at ${event.revision}`, { retry: 'never' });
  return { revision: event.revision, chain: event.meta.chain };
}

/** A history that was edited is no history: nothing of it is taken. */
export function assertChained(from: Cursor, events: readonly RecordedEvent[], sha256: Sha256): void {
  let chain = from.chain;
  for (const event of events) {
    if (!isChained(chain, event, sha256))
      throw new Bug(`${event.stream} does not follow from its own history at revision ${event.revision}`);
    chain = event.meta.chain ?? chain;
  }
}

export async function project(
  stores: { readonly log: EventLog; readonly writer: RowWriter },
  stream: StreamName,
  events: readonly RecordedEvent[],
): Promise<BatchNews> {
  const id = stream.slice(stream.indexOf('-') + 1);
  const workspace = stream.startsWith('workspace-') ? parseWorkspaceId(id) : undefined;
  if (workspace !== undefined) return projectWorkspace(stores, workspace, events);
  const device = stream.startsWith('device-') ? parseDeviceId(id) : undefined;
  if (device !== undefined) return projectDevice(stores, device, events);
  const account = stream.startsWith('account-') ? parseAccountId(id) : undefined;
  if (account !== undefined) return projectAccount(stores, account, events);
  return { rows: [], revoked: [], devicesGone: [], rowsWritten: 0 };
}

interface Told {
  readonly from: Cursor;
  readonly to: Cursor;
  readonly events: readonly RecordedEvent[];
}

async function publish(stores: ProjectorStores, stream: StreamName, { from, to, events }: Told, news: BatchNews): Promise<void> {
  for (const device of news.devicesGone) await stores.publisher.publish({ deviceGone: { device } });
  const workspace = stream.startsWith('workspace-') ? parseWorkspaceId(stream.slice('workspace-'.length)) : undefined;
  if (workspace === undefined) return;
  await stores.publisher.publish({
    changeSet: {
      workspace,
      from,
      to,
      rows: rowsAt(news.rows, to),
      ...(news.revoked.length === 0 ? {} : { revoked: news.revoked }),
      correlations: correlationsOf(events),
      ...(stores.now === undefined ? {} : { publishedMs: stores.now() }),
    },
  });
}

const correlationsOf = (events: readonly RecordedEvent[]): readonly string[] =>
  [...new Set(events.map(({ meta }) => meta.correlationId))].slice(-CORRELATIONS_MAX);
