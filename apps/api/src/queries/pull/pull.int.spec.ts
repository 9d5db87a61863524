import {
  GENESIS,
  NO_REVISION,
  START,
  chainOf,
  derivedId,
  encodeJson,
  workspaceStream,
  type Chain,
  type Cursor,
  type DeviceId,
  type EntryId,
  type EventId,
  type NewEvent,
  type Revision,
  type Row,
  type WorkspaceEvent,
} from '@tidemark/domain';
import { ROOT, WORKSPACE, commitSeeds, deviceNamed, happened, historyOf } from '@tidemark/domain/testing';
import { LocalChangeFeed } from '@tidemark/change-feed';
import { sha256Hex } from '@tidemark/chunking';
import { MemoryEventLog } from '@tidemark/event-log';
import { Projector } from '@tidemark/projections';
import type { PullPosition } from '@tidemark/protocol';
import { MemoryReadModel } from '@tidemark/read-model/writer';
import { array, asyncProperty, assert as check, boolean, integer, nat, record } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RecentChangeSets } from '../../metadata/recent-change-sets.ts';
import { History } from '../history.ts';
import { Progress } from '../progress.ts';
import { FreshPulls } from './fresh-pulls.ts';
import { PullHandler } from './pull.handler.ts';
import { PullQuery } from './pull.query.ts';

const STREAM = workspaceStream(WORKSPACE);
const RUNS = { numRuns: 12, seed: 20261122 };

/** A log, its projector and what answers pulls, without HTTP. */
class Server {
  readonly log = new MemoryEventLog();
  readonly recent = new RecentChangeSets();
  head: Cursor = START;
  readonly readModel: MemoryReadModel;
  readonly #projector: Projector;
  readonly #handler: PullHandler;

  private constructor(readModel: MemoryReadModel) {
    this.readModel = readModel;
    const feed = new LocalChangeFeed();
    this.#projector = new Projector({
      log: this.log,
      writer: readModel,
      publisher: feed,
      sha256: sha256Hex,
      options: { batchEventsMax: 3 },
    });
    this.#handler = new PullHandler(
      readModel,
      new History(this.log),
      new Progress(readModel, this.#projector),
      this.recent,
      new FreshPulls(),
    );
  }

  static async start(): Promise<Server> {
    const server = new Server(await MemoryReadModel.open(':memory:'));
    server.#projector.start();
    return server;
  }

  async stop(): Promise<void> {
    await this.#projector.stop();
    await this.readModel.close();
  }

  async happens(events: readonly WorkspaceEvent[]): Promise<void> {
    if (events.length === 0) return;
    let { revision, chain } = this.head;
    const chained = events.map((event, index): NewEvent => {
      revision += 1n;
      const id = derivedId<EventId>('test-event', revision);
      const at = '2026-01-01T00:00:00.000Z';
      const meta = {
        correlationId: 'test',
        commit: { number: 1, operation: 0, ...(index === 0 ? { count: events.length, outcomes: [] } : {}) },
      };
      chain = chainOf(chain, { id, type: event.type, v: event.v, at, data: JSON.parse(encodeJson(event.data)), meta }, sha256Hex);
      return { id, event, at, meta: { ...meta, chain } };
    });
    await this.log.append(STREAM, this.head.revision, chained);
    this.head = { revision, chain };
  }

  pull(device: DeviceId, after: PullPosition, limit: number, fresh: boolean): ReturnType<PullHandler['execute']> {
    return this.#handler.execute(new PullQuery(WORKSPACE, device, after, limit, fresh));
  }
}

/** A device's remote tree, built from pulls alone. */
class Device {
  readonly tree = new Map<EntryId, Row>();
  at: PullPosition = START;
  isComplete = false;
  readonly #server: Server;
  readonly #id: DeviceId;
  #fresh: boolean;

  constructor(server: Server, name: string, fresh: boolean) {
    this.#server = server;
    this.#id = deviceNamed(name);
    this.#fresh = fresh;
  }

  /** One page. */
  async pull(limit: number): Promise<void> {
    const { rows, next, more } = await this.#server.pull(this.#id, this.at, limit, this.#fresh);
    for (const row of rows) if ((this.tree.get(row.id)?.feed ?? NO_REVISION) < row.feed) this.tree.set(row.id, row);
    this.at = next;
    this.isComplete = !more;
    if (!more) {
      expect(next.entry).toBeUndefined();
      this.#fresh = false;
    }
  }

  async pullToHead(limit: number): Promise<void> {
    for (let pages = 0; !this.isComplete || this.at.revision < this.#server.head.revision; pages++) {
      expect(pages).toBeLessThan(1_000);
      await this.pull(limit);
    }
  }

  live(): readonly Row[] {
    const isLive = (row: Row | undefined): boolean =>
      row !== undefined && !row.deleted && (row.parent === null || isLive(this.tree.get(row.parent)));
    return [...this.tree.values()].filter(isLive).toSorted((a, b) => (a.id < b.id ? -1 : 1));
  }
}

const cursorOf = (server: Server, revision: Revision): Cursor => ({ revision, chain: server.head.chain });

async function withServer(work: (server: Server) => Promise<void>): Promise<void> {
  const server = await Server.start();
  try {
    await work(server);
  } finally {
    await server.stop();
  }
}

