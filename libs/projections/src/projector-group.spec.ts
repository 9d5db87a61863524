import type { FeedMessage } from '@tidemark/change-feed';
import { Fault, derivedId, GENESIS, workspaceStream, type RecordedEvent, type StreamName, type WorkspaceId } from '@tidemark/domain';
import { happened, testSha256 } from '@tidemark/domain/testing';
import { MemoryEventLog } from '@tidemark/event-log';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { OWN_MARK, Projector } from './projector.ts';
import { Scribe } from './testing/histories.ts';
import { MemoryWriter } from './testing/memory-writer.ts';
import type { ProjectorStores } from './visit.ts';

/** A log whose doorbell rings nobody, as when every ring is lost on its way. */
class MuteLog extends MemoryEventLog {
  override async *doorbell({ signal }: { readonly signal: AbortSignal }): AsyncGenerator<StreamName, void, void> {
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    yield* [];
  }
}

/** A log that is never walked, so that all there is to hear are rings. */
class UnwalkedLog extends MemoryEventLog {
  override async *readAll(): AsyncGenerator<RecordedEvent, void, void> {}
}

const streamOf = (n: number): StreamName => workspaceStream(derivedId<WorkspaceId>('test', `workspace ${n}`));

describe('projectors that share the work', () => {
  let log: MemoryEventLog;
  let writer: MemoryWriter;
  let messages: FeedMessage[];
  let running: Projector[];

  beforeEach(() => {
    log = new MemoryEventLog();
    writer = new MemoryWriter();
    messages = [];
    running = [];
  });
  afterEach(async () => {
    for (const projector of running) await projector.stop();
  });

  const stores = (): ProjectorStores => ({
    log,
    writer,
    publisher: {
      publish: (message) => {
        messages.push(message);
        return Promise.resolve();
      },
      close: () => Promise.resolve(),
    },
    sha256: testSha256,
  });
  const startedWithClock = (): Projector => {
    const projector = new Projector({ ...stores(), now: () => Date.now(), options: { group: 'projectors' } });
    running.push(projector);
    projector.start();
    return projector;
  };
  const started = (reconcileMs = 60_000): Projector => {
    const projector = new Projector({ ...stores(), options: { group: 'projectors', reconcileMs } });
    running.push(projector);
    projector.start();
    return projector;
  };
  const created = async (n: number): Promise<Scribe> => {
    const scribe = new Scribe(log, streamOf(n));
    await scribe.append([happened.workspaceCreated(), happened.folderCreated('e1')]);
    return scribe;
  };
  const isDone = async (n: number, revision: bigint): Promise<void> => {
    const marks = await writer.marks(streamOf(n));
    expect([marks?.projected.revision, marks?.published.revision]).toEqual([revision, revision]);
  };
  const ownMark = async (): Promise<bigint | undefined> => (await writer.marks(OWN_MARK))?.projected.revision;

  test('project and tell of every stream, those of before and those of now', async () => {
    await created(0);
    started();
    started();
    for (let n = 1; n < 10; n += 1) await created(n);
    await vi.waitFor(async () => {
      for (let n = 0; n < 10; n += 1) await isDone(n, 1n);
    });
    expect(new Set(messages.map(({ changeSet }) => changeSet?.workspace)).size).toBe(10);
  });

  test('find at their start what no ring told them of, and the mark moves over it once it is done', async () => {
    log = new MuteLog();
    const scribe = await created(0);
    await started().caughtUp(streamOf(1), 0n, 1);
    await vi.waitFor(() => isDone(0, 1n));
    expect(await ownMark()).toBeUndefined();
    await running.pop()?.stop();
    await scribe.append([happened.folderCreated('e2')]);
    started();
    await vi.waitFor(() => isDone(0, 2n));
    expect(await ownMark()).toBe(2n);
  });

  test('find what one of them had projected and not told of when it ended', async () => {
    log = new MuteLog();
    await created(0);
    const dying = new Projector({
      ...stores(),
      publisher: { publish: () => Promise.reject(new Fault('away', { retry: 'later' })), close: () => Promise.resolve() },
      options: { group: 'projectors' },
    });
    dying.start();
    await vi.waitFor(async () => expect((await writer.marks(streamOf(0)))?.projected.revision).toBe(1n));
    await dying.stop();
    expect(messages).toEqual([]);
    started();
    await vi.waitFor(() => isDone(0, 1n));
    expect(messages).toHaveLength(1);
  });

  test('find it while they run, too', async () => {
    log = new MuteLog();
    started(5);
    const scribe = await created(0);
    await vi.waitFor(() => isDone(0, 1n));
    await scribe.append([happened.folderCreated('e2')]);
    await vi.waitFor(() => isDone(0, 2n));
    await vi.waitFor(async () => expect(await ownMark()).toBe(3n));
    const lost = await created(1);
    await vi.waitFor(() => isDone(1, 1n));
    await lost.append([happened.folderCreated('e2')]);
    await vi.waitFor(() => isDone(1, 2n));
    expect(messages.map(({ changeSet }) => changeSet?.to.revision)).toEqual([1n, 2n, 1n, 2n]);
  });

  test('do not move the mark over a stream that lags, and so look at it again', async () => {
    const write = writer.write.bind(writer);
    let isAway = true;
    const away = streamOf(1);
    writer.write = (batch) =>
      isAway && `workspace-${batch.rowsOf}` === away ? Promise.reject(new Fault('away', { retry: 'later' })) : write(batch);
    for (let n = 0; n < 3; n += 1) await created(n);
    started(5);
    await vi.waitFor(async () => expect(await ownMark()).toBe(2n));
    await isDone(2, 1n);
    expect(await ownMark()).toBe(2n);
    isAway = false;
    await vi.waitFor(async () => expect(await ownMark()).toBe(6n), 3_000);
    await isDone(1, 1n);
  });

  test('begin anew with a log that their mark does not fit', async () => {
    log = new MuteLog();
    await writer.mark(OWN_MARK, 'projected', undefined, { revision: 2n, chain: GENESIS });
    await created(0);
    started();
    await vi.waitFor(() => isDone(0, 1n));
  });

  test('count what they were rung for and cannot take yet as their lag, and nothing once it is done', async () => {
    log = new UnwalkedLog();
    const write = writer.write.bind(writer);
    let isAway = true;
    writer.write = (batch) => (isAway ? Promise.reject(new Fault('away', { retry: 'later' })) : write(batch));
    const projector = startedWithClock();
    await created(0);
    await vi.waitFor(() => expect(projector.lag().workspace.events).toBeGreaterThan(0));
    expect(Date.parse(projector.lag().workspace.since ?? '')).not.toBeNaN();
    isAway = false;
    await vi.waitFor(() => expect(projector.lag().workspace).toEqual({ events: 0, since: undefined }), 3_000);
  });
});
