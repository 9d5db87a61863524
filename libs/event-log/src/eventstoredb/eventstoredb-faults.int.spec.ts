import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { EventStoreDBClient, jsonEvent } from '@eventstore/db-client';
import { APPEND_BYTES_MAX, type EventId, NO_REVISION, type StreamName } from '@tidemark/domain';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { AppendTooLarge, type EventLog, WrongExpectedRevision } from '../event-log.port.ts';
import { EventStoreDbDouble } from '../testing/eventstoredb-double/index.ts';
import { collect, eventNamed, eventsNamed, nameIn, newStream, numberedEvents } from '../testing/index.ts';
import { EventStoreDbEventLog, type EventStoreDbOptions } from './eventstoredb-event-log.ts';
import { subscribing } from './subscribing.ts';

/** Where an append is made to hang; elsewhere a busy machine may take its time. */
const APPEND_TIMEOUT_MS = 1_000;

async function start(options: EventStoreDbOptions = {}) {
  const double = await EventStoreDbDouble.start();
  onTestFinished(() => double.stop());
  const log = await EventStoreDbEventLog.open(double.url, options);
  onTestFinished(() => log.close());
  return { double, log };
}

const namesOf = async (log: EventLog, stream: StreamName): Promise<string[]> => (await collect(log.readStream(stream))).map(nameIn);

/** Everything of one stream that a subscription gives, for as long as the test takes. */
function hear(log: EventLog, stream: StreamName) {
  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  const names: string[] = [];
  const listening = (async () => {
    for await (const { event } of log.subscribe({ after: undefined, signal: stop.signal }))
      if (event?.stream === stream) names.push(nameIn(event));
  })();
  return { names, listening, stop };
}

const paths = [
  { path: 'each append a call of its own', isBatched: false },
  { path: 'all appends in one call', isBatched: true },
];

