import { createRequire } from 'node:module';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { once } from 'node:events';
import { MongoNetworkError } from 'mongodb';
import { expect, onTestFinished, test } from 'vitest';
import './mongo-store.ts';

interface Connection {
  command(namespace: { readonly db: string }, command: object, options: object): Promise<unknown>;
}
type Connections = new (socket: Socket, options: object) => Connection;
const { Connection } = createRequire(import.meta.url)('mongodb/lib/cmap/connection.js') as { Connection: Connections };

test('a command that waits for room on a socket fails when that is closed without an error', async () => {
  const server = createServer((socket) => socket.on('error', () => undefined).resume());
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  onTestFinished(() => void server.close());
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  await once(socket, 'connect');
  // As a socket whose other end has gone.
  socket.write = () => false;
  const connection = new Connection(socket, { id: 1, generation: 0, hostAddress: 'test' });
  const asking = connection.command({ db: 'test' }, { ping: 1 }, {});
  await expect.poll(() => socket.listenerCount('drain')).toBeGreaterThan(0);
  socket.destroy();
  await expect(asking).rejects.toBeInstanceOf(MongoNetworkError);
});
