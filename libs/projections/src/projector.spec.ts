import {
  accountStream,
  blocksStream,
  derivedId,
  deviceStream,
  Fault,
  workspaceStream,
  type DeviceId,
  type EventId,
  type PackId,
  type WorkspaceId,
} from '@tidemark/domain';
import { OWNER, ROOT, WORKSPACE, accountNamed, conflictNamed, happened, testSha256 } from '@tidemark/domain/testing';
import type { FeedMessage } from '@tidemark/change-feed';
import { MemoryEventLog } from '@tidemark/event-log';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { OWN_MARK, Projector } from './projector.ts';
import { STREAM, Scribe } from './testing/histories.ts';
import { MemoryWriter } from './testing/memory-writer.ts';
import type { ProjectorStores } from './visit.ts';

const WAIT_MS = 2_000;
const OTHER = derivedId<WorkspaceId>('test', 'other workspace');
const DEVICE = derivedId<DeviceId>('test', 'a device');

describe('the loop', () => {
  let log: MemoryEventLog;
  let writer: MemoryWriter;
  let messages: FeedMessage[];
  let scribe: Scribe;
  let running: Projector[];

  beforeEach(() => {
    log = new MemoryEventLog();
    writer = new MemoryWriter();
    messages = [];
    scribe = new Scribe(log);
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
  const started = (some = stores()): Projector => {
    const projector = new Projector(some);
    running.push(projector);
    projector.start();
    return projector;
  };

  test('what is appended while it runs is projected and told, and who waits for it hears so', async () => {
    const projector = started();
    await scribe.append([happened.workspaceCreated(), happened.folderCreated('e1')]);
    expect(await projector.caughtUp(STREAM, 1n, WAIT_MS)).toBe(true);
    expect(writer.rows.size).toBe(2);
    await scribe.append([happened.folderCreated('e2')]);
    expect(await projector.caughtUp(STREAM, 2n, WAIT_MS)).toBe(true);
    await projector.stop();
    running = [];
    expect(messages.map(({ changeSet }) => changeSet?.to.revision)).toEqual([1n, 2n]);
  });

  test('who waits for what never comes is told so in time', async () => {
    expect(await started().caughtUp(STREAM, 7n, 20)).toBe(false);
  });

  test('started again it begins where it stopped, and reads nothing twice', async () => {
    await scribe.append([happened.workspaceCreated(), happened.folderCreated('e1')]);
    const first = started();
    await vi.waitFor(() => expect(messages).toHaveLength(1));
    await first.stop();
    expect((await writer.marks(OWN_MARK))?.projected.revision).toBeDefined();
    const second = started();
    await scribe.append([happened.folderCreated('e2')]);
    expect(await second.caughtUp(STREAM, 2n, WAIT_MS)).toBe(true);
    expect(second.eventsTotal()).toBe(1);
  });

  test('begins anew with another log, though both have blocks, which carry no chain, where it stopped', async () => {
    const stored = (id: string) => ({
      id: derivedId<EventId>('test', id),
      event: { type: 'ChunksStored', v: 1, data: { pack: id as PackId, bytes: 1, chunks: '' } } as const,
      at: '2026-01-01T00:00:00.000Z',
      meta: { correlationId: 'test' },
    });
    const events = [happened.workspaceCreated(), happened.folderCreated('e1')];
    await scribe.append(events);
    await log.append(blocksStream(WORKSPACE), 'any', [stored('one')]);
    const first = started();
    await vi.waitFor(async () => expect((await writer.marks(STREAM))?.published.revision).toBe(1n));
    await first.stop();
    expect((await writer.marks(OWN_MARK))?.projected.revision).toBe(3n);

    log = new MemoryEventLog();
    const otherStream = workspaceStream(OTHER);
    await new Scribe(log, otherStream).append(events);
    await log.append(blocksStream(OTHER), 'any', [stored('other')]);
    started();
    await vi.waitFor(async () => expect((await writer.marks(otherStream))?.published.revision).toBe(1n));
  });

  test('a member who is removed, and a device that is unlinked, are named in the feed', async () => {
    const projector = started();
    await scribe.append([happened.workspaceCreated(), happened.memberGranted('friend', 'editor'), happened.memberRevoked('friend')]);
    const people = new Scribe(log, deviceStream(DEVICE));
    const data = { device: DEVICE, account: OWNER, name: 'Laptop', kind: 'agent', tokenHash: 'x' } as const;
    await people.append([
      { type: 'DeviceLinked', v: 1, data },
      { type: 'DeviceRenamed', v: 1, data: { name: 'Old laptop' } },
      { type: 'DeviceUnlinked', v: 1, data: { by: 'operator' } },
    ]);
    expect(await projector.caughtUp(STREAM, 2n, WAIT_MS)).toBe(true);
    expect(await projector.caughtUp(deviceStream(DEVICE), 2n, WAIT_MS)).toBe(true);
    await projector.stop();
    expect(messages.flatMap(({ changeSet }) => changeSet?.revoked ?? [])).toEqual([accountNamed('friend')]);
    expect(messages.flatMap(({ deviceGone }) => deviceGone ?? [])).toEqual([{ device: DEVICE }]);
    expect(writer.others.get(`device ${DEVICE}`)).toMatchObject({ name: 'Old laptop', unlinked: expect.any(String) as string });
  });

  test('accounts and their invitations are rows', async () => {
    const projector = started();
    const stream = accountStream(OWNER);
    await new Scribe(log, stream).append([
      { type: 'AccountRegistered', v: 1, data: { account: OWNER, name: 'Anna' } },
      { type: 'InviteIssued', v: 1, data: { codeHash: 'abc', expires: '2027-01-01T00:00:00Z', purpose: { kind: 'device' } } },
    ]);
    expect(await projector.caughtUp(stream, 1n, WAIT_MS)).toBe(true);
    expect(writer.others.get(`account ${OWNER}`)).toEqual({ account: OWNER, name: 'Anna' });
    expect(writer.others.get('invite abc')).toEqual({ codeHash: 'abc', account: OWNER });
  });

  test('a conflict is settled, open again once that is taken back, and each is a line of who did what', async () => {
    const projector = started();
    const resolved = () => writer.others.get(`resolved ${WORKSPACE} ${conflictNamed('c')}`);
    await scribe.append([happened.workspaceCreated(), happened.conflictRecorded('c'), happened.conflictResolved('c', 'mine')]);
    expect(await projector.caughtUp(STREAM, 2n, WAIT_MS)).toBe(true);
    expect(resolved()).toMatchObject({ how: 'mine', revision: 2n });
    await scribe.append([happened.conflictReopened('c')]);
    expect(await projector.caughtUp(STREAM, 3n, WAIT_MS)).toBe(true);
    expect(resolved()).toMatchObject({ how: undefined, revision: 3n });
    expect(writer.others.get(`activity ${WORKSPACE} 3`)).toMatchObject({
      type: 'ConflictReopened',
      data: { conflict: conflictNamed('c') },
    });
  });

  test('an event that cannot be taken stops its stream alone, and is named', async () => {
    const projector = started();
    await scribe.append([happened.workspaceCreated(), happened.contentCommitted('never created', 'x')]);
    const other = workspaceStream(OTHER);
    await new Scribe(log, other).append([happened.workspaceCreated()]);
    expect(await projector.caughtUp(other, 0n, WAIT_MS)).toBe(true);
    expect(projector.problems().map(({ stream }) => stream)).toEqual([STREAM]);
    expect(projector.problems()[0]?.message).toContain('Other streams go on');
  });

  test('a history that was edited is not projected', async () => {
    await scribe.append([happened.workspaceCreated()]);
    scribe.head = { ...scribe.head, chain: 'f'.repeat(64) as never };
    await scribe.append([happened.folderCreated('e1')]);
    const projector = started();
    expect(await projector.caughtUp(STREAM, 1n, 100)).toBe(false);
    expect(projector.problems()[0]?.message).toContain('does not follow from its own history at revision 1');
    expect(writer.rows.size).toBe(0);
  });

  test('a store that is away for a while only delays', async () => {
    let failures = 2;
    const some = stores();
    const write = some.writer.write.bind(some.writer);
    some.writer.write = (batch) => (failures-- > 0 ? Promise.reject(new Fault('away', { retry: 'later' })) : write(batch));
    const projector = started(some);
    await scribe.append([happened.workspaceCreated()]);
    expect(await projector.caughtUp(STREAM, 0n, WAIT_MS)).toBe(true);
    expect(projector.problems()).toEqual([]);
  });

  test('marks of another history are forgotten, and the rows are those of this one', async () => {
    await scribe.append([happened.workspaceCreated(), happened.folderCreated('e1', 'root', 'lost'), happened.folderCreated('e2')]);
    const first = started();
    await first.caughtUp(STREAM, 2n, WAIT_MS);
    await first.stop();
    log = new MemoryEventLog();
    scribe = new Scribe(log);
    await scribe.append([happened.workspaceCreated(), happened.folderCreated('e3')]);
    const second = started();
    expect(await second.caughtUp(STREAM, 1n, WAIT_MS)).toBe(true);
    expect([...writer.rows.values()].map(({ name }) => name).toSorted()).toEqual(['', 'e3']);
  });

  test('a folder that comes back raises everything live below it, and nothing else', async () => {
    const projector = started();
    await scribe.append([
      happened.workspaceCreated(),
      happened.folderCreated('e1'),
      happened.folderCreated('e2', 'e1'),
      happened.folderCreated('e3', 'e2'),
      happened.folderCreated('e4', 'e2'),
      happened.entryDeleted('e3'),
      happened.folderCreated('e5'),
      happened.entryDeleted('e1'),
      happened.entryRestored('e1'),
    ]);
    expect(await projector.caughtUp(STREAM, 8n, WAIT_MS)).toBe(true);
    const feeds = Object.fromEntries([...writer.rows.values()].map(({ id, name, feed }) => [id === ROOT ? 'root' : name, Number(feed)]));
    expect(feeds).toEqual({ root: 0, e1: 8, e2: 8, e3: 5, e4: 8, e5: 6 });
  });

  test('what moved into a folder after it had come back is not raised when that is taken once more', async () => {
    await scribe.append([
      happened.workspaceCreated(),
      happened.folderCreated('back'),
      happened.folderCreated('elsewhere'),
      happened.folderCreated('inside', 'elsewhere'),
      happened.entryDeleted('back'),
      happened.entryRestored('back'),
      happened.entryMoved('elsewhere', 'back', 'elsewhere'),
    ]);
    const first = started();
    await first.caughtUp(STREAM, 6n, WAIT_MS);
    await first.stop();
    const before = writer.everything();
    writer.forgetMarks();
    await started().caughtUp(STREAM, 6n, WAIT_MS);
    expect(writer.everything()).toEqual(before);
  });
});
