import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sha256Hex } from '@tidemark/chunking';
import {
  START,
  blocksStream,
  chainOf,
  derivedId,
  encodeStoredChunks,
  workspaceStream,
  type Chain,
  type EventId,
  type NewEvent,
  type PackId,
  type RecordedEvent,
  type StreamName,
  type WorkspaceEvent,
} from '@tidemark/domain';
import { WORKSPACE, chunkNamed, entryNamed, happened } from '@tidemark/domain/testing';
import { MemoryEventLog, type EventLog } from '@tidemark/event-log';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { BrokenHistory } from './broken-history.ts';
import { FollowedView } from './followed-view.ts';
import { SqliteChunkIndex } from './sqlite-chunk-index.ts';
import { SqliteWorkspaceView } from './sqlite-workspace-view.ts';

const STREAM = workspaceStream(WORKSPACE);
const BLOCKS = blocksStream(WORKSPACE);
const folder = mkdtempSync(join(tmpdir(), 'tidemark-followed-'));
const open: { close(): void }[] = [];
let files = 0;

/** Streams as an operator, a failing disk or an intruder may leave them. */
class WritableLog extends MemoryEventLog {
  readonly reads: { readonly from: bigint; events: number }[] = [];
  change: (event: RecordedEvent) => RecordedEvent | undefined = (event) => event;

  override async *readStream(...[stream, options]: Parameters<EventLog['readStream']>): AsyncIterable<RecordedEvent> {
    const read = { from: options?.from ?? 0n, events: 0 };
    this.reads.push(read);
    for await (const event of super.readStream(stream, options)) {
      const changed = this.change(event);
      if (changed === undefined) continue;
      read.events += 1;
      yield changed;
    }
  }
}

/** The same seed gives the same events, another one another history. */
function chained(events: readonly WorkspaceEvent[], seed = '', previous: Chain = START.chain, from = 0): readonly NewEvent[] {
  let chain = previous;
  return events.map((event, index) => {
    const id = derivedId<EventId>('test', seed, from + index);
    const at = '2026-01-01T00:00:00.000Z';
    const meta = { correlationId: seed };
    chain = chainOf(chain, { id, type: event.type, v: event.v, at, data: event.data, meta }, sha256Hex);
    return { id, event, at, meta: { ...meta, chain } };
  });
}

const HISTORY = [happened.workspaceCreated(), ...['a', 'b', 'c', 'd'].map((name) => happened.folderCreated(name))];

async function logOf(events: readonly NewEvent[], stream: StreamName = STREAM): Promise<WritableLog> {
  const log = new WritableLog();
  for (const event of events) await log.append(stream, 'any', [event]);
  return log;
}

const newPath = (): string => join(folder, `${files++}.sqlite`);

function follow(log: EventLog, path = newPath(), eventsPerTransaction = 2): FollowedView<SqliteWorkspaceView> {
  const followed = new FollowedView(SqliteWorkspaceView.open(path), log, STREAM, eventsPerTransaction);
  open.push(followed);
  return followed;
}

