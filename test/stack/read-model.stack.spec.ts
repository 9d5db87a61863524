import { randomUUID } from 'node:crypto';
import { workspaceStream, type DeviceId, type EntryId, type Row, type WorkspaceId } from '@tidemark/domain';
import { WORKSPACE, commitSeeds, historyOf } from '@tidemark/domain/testing';
import { raceOfRebuilds, rowsOf } from '@tidemark/projections/testing';
import { MongoReadModel, openMongoReadModelReader, type ReadModelReader } from '@tidemark/read-model';
import { cursorAt, entryNumber, fileRow, folderRow, newWorkspace, readModelContract, workspaceRowOf } from '@tidemark/read-model/testing';
import { sample } from 'fast-check';
import { MongoClient, MongoNetworkError } from 'mongodb';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { until } from '../support/processes.ts';
import type { StackServer } from './kafka/server-process.ts';
import { GIVEN_MONGO, mongoKind, startMongo, whyNoMongo } from './mongo/mongo-server.ts';

/** Where a server that looks at every document takes seconds for a walk. */
const MANY_ROWS = 2_000;
/** From asking to the fault, where the server is away or hangs: finding out, one repeat by the driver, and a busy machine. */
const FAULT_MS_MAX = 45_000;
const RACE_SEED = 20261122;

const missing = whyNoMongo();
const cannotStop = GIVEN_MONGO === undefined ? undefined : 'TIDEMARK_TEST_MONGO names a server that is not ours to stop';
const because = (reason: string | undefined): string => (reason === undefined ? '' : ` (skipped: ${reason})`);

let server: StackServer | undefined;
let given = GIVEN_MONGO ?? '';
const databases: string[] = [];

beforeAll(async () => {
  if (missing !== undefined || GIVEN_MONGO !== undefined) return;
  server = await startMongo();
  given = server.url;
});
afterAll(async () => {
  await server?.dispose();
  if (GIVEN_MONGO === undefined) return;
  const client = new MongoClient(GIVEN_MONGO);
  for (const name of databases) await client.db(name).dropDatabase();
  await client.close();
});

/** A database of its own on the server. */
function newUrl(): string {
  const name = `tidemark-test-${randomUUID()}`;
  databases.push(name);
  const [, base = '', query = ''] = /^(mongodb(?:\+srv)?:\/\/[^/?]+)[^?]*(.*)$/.exec(given) ?? [];
  return `${base}/${name}${query}`;
}

async function open(url: string): Promise<MongoReadModel> {
  const model = await MongoReadModel.open(url);
  onTestFinished(() => model.close());
  return model;
}

async function rowsIn(reader: ReadModelReader, workspace: WorkspaceId): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for await (const row of reader.rows(workspace)) rows.push(row);
  return rows;
}
const fail = (): never => expect.fail('there is one');
const connections = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'TCPSocketWrap').length;

