import { START, type Cursor, type EntryId, type Row, type WorkspaceEvent } from '@tidemark/domain';
import { WORKSPACE, commitSeeds, historyOf, testSha256 } from '@tidemark/domain/testing';
import type { ChangeSet, FeedMessage } from '@tidemark/change-feed';
import { MemoryEventLog } from '@tidemark/event-log';
import type { Batch } from '@tidemark/read-model';
import { array, assert, asyncProperty, constantFrom, integer, nat, tuple } from 'fast-check';
import { expect, test } from 'vitest';
import { Projector } from './projector.ts';
import { STREAM, Scribe, rowsOf } from './testing/histories.ts';
import { MemoryWriter } from './testing/memory-writer.ts';
import { visitStream, type ProjectorStores } from './visit.ts';

const RUNS = { numRuns: 60, seed: 20261122 };

class World {
  readonly log = new MemoryEventLog();
  readonly scribe = new Scribe(this.log);
  writer = new MemoryWriter();
  readonly published: ChangeSet[] = [];
  readonly history: WorkspaceEvent[] = [];
  /** Last revisions of commits. */
  readonly ends = new Set<bigint>();

  stores(): ProjectorStores {
    const publish = (message: FeedMessage): Promise<void> => {
      if (message.changeSet !== undefined) this.published.push(message.changeSet);
      return Promise.resolve();
    };
    return { log: this.log, writer: this.writer, publisher: { publish, close: () => Promise.resolve() }, sha256: testSha256 };
  }

  async happens(events: readonly WorkspaceEvent[]): Promise<void> {
    await this.scribe.append(events);
    this.history.push(...events);
    this.ends.add(this.scribe.head.revision);
  }

  async project(batchEventsMax: number, stores = this.stores()): Promise<void> {
    for (let atEnd = false; !atEnd;) atEnd = (await visitStream(stores, STREAM, batchEventsMax)).atEnd;
  }

  rows(): ReadonlyMap<EntryId, Row> {
    return new Map([...this.writer.rows.values()].map((row) => [row.id, row]));
  }
}

async function worldOf(seeds: Parameters<typeof historyOf>[0]): Promise<World> {
  const world = new World();
  for (const events of historyOf(seeds)) await world.happens(events);
  return world;
}

const histories = commitSeeds(20);
const batches = integer({ min: 1, max: 12 });

test('rows at revision n are the fold of the events up to n, at every n (I22)', async () => {
  await assert(
    asyncProperty(histories, batches, async (seeds, batch) => {
      const world = new World();
      for (const events of historyOf(seeds)) {
        await world.happens(events);
        await world.project(batch);
        expect(world.rows()).toEqual(rowsOf(world.history));
      }
    }),
    RUNS,
  );
});

test('every revision is in exactly one change set, and the change sets alone lead to the same tree', async () => {
  await assert(
    asyncProperty(histories, batches, async (seeds, batch) => {
      const world = await worldOf(seeds);
      await world.project(batch);
      let at: Cursor = START;
      const tree = new Map<EntryId, Row>();
      for (const { from, to, rows } of world.published) {
        expect(from).toEqual(at);
        expect(to.revision).toBeGreaterThan(from.revision);
        // In the middle of a commit the tree may be none.
        expect(world.ends).toContain(to.revision);
        for (const row of rows ?? []) tree.set(row.id, row);
        at = to;
      }
      expect(at).toEqual(world.scribe.head);
      expect(tree).toEqual(world.rows());
    }),
    RUNS,
  );
});

test('taking every event twice changes nothing, whatever the batches were', async () => {
  await assert(
    asyncProperty(histories, batches, batches, async (seeds, first, second) => {
      const world = await worldOf(seeds);
      await world.project(first);
      const before = world.writer.everything();
      world.writer.forgetMarks();
      await world.project(second);
      expect(world.writer.everything()).toEqual(before);
    }),
    RUNS,
  );
});

