import { spawn } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import {
  type AllStreamSubscription,
  BACKWARDS,
  END,
  EventStoreDBClient,
  excludeSystemEvents,
  jsonEvent,
  NO_STREAM,
  type PersistentSubscriptionToAll,
  persistentSubscriptionToAllSettingsFromDefaults,
  START,
  streamNameFilter,
} from '@eventstore/db-client';
import { temporaryFolder } from '@tidemark/sqlite/testing';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { EventStoreDbDouble } from './index.ts';

/** The double as the real server's own client sees it. */
async function start() {
  const double = await EventStoreDbDouble.start();
  onTestFinished(() => double.stop());
  const client = EventStoreDBClient.connectionString(double.url);
  onTestFinished(() => client.dispose());
  return { double, client };
}
const event = (name: string) => jsonEvent({ type: 'Named', data: { name } });
const events = (count: number, from = 0) => Array.from({ length: count }, (_, index) => event(`n${from + index}`));
const nameOf = (resolved: { readonly event?: { readonly data: unknown } | undefined }): string =>
  (resolved.event?.data as { readonly name: string } | undefined)?.name ?? '';

/** What a subscription gives, in the order in which it was given. */
function heard(subscription: AllStreamSubscription | PersistentSubscriptionToAll): string[] {
  const all: string[] = [];
  subscription.on('error', () => all.push('error'));
  subscription.on('caughtUp', () => all.push('caughtUp'));
  subscription.on('data', (resolved: { readonly event?: { readonly data: unknown } }) => all.push(nameOf(resolved)));
  onTestFinished(() => subscription.unsubscribe().catch(() => undefined));
  return all;
}

