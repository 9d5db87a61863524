import { Fault, START, type Cursor, type StreamName } from '@tidemark/domain';
import type { FreshRows } from '@tidemark/read-model/writer';
import { assertChained, cursorOf, fittingMarks, project, readCommits, type ProjectorStores } from './visit.ts';

export interface Rebuilt {
  readonly streams: number;
  readonly events: number;
  readonly rows: number;
}
type Stores = Omit<ProjectorStores, 'publisher'>;

/**
 * Every stream's rows built again from the log, one stream after the other: aside, and put in place at once when they are at the stream's end, so that
 * readers see the rows before or those after and never a hole. Projectors may go on meanwhile, here or elsewhere: their marks say where. Nothing is
 * published; receipts stay. Killed anywhere, what was put in place stays and the rest is as before. What the log has not is forgotten.
 * @throws {Fault} of the stores, and `retry: 'later'` where another rebuild has begun with the same stream. @throws {Bug} for an event that cannot be taken.
 */
export async function rebuildAll(stores: Stores, batchEventsMax: number): Promise<Rebuilt> {
  const streams = new Set<StreamName>();
  for await (const { stream } of stores.log.readAll()) if (isOfSubject(stream)) streams.add(stream);
  let [events, rows] = [0, 0];
  for (const stream of streams) {
    const built = await rebuildStream(stores, stream, batchEventsMax);
    events += built.events;
    rows += built.rows;
  }
  for await (const stream of stores.writer.streams()) {
    // Marks under other names are somebody's own; a stream may have begun since the log was read.
    if (!isOfSubject(stream) || streams.has(stream) || (await stores.log.last(stream)) !== undefined) continue;
    await stores.writer.forget(stream);
  }
  return { streams: streams.size, events, rows };
}

const isOfSubject = (stream: string): stream is StreamName => /^(workspace|device|account)-/.test(stream);

async function rebuildStream(
  stores: Stores,
  stream: StreamName,
  batchEventsMax: number,
): Promise<{ readonly events: number; readonly rows: number }> {
  await fittingMarks(stores, stream);
  const fresh = await stores.writer.fresh(stream);
  try {
    return await fill(stores, stream, fresh, batchEventsMax);
  } catch (error) {
    // What cannot be discarded now is by the next rebuild.
    await fresh.discard().catch(() => undefined);
    throw error;
  }
}

/** A live projector that is ahead has taken events that are in the log: each round takes what came since the one before, until none did. */
async function fill(
  stores: Stores,
  stream: StreamName,
  fresh: FreshRows,
  batchEventsMax: number,
): Promise<{ events: number; rows: number }> {
  let at: Cursor = START;
  const taken = { events: 0, rows: 0 };
  for (;;) {
    const { events, atEnd } = await readCommits(stores.log, stream, at.revision + 1n, batchEventsMax);
    assertChained(at, events, stores.sha256);
    taken.events += events.length;
    if (events.length > 0) taken.rows += (await project({ log: stores.log, writer: fresh }, stream, events)).rowsWritten;
    at = cursorOf(events.at(-1)) ?? at;
    if (!atEnd) continue;
    const outcome = await fresh.replace(at);
    if (outcome === 'replaced') return taken;
    if (outcome === 'superseded')
      throw new Fault(`${stream} is being built again by another rebuild, or from another history; begin again when that has ended`, {
        retry: 'later',
      });
    // Behind with nothing left to take: the history may have become another meanwhile. Then it is forgotten, and this superseded.
    if (events.length === 0) await fittingMarks(stores, stream);
  }
}