test('a pull from any cursor, followed to its end, gives the tree that a pull from zero gives (I20)', async () => {
  const steps = array(record({ device: nat(2), limit: integer({ min: 1, max: 4 }), append: boolean() }), { maxLength: 40 });
  await check(
    asyncProperty(commitSeeds(20), steps, integer({ min: 1, max: 5 }), async (seeds, script, limit) =>
      withServer(async (server) => {
        const history = [...historyOf(seeds)];
        await server.happens(history.shift() ?? []);
        const devices = [new Device(server, 'fresh', true), new Device(server, 'other', false), new Device(server, 'late', true)];
        for (const step of script) {
          // Sometimes the projector is ahead, sometimes behind.
          await new Promise((resolve) => setImmediate(resolve));
          if (step.append) await server.happens(history.shift() ?? []);
          else await devices[step.device]?.pull(step.limit);
        }
        for (const events of history) await server.happens(events);
        for (const device of devices) await device.pullToHead(limit);
        const zero = new Device(server, 'zero', true);
        await zero.pullToHead(2_000);
        for (const device of devices) {
          expect(device.live()).toEqual(zero.live());
          expect(device.at).toEqual(server.head);
        }
        expect([...zero.tree.values()].filter(({ deleted }) => deleted)).toEqual([]);
      }),
    ),
    RUNS,
  );
}, 60_000);

describe('a pull', () => {
  const folders = (count: number): WorkspaceEvent[] =>
    Array.from({ length: count }, (_, n) => happened.folderCreated(`f${n}`, n === 0 ? 'root' : 'f0'));

  test('goes on within rows of one feed revision by the last entry', () =>
    withServer(async (server) => {
      await server.happens([happened.workspaceCreated(), ...folders(12)]);
      await server.happens([happened.entryDeleted('f0')]);
      await server.happens([happened.entryRestored('f0')]);
      const device = new Device(server, 'laptop', true);
      for (let page = 0; page < 4; page++) await device.pull(3);
      expect(device.at.revision).toBe(server.head.revision);
      expect(device.at.entry).toBeDefined();
      await device.pull(3);
      expect(device.isComplete).toBe(true);
      expect(device.live()).toHaveLength(13);
    }));

  test('no page goes past the mark, since more rows of the same revision may follow', () =>
    withServer(async (server) => {
      await server.happens([happened.workspaceCreated(), ...folders(6)]);
      const device = new Device(server, 'laptop', true);
      await device.pullToHead(10);
      const feed = server.readModel.feed.bind(server.readModel);
      const marks = [START, cursorOf(server, 1n)];
      let reads = 0;
      // As it is read while rows are written and not yet marked.
      server.readModel.feed = async (...args) => {
        const page = await feed(...args);
        return { ...page, at: marks[reads++] ?? page.at };
      };
      const from = { revision: NO_REVISION, chain: GENESIS };
      const first = await server.pull(deviceNamed('phone'), from, 3, false);
      expect(reads).toBe(2);
      expect(first.rows.map((row) => row.feed)).toEqual([0n, 1n]);
      expect(first).toMatchObject({ more: true, next: { revision: 1n, entry: first.rows[1]?.id } });
      const second = await server.pull(deviceNamed('phone'), first.next, 3, false);
      expect(second.rows.map((row) => row.feed)).toEqual([2n, 3n, 4n]);
    }));

  test('a device without anything gets what is live and nothing that is gone', () =>
    withServer(async (server) => {
      await server.happens([happened.workspaceCreated(), ...folders(5), happened.folderCreated('alone'), happened.entryDeleted('f0')]);
      const device = new Device(server, 'laptop', true);
      await device.pullToHead(100);
      expect([...device.tree.values()].map(({ name }) => name).toSorted()).toEqual(['', 'alone']);
    }));

  test('what is deleted between two pages of a first pull is deleted at its end', () =>
    withServer(async (server) => {
      await server.happens([happened.workspaceCreated(), ...folders(6)]);
      const device = new Device(server, 'laptop', true);
      await device.pull(3);
      await server.happens([happened.entryDeleted('f0')]);
      await device.pullToHead(3);
      expect(device.live().map(({ id }) => id)).toEqual([ROOT]);
    }));

  test('of a workspace that was created this moment waits for its first rows', () =>
    withServer(async (server) => {
      await server.happens([happened.workspaceCreated()]);
      const answer = await server.pull(deviceNamed('laptop'), START, 10, true);
      expect(answer.rows.map(({ id }) => id)).toEqual([ROOT]);
      expect(answer.next).toEqual(server.head);
    }));

  test('with a cursor of another history, of the future, or that never was, is refused', () =>
    withServer(async (server) => {
      await server.happens([happened.workspaceCreated(), ...folders(3)]);
      const wrong: Cursor[] = [
        { revision: 2n, chain: 'f'.repeat(64) as Chain },
        { revision: 99n, chain: server.head.chain },
        { revision: NO_REVISION, chain: server.head.chain },
        { revision: 0n, chain: GENESIS },
      ];
      for (const cursor of wrong)
        await expect(server.pull(deviceNamed('laptop'), cursor, 10, false)).rejects.toMatchObject({ code: 'HISTORY_DIVERGED' });
    }));

  test('a device that is only just behind is answered from recent change sets', () =>
    withServer(async (server) => {
      await server.happens([happened.workspaceCreated()]);
      const device = new Device(server, 'laptop', true);
      await device.pullToHead(10);
      const from = server.head;
      await server.happens([happened.folderCreated('f0')]);
      const zero = new Device(server, 'zero', true);
      await zero.pullToHead(10);
      server.recent.add({ workspace: WORKSPACE, from, to: server.head, rows: zero.live().filter(({ name }) => name === 'f0') });
      await device.pullToHead(10);
      expect(server.recent.hits).toBe(1);
      expect(device.live()).toEqual(zero.live());
    }));
});
