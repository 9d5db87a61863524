import { type Chain, type Cursor, type RecordedEvent, type Revision, type StreamName } from '@tidemark/domain';
import { isProjected, type ProjectorStores } from './visit.ts';

/**
 * A place in all of the log: `revision` is a position, and what tells the event there from any that another log has there is its chain, or in a stream
 * without one its id.
 */
export const placeOf = ({ position, meta, id }: RecordedEvent): Cursor => ({
  revision: position,
  chain: meta.chain ?? (id as string as Chain),
});

/**
 * Walks the log from after the position to its end and names each event that its stream's marks do not cover: nobody has projected it, or told of it.
 * @returns the last event before which all is done, nothing when that is not even the first.
 */
export async function walkAfter(
  { log, writer }: Pick<ProjectorStores, 'log' | 'writer'>,
  after: bigint | undefined,
  signal: AbortSignal,
  lagging: (event: RecordedEvent) => void,
): Promise<Cursor | undefined> {
  const doneIn = new Map<StreamName, Revision>();
  let done: Cursor | undefined;
  let isAllDone = true;
  for await (const event of log.readAll({ after })) {
    if (signal.aborted) break;
    if (isProjected(event.stream)) {
      const upTo = doneIn.get(event.stream) ?? (await doneUpTo(writer, event.stream));
      doneIn.set(event.stream, upTo);
      if (event.revision > upTo) {
        isAllDone = false;
        lagging(event);
      }
    }
    if (isAllDone) done = placeOf(event);
  }
  return done;
}

async function doneUpTo(writer: ProjectorStores['writer'], stream: StreamName): Promise<Revision> {
  const marks = await writer.marks(stream);
  if (marks === undefined) return -1n;
  return marks.projected.revision < marks.published.revision ? marks.projected.revision : marks.published.revision;
}
