import { createServer, type Server as HttpServer } from 'node:http';
import { encodeJson, must, type Chain, type WorkspaceId } from '@tidemark/domain';
import type { Delta } from '@tidemark/protocol';
import { Server, type Socket } from 'socket.io';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { PushSocket } from './push-socket.ts';

const workspace = '11111111-1111-4111-8111-111111111111' as WorkspaceId;
const chain = (letter: string) => letter.repeat(64) as Chain;

describe('pushes', () => {
  let http: HttpServer;
  let io: Server;
  let push: PushSocket;
  let follows: unknown[];
  let sockets: Socket[];
  let handshakes: number;
  let answer: (n: number) => unknown;
  const heard: string[] = [];
  const deltas: Delta[] = [];
  let cursor = { revision: 1n, chain: chain('a') };

  const listen = async (port = 0) => {
    http = createServer();
    io = new Server(http, { transports: ['websocket'] });
    io.of('/devices').use((socket, next) => {
      handshakes += 1;
      next(socket.handshake.auth['token'] === 'secret' ? undefined : new Error('TOKEN_INVALID'));
    });
    io.of('/devices').on('connection', (socket) => {
      sockets.push(socket);
      socket.on('follow', (message: unknown, acknowledge: (answer: unknown) => void) => {
        follows.push(message);
        const told = answer(follows.length);
        if (told !== undefined) acknowledge(told);
      });
    });
    await new Promise<void>((resolve) => http.listen(port, '127.0.0.1', resolve));
    const address = must(http.address(), 'it listens');
    return typeof address === 'object' ? address.port : 0;
  };
  const open = async (token = 'secret') => {
    const port = await listen();
    push = new PushSocket({
      url: `http://127.0.0.1:${port}`,
      token,
      onConnected: (connected) => heard.push(connected ? 'connected' : 'gone'),
      onUnlinked: () => heard.push('unlinked'),
    });
    push.follow(workspace, {
      cursor: () => cursor,
      onDelta: (delta) => deltas.push(delta),
      onMoved: () => heard.push('moved'),
      onEnded: (code) => heard.push(`ended ${code}`),
    });
    push.open();
    return port;
  };

  beforeEach(() => {
    follows = [];
    sockets = [];
    handshakes = 0;
    heard.length = 0;
    deltas.length = 0;
    cursor = { revision: 1n, chain: chain('a') };
    answer = () => ({ ok: true, head: { revision: '1', chain: chain('a') } });
  });
  afterEach(async () => {
    push.close();
    await io.close();
  });

  test('a workspace is followed from the cursor; deltas come parsed', async () => {
    await open();
    await expect.poll(() => follows).toEqual([{ workspace, cursor: { revision: '1', chain: chain('a') } }]);
    expect(push.connected).toBe(true);
    const delta = { workspace, from: { revision: 1n, chain: chain('a') }, to: { revision: 2n, chain: chain('b') }, rows: [] };
    sockets[0]!.emit('delta', JSON.parse(encodeJson(delta)));
    await expect.poll(() => deltas).toEqual([delta]);
    expect(heard).toEqual(['connected']);
  });

  test('a head that is ahead, or a delta that cannot be read, is a reason to pull', async () => {
    answer = () => ({ ok: true, head: { revision: '9', chain: chain('c') } });
    await open();
    await expect.poll(() => heard).toEqual(['connected', 'moved']);
    sockets[0]!.emit('delta', { workspace, from: 'nonsense' });
    await expect.poll(() => heard).toEqual(['connected', 'moved', 'moved']);
  });

  test('after a restart of the server it follows again, with the cursor of that moment', async () => {
    const port = await open();
    await expect.poll(() => follows.length).toBe(1);
    await io.close();
    await expect.poll(() => heard).toEqual(['connected', 'gone']);
    cursor = { revision: 5n, chain: chain('e') };
    await listen(port);
    await expect.poll(() => follows.at(-1), { timeout: 10_000 }).toEqual({ workspace, cursor: { revision: '5', chain: chain('e') } });
  });

  test('a follow that is refused for now is a reason to pull and is tried again', async () => {
    answer = (n) => (n === 1 ? { ok: false, code: 'HISTORY_DIVERGED' } : { ok: true, head: { revision: '1', chain: chain('a') } });
    await open();
    await expect.poll(() => follows.length, { timeout: 5_000 }).toBe(2);
    expect(heard).toEqual(['connected', 'moved']);
  });

  test('who is no longer a member is told and follows no more', async () => {
    await open();
    await expect.poll(() => follows.length).toBe(1);
    sockets[0]!.emit('ended', { workspace });
    await expect.poll(() => heard).toContain('ended ENDED');
    sockets[0]!.emit('delta', { workspace, from: 'nonsense' });
    sockets[0]!.emit('unlinked');
    await expect.poll(() => heard).toContain('unlinked');
    expect(heard).not.toContain('moved');
  });

  test('a refused handshake throws nothing, leaves it unconnected, and is tried again', async () => {
    await open('wrong');
    await expect.poll(() => handshakes, { timeout: 10_000 }).toBeGreaterThan(1);
    expect(push.connected).toBe(false);
    expect(follows).toEqual([]);
  });
});
