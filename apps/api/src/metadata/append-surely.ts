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