describe.skipIf(missing !== undefined)(`the read model on ${mongoKind()}${because(missing)}`, () => {
  let shared = '';
  beforeAll(() => {
    shared = newUrl();
  });

  readModelContract(
    async () => {
      const writer = await MongoReadModel.open(shared);
      const reader = await openMongoReadModelReader(shared);
      const restart = async () => {
        await writer.close();
        await reader.close();
        return openMongoReadModelReader(shared);
      };
      return { writer, reader, receipts: reader, restart };
    },
    [],
    MANY_ROWS,
  );

  test('sizes count what a version wrote that kept none beside its rows', async () => {
    const url = newUrl();
    const model = await open(url);
    const workspace = newWorkspace();
    const [top, inner] = [folderRow(0, { id: entryNumber(1) }), folderRow(1, { id: entryNumber(2), parent: entryNumber(1) })];
    const files = [fileRow(2, { parent: top.id }), fileRow(3, { parent: inner.id })];
    await model.write({ stream: workspaceStream(workspace), rowsOf: workspace, rows: [top, inner, ...files] });
    const client = await MongoClient.connect(url);
    onTestFinished(() => client.close());
    await client
      .db()
      .collection('entries')
      .updateMany({}, { $unset: { bytes: '' } });
    const expected = new Map([[top.id, { inside: 3, bytes: 2 ** 41 }]]);
    expect(await model.sizes(workspace, [top.id])).toEqual(expected);
    await model.write({ stream: workspaceStream(workspace), rowsOf: workspace, rows: files.map((row) => ({ ...row, feed: 9n })) });
    expect(await model.sizes(workspace, [top.id])).toEqual(expected);
  });

  test('several who open an empty database at once all have its collections and indexes', async () => {
    const url = newUrl();
    const models = await Promise.all([open(url), open(url), open(url)]);
    const workspace = newWorkspace();
    for (const [n, model] of models.entries())
      await model.write({ stream: workspaceStream(workspace), rowsOf: workspace, rows: [folderRow(n, { id: entryNumber(n) })] });
    for (const model of models) expect(await rowsIn(model, workspace)).toHaveLength(3);
  });

  test('of several projectors that write one entry for the first time at once the latest stays, whoever comes first', async () => {
    const url = newUrl();
    const models = await Promise.all([open(url), open(url), open(url)]);
    for (let round = 0; round < 10; round++) {
      const workspace = newWorkspace();
      const stream = workspaceStream(workspace);
      const writes = Array.from({ length: 6 }, (_, n) => ({ n: (n * 5 + round) % 6, model: models[n % 3] ?? fail() }));
      await Promise.all(
        writes.map(({ n, model }) =>
          model.write({
            stream,
            through: BigInt(n),
            rowsOf: workspace,
            rows: [folderRow(n, { id: entryNumber(1), name: `${n}` })],
            workspaces: [workspaceRowOf(workspace, `${n}`)],
          }),
        ),
      );
      expect(await models[0]?.entry(workspace, entryNumber(1))).toMatchObject({ name: '5', feed: 5n });
      expect(await models[1]?.workspace(workspace)).toMatchObject({ name: '5' });
    }
  });

  test('two projectors on one stream: each mark is moved once, and the rows are those of one', async () => {
    const url = newUrl();
    const [one, other] = [await open(url), await open(url)];
    const workspace = newWorkspace();
    const stream = workspaceStream(workspace);
    const rowsOfBatch = (n: number) => [0, 1, 2].map((k) => folderRow(n, { id: entryNumber((n + k) % 7), name: `${n} ${k}` }));
    const moved = new Map<number, number>();
    const project = async (model: MongoReadModel): Promise<void> => {
      for (;;) {
        const at = (await model.marks(stream))?.projected ?? undefined;
        const next = Number(at?.revision ?? -1n) + 1;
        if (next === 20) return;
        await model.write({ stream, through: BigInt(next), rowsOf: workspace, rows: rowsOfBatch(next) });
        if (await model.mark(stream, 'projected', at, cursorAt(next))) moved.set(next, (moved.get(next) ?? 0) + 1);
      }
    };
    await Promise.all([project(one), project(other)]);
    expect([...moved]).toEqual(Array.from({ length: 20 }, (_, n) => [n, 1]));
    const expected = new Map<EntryId, string>();
    for (let n = 0; n < 20; n++) for (const row of rowsOfBatch(n)) expected.set(row.id, row.name);
    expect(new Map((await rowsIn(one, workspace)).map(({ id, name }) => [id, name]))).toEqual(expected);
  });

  test('rows that took the place of others are seen by every process from the next question on', async () => {
    const url = newUrl();
    const [rebuilding, live] = [await open(url), await open(url)];
    const readers = [await openMongoReadModelReader(url), await openMongoReadModelReader(url)];
    onTestFinished(async () => {
      for (const reader of readers) await reader.close();
    });
    const workspace = newWorkspace();
    const stream = workspaceStream(workspace);
    await live.write({ stream, rowsOf: workspace, rows: [folderRow(1, { id: entryNumber(1), name: '0' })] });
    await live.mark(stream, 'projected', undefined, cursorAt(1));
    for (let n = 1; n <= 5; n++) {
      for (const reader of readers) expect(await reader.entry(workspace, entryNumber(1))).toMatchObject({ name: `${n - 1}` });
      const fresh = await rebuilding.fresh(stream);
      await fresh.write({ stream, rowsOf: workspace, rows: [folderRow(1, { id: entryNumber(1), name: `${n}` })] });
      expect(await fresh.replace(cursorAt(1))).toBe('replaced');
      for (const reader of readers) {
        expect((await reader.feed(workspace, { revision: -1n }, 10, true)).rows).toMatchObject([{ name: `${n}` }]);
        expect(await reader.find(workspace, `${n}`, 10)).toHaveLength(1);
      }
    }
    // The one that was there all the while asked for its marks long ago: what it writes now is nobody's.
    await live.write({ stream, rowsOf: workspace, rows: [folderRow(2, { id: entryNumber(1), name: 'of before' })] });
    expect(await live.mark(stream, 'projected', cursorAt(1), cursorAt(2))).toBe(true);
    await live.marks(stream);
    expect(await (await rebuilding.fresh(stream)).replace(cursorAt(2))).toBe('replaced');
    await live.write({ stream, rowsOf: workspace, rows: [folderRow(3, { id: entryNumber(1), name: 'of before' })] });
    expect(await live.mark(stream, 'projected', cursorAt(2), cursorAt(3))).toBe(false);
    expect(await readers[0]?.entry(workspace, entryNumber(1))).toBeUndefined();
  });

  test('who is in the middle of a walk, or of a page, when rows are replaced goes on with the new ones', async () => {
    const url = newUrl();
    const [rebuilding, reader] = [await open(url), await open(url)];
    const workspace = newWorkspace();
    const stream = workspaceStream(workspace);
    const rows = Array.from({ length: 2_100 }, (_, n) => fileRow(1, { id: entryNumber(n), parent: entryNumber(9_999), name: 'old' }));
    const replaceBy = async (name: string): Promise<void> => {
      const fresh = await rebuilding.fresh(stream);
      await fresh.write({ stream, rowsOf: workspace, rows: rows.map((row) => ({ ...row, name })) });
      expect(await fresh.replace(cursorAt(1))).toBe('replaced');
    };
    await replaceBy('old');
    const walked: string[] = [];
    for await (const { name } of reader.rows(workspace)) {
      walked.push(name);
      if (walked.length === 1) await replaceBy('new');
    }
    expect(walked).toHaveLength(rows.length);
    expect(new Set(walked)).toEqual(new Set(['old', 'new']));
    const names: string[][] = [];
    const done = { replacing: false };
    await Promise.all([
      replaceBy('newer').then(() => (done.replacing = true)),
      (async () => {
        do names.push((await reader.feed(workspace, { revision: -1n }, 3_000, true)).rows.map(({ name }) => name));
        while (!done.replacing);
      })(),
    ]);
    for (const page of names) {
      expect(page).toHaveLength(rows.length);
      expect(new Set(page).size).toBe(1);
    }
  });

  test('readers see no hole and no row going back while rebuilds and appends of other processes go on', async () => {
    const history = historyOf(sample(commitSeeds(60), { seed: RACE_SEED, numRuns: 12 }).toSorted((a, b) => b.length - a.length)[0] ?? []);
    const url = newUrl();
    const [live, rebuilding, reader] = [await open(url), await open(url), await openMongoReadModelReader(url)];
    onTestFinished(() => reader.close());
    const race = await raceOfRebuilds(history, { live, rebuilding, reader });
    expect(race.amiss).toEqual([]);
    expect(race.looks).toBeGreaterThan(1);
    expect(race.rebuilds).toBeGreaterThan(1);
    expect(race.rows).toEqual(race.rowsAfterwards);
    expect(new Map(race.rows.map((row) => [row.id, row]))).toEqual(rowsOf(history.flat()));
    expect(await reader.workspace(WORKSPACE)).toBeDefined();
  });

  test('a user that the server does not let in is a fault that no repeat mends, and the password is not said', async () => {
    const url = newUrl().replace(/^(mongodb(?:\+srv)?:\/\/)(?:[^@/]*@)?/, '$1nobody:hunter2@');
    const fault = await MongoReadModel.open(url).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(fault).toMatchObject({ name: 'Fault', retry: 'never', message: expect.stringContaining('the user in its URL') });
    expect(String(fault)).not.toContain('hunter2');
  });

  test('closing leaves no connection, and what is asked afterwards is a fault', async () => {
    const before = connections();
    const model = await MongoReadModel.open(newUrl());
    await Promise.all(Array.from({ length: 8 }, () => model.accounts()));
    await model.close();
    await until('no connection is left', () => connections() <= before);
    await expect(model.accounts()).rejects.toMatchObject({ name: 'Fault', retry: 'later' });
  });

  /** One whose driver finds no server from now on, and is given half a second. */
  async function lostBy(selectServer: () => Promise<never>): Promise<MongoReadModel> {
    const databaseOf = vi.spyOn(MongoClient.prototype, 'db');
    onTestFinished(() => databaseOf.mockRestore());
    const model = await MongoReadModel.open(newUrl(), { replacedAfterMs: 500 });
    onTestFinished(() => model.close());
    const { topology } = databaseOf.mock.contexts[0] as unknown as { topology: { selectServer: () => Promise<never> } };
    topology.selectServer = selectServer;
    return model;
  }

  test('a driver that finds no server any more gives way to another one', async () => {
    const model = await lostBy(() => new Promise(() => undefined));
    const workspace = newWorkspace();
    const write = () => model.write({ stream: workspaceStream(workspace), through: 0n, rowsOf: workspace, rows: [fileRow(0)] });
    const inTime = (work: Promise<void>) =>
      Promise.race([work.then(() => true), new Promise<false>((later) => setTimeout(later, 1_000, false))]);
    expect(await inTime(write())).toBe(false);
    await until('it writes again', () => inTime(write()), 10_000);
    expect(await rowsIn(model, workspace)).toHaveLength(1);
  });

  test('a bulk of writes that found no server is no answer of one', async () => {
    const model = await lostBy(() => Promise.reject(new MongoNetworkError('closed')));
    const device = randomUUID() as string as DeviceId;
    const receipt = () => model.receipt({ workspace: newWorkspace(), device, revision: 1n, at: '2026', fetching: [], parked: [] });
    await expect(receipt()).rejects.toMatchObject({ name: 'Fault', retry: 'later' });
    await until('it writes again', () => receipt().then(() => true), 10_000);
  });

  describe.skipIf(cannotStop !== undefined)(`when the server fails${because(cannotStop)}`, () => {
    const broken = (): StackServer => {
      if (server === undefined) throw new Error('no server of ours');
      const mongo = server;
      onTestFinished(() => {
        mongo.resume();
        return mongo.isRunning ? undefined : mongo.restart();
      });
      return mongo;
    };

    test('killed in the middle of writes and begun again, all goes on and nothing acknowledged is lost', async () => {
      const mongo = broken();
      const url = newUrl();
      const [writer, reader] = [await open(url), await open(url)];
      const workspace = newWorkspace();
      const stream = workspaceStream(workspace);
      const batches = 12;
      const batch = (n: number) => Array.from({ length: 120 }, (_, k) => fileRow(n, { id: entryNumber(n * 60 + k), name: `${n} ${k}` }));
      const faults: unknown[] = [];
      const surely = <Result>(what: string, work: () => Promise<Result>): Promise<Result> =>
        until(
          what,
          async () => {
            try {
              return { result: await work() };
            } catch (error) {
              faults.push(error);
              return undefined;
            }
          },
          120_000,
          200,
        ).then(({ result }) => result);
      const writeAll = async (): Promise<void> => {
        for (let n = 0; n < batches; n++) {
          await surely('a batch is written', () => writer.write({ stream, through: BigInt(n), rowsOf: workspace, rows: batch(n) }));
          await surely('a mark is moved, perhaps by the time before', async () => {
            if (await writer.mark(stream, 'projected', n === 0 ? undefined : cursorAt(n - 1), cursorAt(n))) return;
            expect(await writer.marks(stream)).toMatchObject({ projected: cursorAt(n) });
          });
        }
      };
      const killTwice = async (): Promise<void> => {
        for (const after of [2, 6]) {
          const mark = await until('the mark has moved', async () => {
            const projected = (await reader.marks(stream))?.projected;
            return projected !== undefined && projected.revision >= after && projected;
          });
          await mongo.kill();
          await mongo.restart();
          const again = await surely('the server answers', () => reader.marks(stream));
          expect(again?.projected.revision).toBeGreaterThanOrEqual(mark.revision);
        }
      };
      await Promise.all([writeAll(), killTwice()]);
      expect(faults.length).toBeGreaterThan(0);
      for (const fault of faults) expect(fault).toMatchObject({ name: 'Fault', retry: 'later' });
      const expected = new Map<EntryId, string>();
      for (let n = 0; n < batches; n++) for (const row of batch(n)) expected.set(row.id, row.name);
      expect(new Map((await rowsIn(reader, workspace)).map(({ id, name }) => [id, name]))).toEqual(expected);
      const { rows, more, at } = await reader.feed(workspace, { revision: -1n }, 5_000, false);
      expect([rows.length, more, at]).toEqual([expected.size, false, cursorAt(batches - 1)]);
    });

    test('away it is a fault in time, for reading, writing and opening; closing takes moments; and it comes back by itself', async () => {
      const mongo = broken();
      const url = newUrl();
      const [model, other] = [await open(url), await open(url)];
      const workspace = newWorkspace();
      const stream = workspaceStream(workspace);
      await model.write({ stream, rowsOf: workspace, rows: [folderRow(1, { id: entryNumber(1) })] });
      await mongo.stop();
      const began = performance.now();
      const fates = await Promise.allSettled([
        model.entry(workspace, entryNumber(1)),
        model.feed(workspace, { revision: -1n }, 10, true),
        model.mark(stream, 'projected', undefined, cursorAt(1)),
        model.write({ stream, rowsOf: workspace, rows: [folderRow(2)] }),
        MongoReadModel.open(url),
      ]);
      for (const fate of fates) expect(fate).toMatchObject({ status: 'rejected', reason: { name: 'Fault', retry: 'later' } });
      expect(performance.now() - began).toBeLessThan(FAULT_MS_MAX);
      const closing = performance.now();
      await other.close();
      expect(performance.now() - closing).toBeLessThan(10_000);
      await mongo.restart();
      const row = await until('it answers again', () => model.entry(workspace, entryNumber(1)));
      expect(row).toMatchObject({ feed: 1n });
    });

    test('a server that hangs is a fault in time, and what it does late changes nothing', async () => {
      const mongo = broken();
      const model = await open(newUrl());
      const workspace = newWorkspace();
      const stream = workspaceStream(workspace);
      const row = (feed: number) => folderRow(feed, { id: entryNumber(1), name: `${feed}` });
      await model.write({ stream, rowsOf: workspace, rows: [row(1)] });
      mongo.pause();
      const began = performance.now();
      const fates = await Promise.allSettled([
        model.entry(workspace, entryNumber(1)),
        model.write({ stream, rowsOf: workspace, rows: [row(2)] }),
        model.rows(workspace)[Symbol.asyncIterator]().next(),
      ]);
      for (const fate of fates) expect(fate).toMatchObject({ status: 'rejected', reason: { name: 'Fault', retry: 'later' } });
      expect(performance.now() - began).toBeLessThan(FAULT_MS_MAX);
      mongo.resume();
      await until('it can be written again', () => model.write({ stream, rowsOf: workspace, rows: [row(3)] }).then(() => true));
      expect(await model.entry(workspace, entryNumber(1))).toMatchObject({ name: '3' });
    });
  });
});
