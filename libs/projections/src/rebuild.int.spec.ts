import { join } from 'node:path';
import { START, workspaceStream } from '@tidemark/domain';
import { WORKSPACE, commitSeeds, historyOf, testSha256 } from '@tidemark/domain/testing';
import { MemoryEventLog } from '@tidemark/event-log';
import { SqliteReadModel, openReadModelReader } from '@tidemark/read-model';
import { temporaryFolder } from '@tidemark/sqlite/testing';
import { sample } from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { rebuildAll } from './rebuild.ts';
import { Scribe, rowsOf } from './testing/histories.ts';
import { raceOfRebuilds } from './testing/rebuild-race.ts';

const SEED = 20261122;
const STREAM = workspaceStream(WORKSPACE);
const commits = () => historyOf(sample(commitSeeds(400), { seed: SEED, numRuns: 12 }).toSorted((a, b) => b.length - a.length)[0] ?? []);

async function openThree() {
  const path = join(temporaryFolder(), 'read-model.sqlite');
  const [live, rebuilding, reader] = [await SqliteReadModel.open(path), await SqliteReadModel.open(path), await openReadModelReader(path)];
  onTestFinished(async () => {
    for (const each of [live, rebuilding, reader]) await each.close();
  });
  return { live, rebuilding, reader };
}

test('readers see no hole and no row going back while rebuilds and appends go on; afterwards the rows are the same', async () => {
  const history = commits();
  const race = await raceOfRebuilds(history, await openThree());
  expect(race.amiss).toEqual([]);
  expect(race.looks).toBeGreaterThan(10);
  expect(race.rebuilds).toBeGreaterThan(1);
  expect(race.rows).toEqual(race.rowsAfterwards);
  expect(new Map(race.rows.map((row) => [row.id, row]))).toEqual(rowsOf(history.flat()));
  // Nothing was told twice, and nothing left out.
  let at = START;
  for (const { from, to } of race.published) {
    expect(from).toEqual(at);
    at = to;
  }
});

test('what the log has not is forgotten by a rebuild, marks of other names are not, and a history that was replaced is taken at once', async () => {
  const { live, rebuilding, reader } = await openThree();
  const log = new MemoryEventLog();
  const scribe = new Scribe(log);
  for (const events of commits().slice(0, 5)) await scribe.append(events);
  const lost = workspaceStream('0197f000-0000-7000-8000-00000000dead' as typeof WORKSPACE);
  const chain = 'e'.repeat(64) as typeof START.chain;
  await live.mark(lost, 'projected', undefined, { revision: 9n, chain });
  await live.mark('projector-log', 'projected', undefined, { revision: 9n, chain });
  await live.mark(STREAM, 'projected', undefined, { revision: 999n, chain });
  await rebuildAll({ log, writer: rebuilding, sha256: testSha256 }, 50);
  expect(await reader.marks(lost)).toBeUndefined();
  expect(await reader.marks('projector-log')).toBeDefined();
  expect((await reader.marks(STREAM))?.projected).toEqual(scribe.head);
});

test('a rebuild that fails half-way leaves everything as it was, and the next one finishes', async () => {
  const { live, rebuilding, reader } = await openThree();
  const log = new MemoryEventLog();
  const scribe = new Scribe(log);
  const history = commits().slice(0, 40);
  for (const events of history) await scribe.append(events);
  const stores = { log, writer: rebuilding, sha256: testSha256 };
  await rebuildAll(stores, 10);
  const everything = async () => {
    const rows = [];
    for await (const row of reader.rows(WORKSPACE)) rows.push(row);
    return { rows, marks: await reader.marks(STREAM), activity: await reader.activity(WORKSPACE, { limit: 10_000 }) };
  };
  const before = await everything();
  let reads = 0;
  const failing = new MemoryEventLog();
  Object.assign(failing, {
    readAll: log.readAll.bind(log),
    last: log.last.bind(log),
    readStream: (...args: Parameters<MemoryEventLog['readStream']>) => {
      if (reads++ === 3) throw new Error('killed');
      return log.readStream(...args);
    },
  });
  await expect(rebuildAll({ ...stores, log: failing }, 10)).rejects.toThrow('killed');
  expect(await everything()).toEqual(before);
  // As a crash leaves it: begun, and never discarded.
  await (await live.fresh(STREAM)).write({ stream: STREAM, rowsOf: WORKSPACE, rows: before.rows.slice(0, 3) });
  await rebuildAll(stores, 10);
  expect(await everything()).toEqual(before);
});