class Crash extends Error {}

/** Fails at the n-th effect: before it, after it, or with half of a write done. */
function crashingAt(stores: ProjectorStores, n: number, how: 'before' | 'after' | 'half'): ProjectorStores {
  let effects = 0;
  const effect = async <Result>(act: () => Promise<Result>, half: () => Promise<unknown> = () => Promise.resolve()): Promise<Result> => {
    if (effects++ !== n) return act();
    if (how === 'half') await half();
    if (how === 'after') await act();
    throw new Crash();
  };
  const { writer, publisher } = stores;
  const halfOf = ({ rows = [], ...batch }: Batch): Batch => ({
    stream: batch.stream,
    rowsOf: batch.rowsOf!,
    rows: rows.slice(0, Math.ceil(rows.length / 2)),
  });
  return {
    ...stores,
    writer: {
      write: (batch) =>
        effect(
          () => writer.write(batch),
          () => writer.write(halfOf(batch)),
        ),
      mark: (stream, which, from, to) => effect(() => writer.mark(stream, which, from, to)),
      entry: (workspace, entry) => writer.entry(workspace, entry),
      entries: (workspace, entries) => writer.entries(workspace, entries),
      childrenOf: (workspace, parent) => writer.childrenOf(workspace, parent),
      marks: (stream) => writer.marks(stream),
      forget: (stream) => writer.forget(stream),
      streams: () => writer.streams(),
      fresh: (stream) => writer.fresh(stream),
      close: () => writer.close(),
    },
    publisher: { publish: (message) => effect(() => publisher.publish(message)), close: () => publisher.close() },
  };
}

test('killed between any two steps and started again, rows are the same and no revision is left untold', async () => {
  await assert(
    asyncProperty(
      histories,
      batches,
      array(tuple(nat(12), constantFrom('before', 'after', 'half')), { maxLength: 6 }),
      async (seeds, batch, crashes) => {
        const world = await worldOf(seeds);
        for (const [n, how] of crashes) {
          await world.project(batch, crashingAt(world.stores(), n, how)).catch((error: unknown) => {
            if (!(error instanceof Crash)) throw error;
          });
        }
        await world.project(batch);
        expect(world.rows()).toEqual(rowsOf(world.history));
        let told = START.revision;
        for (const { from, to } of world.published) {
          expect(from.revision).toBeLessThanOrEqual(told);
          if (to.revision > told) told = to.revision;
        }
        expect(told).toBe(world.scribe.head.revision);
        expect((await world.writer.marks(STREAM))?.published).toEqual(world.scribe.head);
      },
    ),
    RUNS,
  );
});

test('a change set never has a row of a later revision than its end', async () => {
  await assert(
    asyncProperty(histories, batches, nat(12), async (seeds, batch, n) => {
      const world = await worldOf(seeds);
      await world.project(batch, crashingAt(world.stores(), n, 'after')).catch(() => undefined);
      world.writer.forgetMarks();
      await world.project(batch);
      for (const { to, rows } of world.published) for (const row of rows ?? []) expect(row.feed).toBeLessThanOrEqual(to.revision);
    }),
    RUNS,
  );
});

test('building all again gives the same rows, one by one, and tells nobody twice', async () => {
  await assert(
    asyncProperty(histories, batches, batches, async (seeds, first, second) => {
      const world = await worldOf(seeds);
      await world.writer.receipt({ workspace: WORKSPACE, device: 'd' as never, revision: 0n, at: '', fetching: [], parked: [] });
      await world.project(first);
      const before = world.writer.everything();
      const told = world.published.length;
      const rebuilt = await new Projector({ ...world.stores(), options: { batchEventsMax: second } }).rebuild();
      expect(world.writer.everything()).toEqual(before);
      expect(world.published).toHaveLength(told);
      expect(rebuilt).toMatchObject({ streams: 1, events: world.history.length });
    }),
    RUNS,
  );
});
