import { Fault, NO_REVISION, type NewEvent, type Revision, type StreamName } from '@tidemark/domain';
import { AppendTooLarge, WrongExpectedRevision, type Appended, type EventLog } from '@tidemark/event-log';

/**
 * Appends, and where the store failed in a way that leaves the outcome open, looks into the stream for the events before it says anything.
 * @throws {WrongExpectedRevision} when somebody else was there first. @throws {Fault} when it is certain, or not to be found out, that nothing was kept.
 */
export async function appendSurely(log: EventLog, stream: StreamName, expected: Revision, events: readonly NewEvent[]): Promise<Appended> {
  try {
    return await log.append(stream, expected, events);
  } catch (error) {
    if (error instanceof WrongExpectedRevision || error instanceof AppendTooLarge || !(error instanceof Fault)) throw error;
    const from = expected === NO_REVISION ? 0n : expected + 1n;
    let isOurs = false;
    for await (const event of log.readStream(stream, { from, limit: events.length })) {
      isOurs ||= event.id === events[0]?.id;
      if (isOurs && event.revision === expected + BigInt(events.length)) return { revision: event.revision, position: event.position };
    }
    throw error;
  }
}

/**
 * As {@link appendSurely}, for chained events whose ids another process may give as well: those of a commit that was sent to both. The log knows them by
 * their ids and answers both as the first, but time and correlation, and so the chain, are those of one. A chain covers all before it, so the last event
 * tells whose they are.
 * @throws {WrongExpectedRevision} also where those of the other process were kept.
 */
export async function appendOwn(log: EventLog, stream: StreamName, expected: Revision, events: readonly NewEvent[]): Promise<Appended> {
  const appended = await appendSurely(log, stream, expected, events);
  for await (const { meta } of log.readStream(stream, { from: appended.revision, limit: 1 }))
    if (meta.chain === events.at(-1)?.meta.chain) return appended;
  throw new WrongExpectedRevision(stream, expected, appended.revision);
}
