import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { MongoReadModel } from './mongo-read-model.ts';

/** Until a server is found, and a little for a busy machine. */
const OPEN_MS_MAX = 15_000;

/** Takes connections and never says a word. */
async function muteServer(): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => sockets.add(socket.on('error', () => undefined).resume()));
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test.each([
  ['refuses', () => Promise.resolve('127.0.0.1:1')],
  ['is mute', muteServer],
])('where the server %s opening is a fault in time, without the password, and leaves nothing behind', async (_how, addressOf) => {
  const address = await addressOf();
  const before = process.getActiveResourcesInfo().filter((kind) => kind === 'TCPSocketWrap').length;
  const began = Date.now();
  const opening = MongoReadModel.open(`mongodb://me:hunter2@${address}/x?authSource=admin`);
  const fault = await opening.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(Date.now() - began).toBeLessThan(OPEN_MS_MAX);
  expect(fault).toMatchObject({ name: 'Fault', retry: 'later', message: expect.stringContaining('the read model is away') });
  expect(String(fault)).not.toContain('hunter2');
  await expect
    .poll(() => process.getActiveResourcesInfo().filter((kind) => kind === 'TCPSocketWrap').length, { timeout: 10_000 })
    .toBeLessThanOrEqual(before);
});

test.each([
  ['mongodb://', 'not of the form'],
  ['mongodb://me:hunter2@h:1/x?w=1', 'w cannot be other'],
  ['mongodb://me:hunter2@h:1/x?nonsense=hunter2', 'nonsense'],
  ['mongodb://me:hunter2@h:99999999/x', 'cannot be used'],
  ['mongodb://me:hun%zzter2@h:1/x', 'cannot be used'],
  ['mongodb+srv://me:hunter2@a:1/x', 'cannot be used'],
])('%s is refused at opening, without the password', async (url, reason) => {
  const fault = await MongoReadModel.open(url).then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(fault).toMatchObject({ name: 'Fault', retry: 'never', message: expect.stringContaining(reason) });
  expect(JSON.stringify([String(fault), (fault as Error).cause ?? null])).not.toMatch(/hunter2|zzter2/);
});
