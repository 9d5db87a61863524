import { randomUUID } from 'node:crypto';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import type { AccountId, DeviceId, WorkspaceId } from '@tidemark/domain';
import { START } from '@tidemark/domain';
import { expect, onTestFinished, test } from 'vitest';
import { BATCH_BYTES_MAX, KafkaChangeFeedPublisher, SEND_MS_MAX, WAITING_MAX } from './kafka-change-feed-publisher.ts';
import { KafkaChangeFeedSubscriber, SUBSCRIBE_MS_MAX } from './kafka-change-feed-subscriber.ts';

const gone = () => ({ deviceGone: { device: randomUUID() as DeviceId } });
const later = expect.objectContaining({ name: 'Fault', retry: 'later' });
/** Whoever hangs takes longer, however busy the machine. */
const MOMENTS_MS = 20_000;
/** Nothing listens there. */
const REFUSED = 'kafka://127.0.0.1:1/t';

/** Takes connections and never says a word. */
async function muteServer(): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => sockets.add(socket.on('error', () => undefined)));
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `kafka://127.0.0.1:${(server.address() as AddressInfo).port}/t`;
}

test.each([
  ['refuses', () => Promise.resolve(REFUSED)],
  ['is mute', muteServer],
])('where the broker %s publishing is a fault in time, for all that wait, and closing takes moments', async (_how, urlOf) => {
  const publisher = await KafkaChangeFeedPublisher.open(await urlOf());
  const began = Date.now();
  const fates = await Promise.allSettled([publisher.publish(gone()), publisher.publish(gone())]);
  expect(fates).toEqual([
    { status: 'rejected', reason: later },
    { status: 'rejected', reason: later },
  ]);
  expect(Date.now() - began).toBeLessThan(SEND_MS_MAX + MOMENTS_MS);
  expect(publisher.away).toBeDefined();
  const waiting = publisher.publish(gone());
  await Promise.all([expect(waiting).rejects.toEqual(later), publisher.close()]);
  expect(Date.now() - began).toBeLessThan(SEND_MS_MAX + MOMENTS_MS);
});

test.each([
  ['refuses', () => Promise.resolve(REFUSED)],
  ['is mute', muteServer],
])('where the broker %s subscribing waits a while and says so once, and closing takes moments', async (_how, urlOf) => {
  const said: string[] = [];
  const subscriber = await KafkaChangeFeedSubscriber.open(await urlOf(), { warn: (message) => said.push(message) });
  let began = Date.now();
  const { unsubscribe } = await subscriber.subscribe(() => undefined);
  expect(Date.now() - began).toBeLessThan(SUBSCRIBE_MS_MAX + MOMENTS_MS);
  expect(said).toEqual([expect.stringContaining('the change feed is away')]);
  expect(subscriber.away).toBeDefined();
  await unsubscribe();
  began = Date.now();
  await subscriber.close();
  expect(Date.now() - began).toBeLessThan(MOMENTS_MS);
});

test('what waits is bounded, and told so at once', async () => {
  const publisher = await KafkaChangeFeedPublisher.open(await muteServer());
  // The first is on its way, the others wait.
  const waiting = Array.from({ length: WAITING_MAX + 1 }, () => publisher.publish(gone()));
  const fates = Promise.allSettled(waiting);
  await expect(publisher.publish(gone())).rejects.toMatchObject({
    retry: 'later',
    message: expect.stringContaining(`${WAITING_MAX} messages behind`),
  });
  await publisher.close();
  expect(new Set((await fates).map(({ status }) => status))).toEqual(new Set(['rejected']));
});

test('a message that is too large without rows too is refused for good', async () => {
  const publisher = await KafkaChangeFeedPublisher.open(REFUSED);
  onTestFinished(() => publisher.close());
  const revoked = (count: number) => Array.from({ length: count }, () => randomUUID() as AccountId);
  const message = (count: number) => ({
    changeSet: { workspace: randomUUID() as WorkspaceId, from: START, to: START, revoked: revoked(count) },
  });
  const [fits, over] = [Math.floor((BATCH_BYTES_MAX - 600) / 39), Math.ceil(BATCH_BYTES_MAX / 39)];
  await expect(publisher.publish(message(over))).rejects.toMatchObject({ name: 'Fault', retry: 'never' });
  await expect(publisher.publish(message(fits))).rejects.toMatchObject({ name: 'Fault', retry: 'later' });
});

test('a URL that cannot be used is refused at open', async () => {
  await expect(KafkaChangeFeedPublisher.open('kafka://')).rejects.toMatchObject({ name: 'Fault', retry: 'never' });
  await expect(KafkaChangeFeedSubscriber.open('kafka://h:1/t?tls=maybe')).rejects.toMatchObject({ name: 'Fault', retry: 'never' });
});
