import { workspaceStream, type DomainEvent, type EntryId, type Row } from '@tidemark/domain';
import { WORKSPACE, testSha256 } from '@tidemark/domain/testing';
import type { ChangeSet } from '@tidemark/change-feed';
import { MemoryEventLog } from '@tidemark/event-log';
import type { ReadModelReader, ReadModelWriter } from '@tidemark/read-model';
import { Projector } from '../projector.ts';
import { rebuildAll } from '../rebuild.ts';
import { Scribe } from './histories.ts';

const STREAM = workspaceStream(WORKSPACE);
const BATCH_EVENTS = 20;
const WAIT_MS = 120_000;
const LATE_TURNS = 5;

export interface Race {
  /** Sentences; none where readers saw nothing amiss. */
  readonly amiss: readonly string[];
  /** How often everything was read while rebuilds ran. */
  readonly looks: number;
  readonly rebuilds: number;
  readonly published: readonly ChangeSet[];
  readonly rows: readonly Row[];
  /** Rows of a rebuild with nobody else about. */
  readonly rowsAfterwards: readonly Row[];
}

async function rowsIn(reader: ReadModelReader): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for await (const row of reader.rows(WORKSPACE)) rows.push(row);
  return rows;
}

/** Its reader hears of the end late, so that others have gone on by then. */
function lateOf(log: MemoryEventLog): MemoryEventLog {
  const late = new MemoryEventLog();
  late.readAll = log.readAll.bind(log);
  late.last = log.last.bind(log);
  late.readStream = async function* (stream, options) {
    yield* log.readStream(stream, options);
    for (let turns = 0; turns < LATE_TURNS; turns++) await new Promise((resolve) => setImmediate(resolve));
  };
  return late;
}

/**
 * A live projector follows a log that is appended to without pause, another process rebuilds again and again, and a third reads everything all the
 * while. `commits` create entries and change them; a read model never lets go of a row.
 */
export async function raceOfRebuilds(
  commits: readonly (readonly DomainEvent[])[],
  { live, rebuilding, reader }: { readonly live: ReadModelWriter; readonly rebuilding: ReadModelWriter; readonly reader: ReadModelReader },
): Promise<Race> {
  const log = new MemoryEventLog();
  const scribe = new Scribe(log);
  const published: ChangeSet[] = [];
  const amiss: string[] = [];
  const projector = new Projector({
    log,
    writer: live,
    publisher: {
      publish: ({ changeSet }) => {
        if (changeSet !== undefined) published.push(changeSet);
        return Promise.resolve();
      },
      close: () => Promise.resolve(),
    },
    sha256: testSha256,
    options: { batchEventsMax: BATCH_EVENTS },
  });
  const done = { appending: false, rebuilding: false };
  let [rebuilds, looks] = [0, 0];
  const stores = { log: lateOf(log), writer: rebuilding, sha256: testSha256 };

  const appending = async (): Promise<void> => {
    for (const events of commits) {
      await scribe.append(events);
      if (!(await projector.caughtUp(STREAM, scribe.head.revision, WAIT_MS))) amiss.push('the live projector did not catch up');
    }
    done.appending = true;
  };
  const rebuildingAll = async (): Promise<void> => {
    for (; !done.appending || rebuilds < 2; rebuilds++) await rebuildAll(stores, BATCH_EVENTS);
    done.rebuilding = true;
  };
  const reading = async (): Promise<void> => {
    const seen = new Map<EntryId, Row>();
    let at = -1n;
    for (; !done.rebuilding; looks++) {
      const projected = (await reader.marks(STREAM))?.projected.revision ?? -1n;
      if (projected < at) amiss.push(`the mark went back from ${at} to ${projected}`);
      const page = await reader.feed(WORKSPACE, { revision: -1n }, 100_000, false);
      if (page.at.revision < projected) amiss.push(`a page was read at ${page.at.revision} after the mark ${projected}`);
      const rows = await rowsIn(reader);
      for (const [kind, those] of Object.entries({ 'the feed': page.rows, 'the walk': rows })) {
        const now = new Map(those.map((row) => [row.id, row]));
        for (const [id, before] of seen) {
          const row = now.get(id);
          if (row === undefined) amiss.push(`${kind} lacks ${id}, which was there at ${before.feed}`);
          else if (row.feed < before.feed) amiss.push(`${kind} has ${id} at ${row.feed}, which was at ${before.feed}`);
        }
        for (const [id, row] of now) seen.set(id, row);
      }
      at = page.at.revision;
      await new Promise((resolve) => setImmediate(resolve));
    }
  };

  projector.start();
  try {
    await Promise.all([appending(), rebuildingAll(), reading()]);
  } finally {
    done.appending = done.rebuilding = true;
    await projector.stop();
  }
  const rows = await rowsIn(reader);
  await rebuildAll(stores, BATCH_EVENTS);
  return { amiss, looks, rebuilds, published, rows, rowsAfterwards: await rowsIn(reader) };
}