afterEach(() => {
  for (const one of open.splice(0)) one.close();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a view of a workspace', () => {
  test('takes the whole history, and then only what is new', async () => {
    const log = await logOf(chained(HISTORY));
    const followed = follow(log);
    await followed.catchUp();
    expect(followed.view.head.revision).toBe(4n);
    log.reads.length = 0;
    await followed.catchUp();
    expect(log.reads).toEqual([{ from: 4n, events: 1 }]);
  });

  test('starts again when the log was put back and is shorter than the view, be it empty', async () => {
    const path = newPath();
    const before = follow(await logOf(chained(HISTORY)), path);
    await before.catchUp();
    before.close();
    const shorter = follow(await logOf(chained(HISTORY.slice(0, 3))), path);
    await shorter.catchUp();
    expect(shorter.view.head.revision).toBe(2n);
    expect(shorter.view.entry(entryNamed('c'))).toBeUndefined();
    shorter.close();
    const empty = follow(new MemoryEventLog(), path);
    await empty.catchUp();
    expect(empty.view.head).toEqual(START);
  });

  test('starts again when the log holds another event where its last one was', async () => {
    const path = newPath();
    const before = follow(await logOf(chained(HISTORY)), path);
    await before.catchUp();
    before.close();
    const names = ['a', 'b', 'x', 'y', 'z'];
    const other = follow(
      await logOf(chained([happened.workspaceCreated(), ...names.map((name) => happened.folderCreated(name))], 'other')),
      path,
    );
    await other.catchUp();
    expect(other.view.head.revision).toBe(5n);
    expect(other.view.entry(entryNamed('c'))).toBeUndefined();
    expect(other.view.entry(entryNamed('z'))?.kind).toBe('folder');
  });

  test('that is itself wrong is built again, once, and goes on', async () => {
    const path = newPath();
    const right = chained(HISTORY);
    const log = await logOf(right);
    // It has an event of revision 1 that says the chain of the right one, and so passes for it until the next is looked at.
    const foreign = SqliteWorkspaceView.open(path);
    const wrongChain = 'f'.repeat(64) as Chain;
    foreign.apply([
      recordedOf(right[0]),
      { ...recordedOf(right[1]), data: happened.folderCreated('wrong').data, meta: { correlationId: '', chain: wrongChain } },
    ]);
    foreign.close();
    log.change = (event) =>
      log.reads.length === 1 && event.revision === 1n ? { ...event, meta: { ...event.meta, chain: wrongChain } } : event;
    const followed = follow(log, path);
    await followed.catchUp();
    expect(log.reads.map(({ from }) => from)).toEqual([1n, 0n]);
    expect(followed.view.head.revision).toBe(4n);
    expect(followed.view.entry(entryNamed('wrong'))).toBeUndefined();
  });

  test.each<[what: string, change: (event: RecordedEvent) => RecordedEvent | undefined, at: bigint]>([
    ['was changed', (event) => (event.revision === 2n ? { ...event, data: happened.folderCreated('x').data } : event), 2n],
    ['carries no chain', (event) => (event.revision === 2n ? { ...event, meta: { correlationId: '' } } : event), 2n],
    ['is from another time', (event) => (event.revision === 2n ? { ...event, at: '2027-01-01T00:00:00.000Z' } : event), 2n],
    ['was taken out', (event) => (event.revision === 2n ? undefined : event), 3n],
    [
      'was taken out and the rest moved up',
      (event) => (event.revision < 2n ? event : event.revision === 2n ? undefined : { ...event, revision: event.revision - 1n }),
      2n,
    ],
  ])(
    'is closed, with a fault that says where, when an event of the log %s; and opens when the log is put right',
    async (_what, change, at) => {
      const log = await logOf(chained(HISTORY));
      log.change = change;
      const followed = follow(log);
      await expect(followed.catchUp()).rejects.toMatchObject({ name: 'BrokenHistory', stream: STREAM, revision: at, retry: 'never' });
      await expect(followed.catchUp()).rejects.toThrow(`${STREAM} is broken: the event at revision ${at} `);
      expect(followed.view.head.revision).toBe(1n);
      // Asked again it looks at the place and no further: a broken workspace costs the others nothing.
      log.reads.length = 0;
      await expect(followed.catchUp()).rejects.toBeInstanceOf(BrokenHistory);
      expect(log.reads.map(({ from }) => from)).toEqual([1n]);
      log.change = (event) => event;
      await followed.catchUp();
      expect(followed.view.head.revision).toBe(4n);
    },
  );
});

describe('a chunk index', () => {
  const pack = 'a'.repeat(64) as PackId;
  const stored = (name: string, chunks?: string): NewEvent => {
    const chunk = { id: chunkNamed(name), offset: 0, storedLength: 1, size: 1, codec: 'none', page: false } as const;
    return {
      id: derivedId<EventId>('stored', name),
      event: { type: 'ChunksStored', v: 1, data: { pack, bytes: 1, chunks: chunks ?? encodeStoredChunks([chunk]) } },
      at: '2026-01-01T00:00:00.000Z',
      meta: { correlationId: name },
    };
  };
  const index = (log: EventLog, path = newPath()): FollowedView<SqliteChunkIndex> => {
    const followed = new FollowedView(SqliteChunkIndex.open(path), log, BLOCKS, 2);
    open.push(followed);
    return followed;
  };

  test('starts again when the log was put back and is shorter than it', async () => {
    const path = newPath();
    const before = index(await logOf([stored('a'), stored('b'), stored('c')], BLOCKS), path);
    await before.catchUp();
    expect(before.view.has(chunkNamed('c'))).toBe(true);
    before.close();
    const after = index(await logOf([stored('a')], BLOCKS), path);
    await after.catchUp();
    expect([after.view.has(chunkNamed('a')), after.view.has(chunkNamed('c'))]).toEqual([true, false]);
  });

  test('is closed, with a fault that says where, when an event was taken out or cannot be read', async () => {
    const log = await logOf([stored('a'), stored('b'), stored('c')], BLOCKS);
    log.change = (event) => (event.revision === 1n ? undefined : event);
    const gap = index(log);
    await expect(gap.catchUp()).rejects.toMatchObject({ name: 'BrokenHistory', stream: BLOCKS, revision: 2n });
    log.change = (event) => event;
    await gap.catchUp();
    expect(gap.view.has(chunkNamed('b'))).toBe(true);
    const unreadable = index(await logOf([stored('a'), stored('b', 'AAAA')], BLOCKS));
    await expect(unreadable.catchUp()).rejects.toMatchObject({ name: 'BrokenHistory', stream: BLOCKS, revision: 1n });
  });
});

function recordedOf(
  event: NewEvent | undefined,
  revision = event === undefined ? 0n : BigInt(event.event.type === 'WorkspaceCreated' ? 0 : 1),
): RecordedEvent {
  if (event === undefined) throw new Error('no such event');
  const { type, v, data } = event.event;
  return { id: event.id, type, v, data, at: event.at, meta: event.meta, stream: STREAM, revision, position: revision };
}
