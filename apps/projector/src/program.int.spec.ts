import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  GENESIS,
  NO_REVISION,
  chainOf,
  derivedId,
  deviceStream,
  encodeJson,
  workspaceStream,
  type Cursor,
  type DomainEvent,
  type EventId,
  type NewEvent,
  type StreamName,
} from '@tidemark/domain';
import { LAPTOP, OWNER, WORKSPACE, commitSeeds, historyOf } from '@tidemark/domain/testing';
import { sample } from 'fast-check';
import { SqliteEventLog } from '@tidemark/event-log';
import { Projector, type ProjectorStores } from '@tidemark/projections';
import { SqliteReadModel } from '@tidemark/read-model/writer';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { closeStores, openStores } from './stores.ts';
import { configFrom } from './config.ts';
import { program } from './program.ts';

const SEED = 7;
const STREAM = workspaceStream(WORKSPACE);
const WAIT_MS = 20_000;

class Scribe {
  head: Cursor = { revision: NO_REVISION, chain: GENESIS };
  readonly #stores: ProjectorStores;
  readonly #stream: StreamName;

  constructor(stores: ProjectorStores, stream: StreamName) {
    this.#stores = stores;
    this.#stream = stream;
  }

  async append(events: readonly DomainEvent[]): Promise<void> {
    if (events.length === 0) return;
    let { revision, chain } = this.head;
    const chained = events.map((event): NewEvent => {
      revision += 1n;
      const id = derivedId<EventId>('test-event', this.#stream, revision);
      const at = '2026-01-01T00:00:00.000Z';
      const meta = { correlationId: 'test', account: OWNER, device: LAPTOP };
      chain = chainOf(chain, { id, type: event.type, v: event.v, at, data: JSON.parse(encodeJson(event.data)), meta }, this.#stores.sha256);
      return { id, event, at, meta: { ...meta, chain } };
    });
    await this.#stores.log.append(this.#stream, this.head.revision, chained);
    this.head = { revision, chain };
  }
}

describe('tidemark-projector', () => {
  let data: string;
  let stores: ProjectorStores;
  let printed: string;

  beforeEach(async () => {
    data = mkdtempSync(join(tmpdir(), 'tidemark-projector-'));
    await (await SqliteEventLog.open(join(data, 'events.sqlite'))).close();
    stores = await openStores(configFrom({}, data));
    printed = '';
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
      printed += String(text);
      return true;
    });
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    await closeStores(stores);
    rmSync(data, { recursive: true, force: true });
  });

  const run = (...options: string[]): Promise<unknown> => program().parseAsync(options, { from: 'user' });
  const histories = (): readonly (readonly DomainEvent[])[] =>
    sample(commitSeeds(60), { seed: SEED, numRuns: 8 })
      .toSorted((a, b) => b.length - a.length)
      .slice(0, 1)
      .flatMap(historyOf);
  const linked: DomainEvent = {
    type: 'DeviceLinked',
    v: 1,
    data: { device: LAPTOP, account: OWNER, name: 'Laptop', kind: 'agent', tokenHash: 'x' },
  };

  /** All that the read model holds. */
  async function everything(): Promise<unknown> {
    const model = await SqliteReadModel.open(join(data, 'read-model.sqlite'));
    const rows: unknown[] = [];
    for await (const row of model.rows(WORKSPACE)) rows.push(row);
    const found = {
      rows,
      workspace: await model.workspace(WORKSPACE),
      members: await model.members(WORKSPACE),
      activity: await model.activity(WORKSPACE, { limit: 10_000 }),
      conflicts: await model.conflicts(WORKSPACE, { limit: 10_000 }),
      devices: await model.devicesOf(OWNER),
      accounts: await model.accounts(),
      receipts: await model.receipts(WORKSPACE),
      projected: (await model.marks(STREAM))?.projected,
    };
    await model.close();
    return found;
  }

  test('--rebuild gives the same rows as before, keeps receipts, and says what it did', async () => {
    const scribe = new Scribe(stores, STREAM);
    for (const events of histories()) await scribe.append(events);
    await new Scribe(stores, deviceStream(LAPTOP)).append([linked]);
    const model = await SqliteReadModel.open(join(data, 'read-model.sqlite'));
    await model.receipt({ workspace: WORKSPACE, device: LAPTOP, revision: 3n, at: '2026-01-01T00:00:00Z', fetching: [], parked: [] });
    await model.close();
    const projector = new Projector(stores);
    projector.start();
    await projector.caughtUp(STREAM, scribe.head.revision, WAIT_MS);
    await projector.caughtUp(deviceStream(LAPTOP), 0n, WAIT_MS);
    await projector.stop();
    const before = await everything();
    await run('--data', data, '--rebuild');
    expect(await everything()).toEqual(before);
    expect(printed).toMatch(/^rebuilt: 2 streams, \d+ events, \d+ rows, \d+\.\d s\n$/);
    expect(printed).toContain(`${scribe.head.revision + 2n} events`);
  });

  test('--rebuild while a server runs and goes on appending ends with the same rows', async () => {
    const scribe = new Scribe(stores, STREAM);
    const projector = new Projector(stores);
    projector.start();
    const [first, ...later] = histories();
    await scribe.append(first ?? []);
    await projector.caughtUp(STREAM, scribe.head.revision, WAIT_MS);
    const rebuilding = run('--data', data, '--rebuild');
    for (const events of later) await scribe.append(events);
    await rebuilding;
    await projector.caughtUp(STREAM, scribe.head.revision, WAIT_MS);
    await projector.stop();
    const meanwhile = await everything();
    await run('--data', data, '--rebuild');
    expect(await everything()).toEqual(meanwhile);
  });

  test('what is asked for in vain is refused with what to do', async () => {
    await expect(run('--data', data)).rejects.toThrow('would reach no device');
    await expect(run('--data', join(data, 'nowhere'), '--rebuild')).rejects.toThrow('there is no event log');
    await expect(run('--rebuild')).rejects.toThrow('name the data folder');
  });
});
