import { blocksStream, workspaceStream, type RecordedEvent, type StreamName, type WorkspaceId } from '@tidemark/domain';
import { MemoryEventLog } from '@tidemark/event-log';
import { eventNamed, eventsNamed } from '@tidemark/event-log/testing';
import { describe, expect, test } from 'vitest';
import { batchesOf } from './events.ts';
import { planOf, TargetForeign } from './plan.ts';
import { surveyOf } from './survey.ts';

const [ONE, TWO] = ['one', 'two'].map((name) => workspaceStream(name as WorkspaceId)) as [StreamName, StreamName];

/** What is left to do between two logs. */
async function planned(source: MemoryEventLog, target: MemoryEventLog) {
  const there = await surveyOf(target.readAll());
  return planOf(await surveyOf(source.readAll(), { heads: there.streams }), there);
}

async function copyOf(log: MemoryEventLog, events: number): Promise<MemoryEventLog> {
  const copy = new MemoryEventLog();
  for await (const { stream, id, type, v, at, data, meta } of log.readAll({ limit: events }))
    await copy.append(stream, 'any', [{ id, at, meta, event: { type, v, data } as never }]);
  return copy;
}

describe('what is left to copy', () => {
  const filled = async (): Promise<MemoryEventLog> => {
    const log = new MemoryEventLog();
    await log.append(ONE, 'any', eventsNamed('a', 'b'));
    await log.append(TWO, 'any', eventsNamed('c'));
    await log.append(ONE, 'any', eventsNamed('d'));
    return log;
  };

  test('all, to an empty target', async () => {
    expect(await planned(await filled(), new MemoryEventLog())).toMatchObject({ from: 1n, until: 4n, events: 4 });
  });

  test.each([1, 2, 3])('the rest, where %d events are there', async (there) => {
    const source = await filled();
    expect(await planned(source, await copyOf(source, there))).toMatchObject({ from: BigInt(there + 1), until: 4n, events: 4 - there });
  });

  test('nothing, where all is there', async () => {
    const source = await filled();
    expect(await planned(source, await copyOf(source, 4))).toMatchObject({ from: undefined, events: 0 });
  });

  test('a target with a stream of its own, with more events, or with another event anywhere is refused', async () => {
    const source = await filled();
    const foreign = await copyOf(source, 4);
    await foreign.append('device-x', 'any', eventsNamed('e'));
    await expect(planned(source, foreign)).rejects.toThrow('device-x is not in the source');

    const longer = await copyOf(source, 4);
    await longer.append(TWO, 'any', eventsNamed('e'));
    await expect(planned(source, longer)).rejects.toThrow(`${TWO} has 2 events and the source 1`);

    const edited = new MemoryEventLog();
    for await (const { id, at, meta, data, type, v, stream } of source.readAll({ limit: 2 })) {
      const other = stream === ONE && (data as { name: string }).name === 'a' ? '2020-01-01T00:00:00.000Z' : at;
      await edited.append(stream, 'any', [{ id, at: other, meta, event: { type, v, data } as never }]);
    }
    await expect(planned(source, edited)).rejects.toThrow(TargetForeign);
    await expect(planned(source, edited)).rejects.toThrow(`${ONE} has other events`);
  });

  test('a source with a hole is not copied: what follows would be numbered anew', async () => {
    const log = await filled();
    const holed = async function* (): AsyncGenerator<RecordedEvent> {
      for await (const event of log.readAll()) if (event.position !== 2n) yield event;
    };
    await expect(surveyOf(holed())).rejects.toThrow(`${ONE} goes from revision 0 to 2`);
  });
});

describe('appends of a copy', () => {
  const commit = (from: number, count: number, bytes = 100) =>
    Array.from({ length: count }, (_, index) => {
      const { id, at, event } = eventNamed('x');
      const meta = { correlationId: '', commit: { number: from, operation: index, ...(index === 0 ? { count } : {}) } };
      const revision = BigInt(from + index);
      return { bytes, event: { id, at, meta, ...event, stream: ONE, revision, position: revision } };
    });
  const single = (from: number, bytes: number, stream: StreamName = blocksStream('one' as WorkspaceId)) => {
    const { id, at, event, meta } = eventNamed('x');
    return { bytes, event: { id, at, meta, ...event, stream, revision: BigInt(from), position: BigInt(from) } };
  };
  const sizes = (events: Parameters<typeof batchesOf>[0]) => batchesOf(events).map((batch) => batch.length);

  test('are as large as the port takes, in bytes and in events', () => {
    expect(sizes(Array.from({ length: 10 }, (_, index) => single(index, 256 * 1024)))).toEqual([3, 3, 3, 1]);
    expect(sizes(Array.from({ length: 2_500 }, (_, index) => single(index, 10)))).toEqual([1_000, 1_000, 500]);
  });

  test('are no larger than EventStoreDB takes, which counts what stands beside data and meta too', () => {
    const smallest = 116; // of data and meta: a device's new name, with its chain
    const beside = '{"v":1,"at":"2020-01-01T00:00:00.000Z","meta":}'.length + 2 * 'DeviceRenamed'.length;
    for (const batch of batchesOf(Array.from({ length: 20_000 }, (_, index) => single(index, smallest))))
      expect(batch.length * (smallest + beside)).toBeLessThan(1024 * 1024);
  });

  test('never cut a commit in two', () => {
    expect(sizes([...commit(0, 600), ...commit(600, 600), ...commit(1_200, 300)])).toEqual([600, 900]);
    expect(sizes([...commit(0, 3, 200_000), ...commit(3, 2, 200_000)])).toEqual([3, 2]);
    expect(sizes(commit(0, 1_500))).toEqual([1_500]);
  });
});