describe.each(paths)('appends without an answer, $path', ({ isBatched }) => {
  test('one that was kept is found by its event ids', async () => {
    const { double, log } = await start({ isBatched, appendTimeoutMs: APPEND_TIMEOUT_MS });
    const stream = newStream();
    await log.append(stream, NO_REVISION, eventsNamed('a'));
    Object.assign(double.faults, { appends: 'hangKept', appendTimes: 1 });
    const appended = await log.append(stream, 0n, eventsNamed('b', 'c'));
    expect(appended).toEqual({ revision: 2n, position: (await log.last(stream))?.position });
    Object.assign(double.faults, { appends: 'hangKept', appendTimes: 1 });
    expect(await log.append(stream, 'any', eventsNamed('d'))).toMatchObject({ revision: 3n });
    expect(await namesOf(log, stream)).toEqual(['a', 'b', 'c', 'd']);
  });

  test('one that was not kept is a fault, and the same append again is kept once', async () => {
    const { double, log } = await start({ isBatched, appendTimeoutMs: APPEND_TIMEOUT_MS });
    const stream = newStream();
    for (const expected of [NO_REVISION, 'any'] as const) {
      const events = eventsNamed('a');
      Object.assign(double.faults, { appends: 'hangLost', appendTimes: 1 });
      await expect(log.append(stream, expected, events)).rejects.toMatchObject({ name: 'Fault', retry: 'later' });
      await log.append(stream, expected, events);
    }
    expect(await namesOf(log, stream)).toEqual(['a', 'a']);
  });

  test('one that somebody else has overtaken has lost the race', async () => {
    const { double, log } = await start({ isBatched, appendTimeoutMs: APPEND_TIMEOUT_MS });
    const stream = newStream();
    Object.assign(double.faults, { appends: 'hangLost', appendTimes: 1 });
    const refused = log.append(stream, NO_REVISION, eventsNamed('mine'));
    refused.catch(() => undefined);
    await vi.waitFor(() => expect(double.faults.appends).toBe('answer'));
    await log.append(stream, NO_REVISION, eventsNamed('theirs', 'theirs'));
    await expect(refused).rejects.toBeInstanceOf(WrongExpectedRevision);
    await expect(refused).rejects.toMatchObject({ actual: 1n });
  });

  test('one expecting any whose outcome stayed open is known again after a restart of the server', async () => {
    const { double, log } = await start({ isBatched, appendTimeoutMs: APPEND_TIMEOUT_MS, readSilenceMs: 200 });
    const [stream, events] = [newStream(), eventsNamed('a')];
    Object.assign(double.faults, { appends: 'hangKept', appendTimes: 1, hangReads: true });
    await expect(log.append(stream, 'any', events)).rejects.toMatchObject({ retry: 'later' });
    double.faults.hangReads = false;
    await double.restart();
    await log.append(stream, 'any', eventsNamed('b'));
    expect(await log.append(stream, 'any', events)).toMatchObject({ revision: 0n });
    expect(await namesOf(log, stream)).toEqual(['a', 'b']);
  });

  test('a connection that fails after the append was kept does not matter', async () => {
    const { double, log } = await start({ isBatched, appendTimeoutMs: APPEND_TIMEOUT_MS });
    const stream = newStream();
    Object.assign(double.faults, { appends: 'unavailableKept', appendTimes: 1 });
    expect(await log.append(stream, NO_REVISION, eventsNamed('a'))).toMatchObject({ revision: 0n });
    expect(await namesOf(log, stream)).toEqual(['a']);
  });

  test('a server that is not the leader is left for the one it names', async () => {
    const { double, log } = await start({ isBatched, appendTimeoutMs: APPEND_TIMEOUT_MS });
    const stream = newStream();
    Object.assign(double.faults, { appends: 'notLeader', appendTimes: 1 });
    expect(await log.append(stream, NO_REVISION, eventsNamed('a'))).toMatchObject({ revision: 0n });
  });

  test('a server that is away is a fault for later, whatever kind of error says so; back again it goes on', async () => {
    const { double, log } = await start({ isBatched, appendTimeoutMs: APPEND_TIMEOUT_MS });
    const [stream, events] = [newStream(), eventsNamed('b')];
    await log.append(stream, NO_REVISION, eventsNamed('a'));
    double.pause();
    for (let n = 0; n < 3; n += 1) await expect(log.append(stream, 0n, events)).rejects.toMatchObject({ name: 'Fault', retry: 'later' });
    await expect(log.last(stream)).rejects.toMatchObject({ name: 'Fault', retry: 'later' });
    await double.resume();
    await vi.waitFor(async () => expect(await log.append(stream, 0n, events)).toMatchObject({ revision: 1n }), 10_000);
    expect(await namesOf(log, stream)).toEqual(['a', 'b']);
  });

  test('a repeat whose position the server does not say is answered as the first time', async () => {
    const { double, log } = await start({ isBatched, appendTimeoutMs: APPEND_TIMEOUT_MS });
    const [stream, events] = [newStream(), eventsNamed('a', 'b')];
    const answer = await log.append(stream, NO_REVISION, events);
    double.faults.withoutPosition = true;
    expect(await log.append(stream, NO_REVISION, events)).toEqual(answer);
  });

  test('an append that is within our limit and over the server’s is refused as too large', async () => {
    const { log } = await start({ isBatched, appendTimeoutMs: 20_000 });
    const stream = newStream();
    // Of many events the server counts more than we do: their types, and when each happened.
    const small = numberedEvents(Math.floor(APPEND_BYTES_MAX / 45));
    await expect(log.append(stream, NO_REVISION, small)).rejects.toBeInstanceOf(AppendTooLarge);
    expect(await log.last(stream)).toBeUndefined();
  });

  test('a bigint is stored as its decimal digits, and what can not be stored is refused at once', async () => {
    const { log } = await start({ isBatched, appendTimeoutMs: APPEND_TIMEOUT_MS });
    const stream = newStream();
    const event = eventNamed('a');
    const data = { name: 'a', size: 2n ** 63n };
    await log.append(stream, NO_REVISION, [{ ...event, event: { ...event.event, data } as never }]);
    expect((await log.last(stream))?.data).toEqual({ name: 'a', size: '9223372036854775808' });
    const cycle: Record<string, unknown> = {};
    cycle['self'] = cycle;
    const endless = { ...eventNamed('x'), event: { type: 'WorkspaceRenamed', v: 1, data: cycle } as never };
    await expect(log.append(stream, 0n, [endless])).rejects.toThrow(/circular/i);
    await expect(log.append(stream, 0n, [{ ...eventNamed('x'), id: 'no uuid' as EventId }])).rejects.toMatchObject({ name: 'Bug' });
  });
});