describe('the double', () => {
  test('reads streams and all of it, in both directions', async () => {
    const { client } = await start();
    await client.appendToStream('one', events(3));
    await client.appendToStream('two', events(2, 3));
    const names = async (reading: AsyncIterable<{ readonly event?: { readonly data: unknown; readonly type: string } | undefined }>) => {
      const all: string[] = [];
      for await (const resolved of reading) if (resolved.event?.type.startsWith('$') === false) all.push(nameOf(resolved));
      return all;
    };
    expect(await names(client.readStream('one', { fromRevision: 1n }))).toEqual(['n1', 'n2']);
    expect(await names(client.readStream('one', { direction: BACKWARDS, fromRevision: END, maxCount: 2 }))).toEqual(['n2', 'n1']);
    expect(await names(client.readStream('one', { direction: BACKWARDS, fromRevision: 1n }))).toEqual(['n1', 'n0']);
    expect(await names(client.readAll())).toEqual(['n0', 'n1', 'n2', 'n3', 'n4']);
    expect(await names(client.readAll({ direction: BACKWARDS, fromPosition: END }))).toEqual(['n4', 'n3', 'n2', 'n1', 'n0']);
    await expect(names(client.readStream('three'))).rejects.toMatchObject({ type: 'stream-not-found' });
  });

  test('never deletes', async () => {
    const { client } = await start();
    await client.appendToStream('one', events(1));
    await expect(client.deleteStream('one')).rejects.toMatchObject({ type: 'access-denied' });
    await expect(client.tombstoneStream('one')).rejects.toMatchObject({ type: 'access-denied' });
  });

  test('knows the ids of an append again, with any revision only while it remembers', async () => {
    const { double, client } = await start();
    const [a, b, c] = [event('a'), event('b'), event('c')];
    const first = await client.appendToStream('one', [a, b], { expectedRevision: NO_STREAM });
    await client.appendToStream('one', c, { expectedRevision: 1n });
    expect(await client.appendToStream('one', [a, b], { expectedRevision: NO_STREAM })).toEqual(first);
    expect((await client.appendToStream('one', [a, b])).nextExpectedRevision).toBe(1n);
    await expect(client.appendToStream('one', [a, event('x')])).rejects.toMatchObject({ type: 'wrong-expected-version' });
    await expect(client.appendToStream('one', [a, event('x')], { expectedRevision: NO_STREAM })).rejects.toMatchObject({
      actualVersion: 2n,
    });
    await double.restart();
    await vi.waitFor(async () => expect((await client.appendToStream('one', [a, b])).nextExpectedRevision).toBe(4n), 5_000);
  });

  test('takes an append of 1 MiB and none of a byte more, on both ways in', async () => {
    const { client } = await start();
    const sized = (bytes: number) => [jsonEvent({ type: 'T', data: 'x'.repeat(bytes - 2 - 'T'.length * 2) })];
    for (const options of [{}, { credentials: { username: 'u', password: 'p' } }]) {
      await client.appendToStream('one', sized(1024 * 1024), options);
      await expect(client.appendToStream('one', sized(1024 * 1024 + 1), options)).rejects.toMatchObject({
        type: 'maximum-append-size-exceeded',
        maxAppendSize: 1024 * 1024,
      });
    }
  });

  test('gives a subscription checkpoints every 32 events, whether they match or not, and says when it has caught up', async () => {
    const { double, client } = await start();
    await client.appendToStream('one', events(100));
    const at: (bigint | undefined)[] = [];
    const filter = streamNameFilter({ prefixes: ['two'], checkpointReached: (_s, { commit }) => void at.push(commit) });
    const all = heard(client.subscribeToAll({ fromPosition: START, filter }));
    await vi.waitFor(() => expect(all).toEqual(['caughtUp']));
    expect(at).toEqual([31, 63, 95, 101].map((index) => double.store.all[index]?.position));
    await client.appendToStream('two', events(1));
    await vi.waitFor(() => expect(all).toEqual(['caughtUp', 'n0']));
  });

  test('keeps what was written in a file, less what was half written, and goes on with positions that grow', async () => {
    const data = join(temporaryFolder(), 'double.log');
    const one = await EventStoreDbDouble.start({ data });
    one.store.append('s', 'noStream', [
      { id: crypto.randomUUID(), type: 'T', isJson: true, data: Buffer.from('{"a":1}'), metadata: Buffer.alloc(0) },
    ]);
    const before = one.store.all;
    await one.stop();
    appendFileSync(data, '{"stream":"s","eve');
    const two = await EventStoreDbDouble.start({ data, port: one.port });
    onTestFinished(() => two.stop());
    expect(two.port).toBe(one.port);
    expect(two.store.all).toEqual(before);
    two.store.append('s', 0n, [{ id: crypto.randomUUID(), type: 'T', isJson: true, data: Buffer.from('{}'), metadata: Buffer.alloc(0) }]);
    await two.stop();
    const three = await EventStoreDbDouble.start({ data });
    onTestFinished(() => three.stop());
    const positions = three.store.all.map(({ position }) => position);
    expect(three.store.last('s')?.revision).toBe(1n);
    expect(positions.every((position, index) => position > (positions[index - 1] ?? -1n))).toBe(true);
  });

  test('is a program, told its faults over HTTP', async () => {
    const child = spawn(process.execPath, [join(import.meta.dirname, 'main.ts')], { stdio: ['ignore', 'pipe', 'inherit'] });
    onTestFinished(() => void child.kill('SIGKILL'));
    const { value: line } = await createInterface(child.stdout)[Symbol.asyncIterator]().next();
    expect(line).toMatch(/^ready esdb:\S+ control http:\S+$/);
    const [, url = '', , control = ''] = String(line).split(' ');
    const client = EventStoreDBClient.connectionString(url);
    onTestFinished(() => client.dispose());
    const order = async (path: string, body?: unknown) =>
      (
        await fetch(`${control}/${path}`, {
          method: path === 'state' ? 'GET' : 'POST',
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        })
      ).ok;
    expect(await order('faults', { appends: 'unavailable' })).toBe(true);
    await expect(client.appendToStream('one', events(1))).rejects.toThrow();
    expect(await order('calm')).toBe(true);
    expect(await order('restart', { downMs: 10 })).toBe(true);
    await vi.waitFor(() => client.appendToStream('one', events(1)), 5_000);
    expect(await order('state')).toBe(true);
    expect(await order('nonsense')).toBe(false);
    child.kill('SIGTERM');
    await vi.waitFor(() => expect(child.exitCode).toBe(0), 5_000);
  });
});

describe('a consumer group of the double', () => {
  const settings = (changes: object = {}) => persistentSubscriptionToAllSettingsFromDefaults({ startFrom: START, ...changes });
  const filter = excludeSystemEvents();

  test('is created once, and is not there before', async () => {
    const { client } = await start();
    const early = client.subscribeToPersistentSubscriptionToAll('g');
    expect(await new Promise((resolve) => early.on('error', resolve))).toMatchObject({ type: 'persistent-subscription-does-not-exist' });
    await client.createPersistentSubscriptionToAll('g', settings(), { filter });
    await expect(client.createPersistentSubscriptionToAll('g', settings(), { filter })).rejects.toMatchObject({
      type: 'persistent-subscription-exists',
    });
    await client.deletePersistentSubscriptionToAll('g');
    await client.createPersistentSubscriptionToAll('g', settings(), { filter });
  });

  test('gives what is retried again, what is skipped never, and what is parked when asked', async () => {
    const { double, client } = await start();
    await client.createPersistentSubscriptionToAll('g', settings(), { filter });
    await client.appendToStream('one', ['retry', 'skip', 'park', 'ack'].map(event));
    const all: string[] = [];
    const subscription = client.subscribeToPersistentSubscriptionToAll('g');
    onTestFinished(() => subscription.unsubscribe());
    subscription.on('data', (resolved) => {
      const name = nameOf(resolved);
      const isFirst = !all.includes(name);
      all.push(name);
      if (isFirst && (name === 'retry' || name === 'skip' || name === 'park')) void subscription.nack(name, 'asked to', resolved);
      else void subscription.ack(resolved);
    });
    await vi.waitFor(() => expect(all.toSorted()).toEqual(['ack', 'park', 'retry', 'retry', 'skip']));
    expect(double.groups?.get('g')?.parked).toHaveLength(1);
    await client.replayParkedMessagesToAll('g');
    await vi.waitFor(() => expect(all.filter((name) => name === 'park')).toHaveLength(2));
    await vi.waitFor(() => expect(double.groups?.get('g')?.outstandingCount).toBe(0));
  });

  test('gives what is not acknowledged in time again, and parks it after so many times', async () => {
    const { double, client } = await start();
    await client.createPersistentSubscriptionToAll('g', settings({ messageTimeout: 20, maxRetryCount: 2 }), { filter });
    await client.appendToStream('one', event('a'));
    const all = heard(client.subscribeToPersistentSubscriptionToAll('g'));
    await vi.waitFor(() => expect(double.groups?.get('g')?.parked).toHaveLength(1));
    expect(all).toEqual(['a', 'a', 'a']);
  });

  test('hands over what a member held that leaves, and goes on from its checkpoint after a restart', async () => {
    const { double, client } = await start();
    await client.createPersistentSubscriptionToAll('g', settings({ checkPointAfter: 10 }), { filter });
    await client.appendToStream('one', events(5));
    const leaving = client.subscribeToPersistentSubscriptionToAll('g');
    const held = heard(leaving);
    await vi.waitFor(() => expect(held).toHaveLength(5));
    await leaving.unsubscribe();
    const staying = client.subscribeToPersistentSubscriptionToAll('g');
    const all = heard(staying);
    staying.on('data', (resolved) => void staying.ack(resolved).catch(() => undefined));
    await vi.waitFor(() => expect(all).toEqual(['n0', 'n1', 'n2', 'n3', 'n4']));
    await vi.waitFor(() => expect(double.store.checkpoints.get('g')).toBeDefined());
    await vi.waitFor(() => expect(double.store.checkpoints.get('g')).toBeGreaterThanOrEqual(double.store.last('one')?.position ?? 0n));
    await double.restart();
    await vi.waitFor(() => client.appendToStream('one', event('n5')), 5_000);
    const after = heard(client.subscribeToPersistentSubscriptionToAll('g'));
    await vi.waitFor(() => expect(after).toEqual(['n5']), 5_000);
  });
});