test('a failing call of another client does not fail ours, and many appends in flight survive a drop of a reading', async () => {
  const { double, log } = await start({ appendTimeoutMs: 5_000 });
  const other = await EventStoreDbDouble.start();
  onTestFinished(() => other.stop());
  const stranger = EventStoreDBClient.connectionString(other.url);
  onTestFinished(() => stranger.dispose());
  double.faults.delayMs = 200;
  const streams = Array.from({ length: 20 }, newStream);
  const appending = Promise.all(streams.map((stream) => log.append(stream, NO_REVISION, eventsNamed('a'))));
  // The library rejects all that waits in its table, whoever asked for it, when one shared call fails.
  other.faults.appends = 'unavailable';
  await expect(stranger.appendToStream('theirs', jsonEvent({ type: 'T', data: {} }))).rejects.toThrow();
  Object.assign(double.faults, { dropAfter: 0, dropTimes: 1 });
  await expect(collect(log.readAll())).rejects.toMatchObject({ retry: 'later' });
  expect((await appending).map(({ revision }) => revision)).toEqual(streams.map(() => 0n));
});

describe('subscriptions that fail', () => {
  test('one that is dropped goes on without gap or repeat', async () => {
    const { double, log } = await start();
    const stream = newStream();
    await log.append(stream, NO_REVISION, numberedEvents(40));
    Object.assign(double.faults, { dropAfter: 7, dropTimes: 4, duplicate: true });
    const ear = hear(log, stream);
    await vi.waitFor(() => expect(ear.names).toHaveLength(40), 10_000);
    await log.append(stream, 39n, eventsNamed('n40'));
    await vi.waitFor(() => expect(ear.names).toHaveLength(41), 10_000);
    expect(ear.names).toEqual(Array.from({ length: 41 }, (_, n) => `n${n}`));
    expect(double.faults.dropTimes).toBe(0);
  });

  test('one that lives through a restart of the server misses nothing of before, between and after', async () => {
    const { double, log } = await start();
    const stream = newStream();
    const ear = hear(log, stream);
    for (let n = 0; n < 3; n += 1) {
      await vi.waitFor(() => log.append(stream, 'any', eventsNamed(`${n}`)), 10_000);
      if (n < 2) await double.restart();
    }
    await vi.waitFor(() => expect(ear.names).toEqual(['0', '1', '2']), 15_000);
  });

  test('one that is silent for long is made again, from the last checkpoint, and says nothing twice', async () => {
    const { double, log } = await start();
    await log.append(newStream(), NO_REVISION, numberedEvents(3));
    const stop = new AbortController();
    const client = EventStoreDBClient.connectionString(double.url);
    onTestFinished(() => client.dispose());
    const told: string[] = [];
    const listening = (async () => {
      for await (const { event } of subscribing(client, undefined, stop.signal, 50))
        told.push(event === undefined ? 'caughtUp' : nameIn(event));
    })();
    await vi.waitFor(() => expect(told).toEqual(['n0', 'n1', 'n2', 'caughtUp']));
    for (let n = 0; n < 300; n += 1) double.store.append('$stats', 'any', [system()]);
    await vi.waitFor(() => expect(double.subscriptions.at(-1)).toBe(double.store.all.at(-1)?.position), 5_000);
    await log.append(newStream(), NO_REVISION, eventsNamed('on'));
    await vi.waitFor(() => expect(told).toEqual(['n0', 'n1', 'n2', 'caughtUp', 'on', 'caughtUp']));
    stop.abort();
    await listening;
  });

  test('one that is left, and a reading that is left, are no longer held by the server', async () => {
    const { double, log } = await start();
    await log.append(newStream(), NO_REVISION, numberedEvents(500));
    for await (const { event } of log.subscribe({ after: undefined, signal: new AbortController().signal })) if (event !== undefined) break;
    for await (const event of log.readAll()) if (event.revision === 3n) break;
    await vi.waitFor(() => expect(double.callsOpen).toBe(0));
  });

  test('one that may not be is refused for good', async () => {
    const { double, log } = await start();
    double.faults.denyReads = true;
    const listening = log.subscribe({ after: undefined, signal: new AbortController().signal })[Symbol.asyncIterator]();
    await expect(listening.next()).rejects.toMatchObject({ retry: 'never' });
    await expect(log.last(newStream())).rejects.toMatchObject({ retry: 'never' });
  });

  test('one that is slow gets everything in order, and hears that it has caught up when it has', async () => {
    const { log } = await start();
    const stream = newStream();
    await log.append(stream, NO_REVISION, numberedEvents(100));
    const names: string[] = [];
    for await (const { event, caughtUp } of log.subscribe({ after: undefined, signal: new AbortController().signal })) {
      if (caughtUp === true) break;
      names.push(nameIn(event ?? eventNamed('none').event));
      if (names.length % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(names).toEqual(Array.from({ length: 100 }, (_, n) => `n${n}`));
  });
});

describe('readings', () => {
  test('what the server and others have written is never given', async () => {
    const { double, log } = await start();
    const stream = newStream();
    const { position } = await log.append(stream, NO_REVISION, eventsNamed('a'));
    for (let n = 0; n < 200; n += 1) double.store.append('$stats', 'any', [system()]);
    double.store.append('others', 'any', [{ ...system(), type: 'TheirEvent' }]);
    await log.append(stream, 0n, eventsNamed('b', 'c'));
    expect((await collect(log.readAll())).map(nameIn)).toEqual(['a', 'b', 'c']);
    expect((await collect(log.readAll({ after: position, limit: 1 }))).map(nameIn)).toEqual(['b']);
    const ear = hear(log, stream);
    await vi.waitFor(() => expect(ear.names).toEqual(['a', 'b', 'c']));
    double.store.append(stream, 'any', [{ ...system(), type: 'TheirEvent' }]);
    await expect(namesOf(log, stream)).rejects.toMatchObject({ retry: 'never' });
  });

  test('a position that is none of this log is refused for good', async () => {
    const { log } = await start();
    const { position } = await log.append(newStream(), NO_REVISION, eventsNamed('a', 'b'));
    await expect(collect(log.readAll({ from: position - 1n }))).rejects.toMatchObject({ retry: 'never' });
    const listening = log.subscribe({ after: position - 1n, signal: new AbortController().signal })[Symbol.asyncIterator]();
    await expect(listening.next()).rejects.toMatchObject({ retry: 'never' });
  });

  test('one that is not answered is a fault, not a wait for ever', async () => {
    const { double, log } = await start({ readSilenceMs: 100 });
    double.faults.hangReads = true;
    await expect(log.last(newStream())).rejects.toMatchObject({ retry: 'later' });
    await expect(collect(log.readAll())).rejects.toMatchObject({ retry: 'later' });
  });

  test('one whose taker is slow is not silent', async () => {
    const { log } = await start({ readSilenceMs: 50 });
    const stream = newStream();
    await log.append(stream, NO_REVISION, numberedEvents(3));
    const names: string[] = [];
    for await (const event of log.readStream(stream)) {
      names.push(nameIn(event));
      await new Promise((resolve) => setTimeout(resolve, 80));
    }
    expect(names).toEqual(['n0', 'n1', 'n2']);
  });
});

describe('a doorbell', () => {
  /** Streams rung, and how to leave. */
  function ring(log: EventLog, group: string) {
    const leaving = new AbortController();
    onTestFinished(() => leaving.abort());
    const rung: StreamName[] = [];
    const listening = (async () => {
      for await (const stream of log.doorbell({ group, signal: leaving.signal })) rung.push(stream);
    })();
    return { rung, leave: () => (leaving.abort(), listening) };
  }

  test('shares the streams out among its members', async () => {
    const { double, log } = await start();
    const group = randomUUID();
    const [one, two] = [ring(log, group), ring(log, group)];
    await vi.waitFor(() => expect(double.groups?.get(group)?.memberCount).toBe(2));
    for (let n = 0; n < 40; n += 1) await log.append(newStream(), NO_REVISION, eventsNamed('a'));
    await vi.waitFor(() => expect([one.rung.length, two.rung.length]).toEqual([20, 20]));
  });

  test('goes on after being dropped, after a restart, and where somebody has removed the group', async () => {
    const { double, log } = await start();
    const group = randomUUID();
    const { rung } = ring(log, group);
    const heard = async (): Promise<void> => {
      const stream = newStream();
      await vi.waitFor(() => log.append(stream, 'any', eventsNamed('a')), 10_000);
      await vi.waitFor(() => expect(rung).toContain(stream), 15_000);
    };
    await heard();
    Object.assign(double.faults, { dropAfter: 2, dropTimes: 2, duplicate: true });
    for (let n = 0; n < 5; n += 1) await heard();
    await double.restart();
    await heard();
    const operator = EventStoreDBClient.connectionString(double.url);
    onTestFinished(() => operator.dispose());
    await operator.deletePersistentSubscriptionToAll(group);
    await heard();
  });
});

describe('one client in a process', () => {
  test('a second server is refused, in words, and without its password; the same one is shared', async () => {
    const { double, log } = await start();
    const again = await EventStoreDbEventLog.open(double.url);
    await expect(EventStoreDbEventLog.open('esdb://me:secret@elsewhere:2113?tls=false')).rejects.toMatchObject({
      retry: 'never',
      message: expect.stringMatching(/^(?!.*secret).*elsewhere/) as string,
    });
    await log.close();
    const stream = newStream();
    expect(await again.append(stream, NO_REVISION, eventsNamed('a'))).toMatchObject({ revision: 0n });
    await again.close();
    await again.close();
    const third = await EventStoreDbEventLog.open('esdb://elsewhere:2113?tls=false');
    await third.close();
  });

  test('a URL that is none, or that asks for wrong answers, is refused', async () => {
    for (const url of ['http://somewhere:2113', 'esdb://host:notaport', 'esdb://host:2113?tls=false&throwOnAppendFailure=false'])
      await expect(EventStoreDbEventLog.open(url)).rejects.toMatchObject({ name: 'Fault', retry: 'never' });
  });

  test('a process ends by itself after the log was closed, whatever was going on', async () => {
    const double = await EventStoreDbDouble.start();
    onTestFinished(() => double.stop());
    const script = `
      import { EventStoreDbEventLog } from '@tidemark/event-log';
      const event = { id: crypto.randomUUID(), event: { type: 'WorkspaceRenamed', v: 1, data: { name: 'a' } }, at: '', meta: { correlationId: 'c' } };
      const log = await EventStoreDbEventLog.open(process.argv[1]);
      const signal = new AbortController().signal;
      const listening = log.subscribe({ after: undefined, signal })[Symbol.asyncIterator]();
      await listening.next();
      const waiting = listening.next();
      const ringing = log.doorbell({ group: 'g', signal })[Symbol.asyncIterator]();
      await log.append('workspace-x', -1n, [event]);
      await ringing.next();
      const rung = ringing.next();
      for await (const read of log.readAll()) break;
      await log.close();
      await Promise.all([waiting, rung]);
      console.log('closed');`;
    const args = ['--conditions=tidemark-src', '--input-type=module', '-e', script, double.url];
    const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 15_000, cwd: import.meta.dirname });
    expect(stdout).toBe('closed\n');
  });
});

const system = () => ({ id: randomUUID(), type: '$statsCollected', isJson: true, data: Buffer.from('{}'), metadata: Buffer.alloc(0) });
