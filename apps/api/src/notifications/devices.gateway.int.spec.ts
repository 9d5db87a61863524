import { randomUUID } from 'node:crypto';
import { SOCKET_DELTA, SOCKET_ENDED, SOCKET_FOLLOW, SOCKET_NAMESPACE, SOCKET_UNFOLLOW, SOCKET_UNLINKED } from '@tidemark/protocol';
import { io, type Socket } from 'socket.io-client';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { TestServer, type TestDevice, type WireCursor } from '../testing/test-server.ts';

interface Delta {
  readonly workspace: string;
  readonly from: WireCursor;
  readonly to: WireCursor;
  readonly rows?: readonly { readonly name: string }[];
}

describe('a connected device', () => {
  let server: TestServer;
  let laptop: TestDevice;
  let sockets: Socket[];

  beforeEach(async () => {
    server = await TestServer.start();
    laptop = await server.link();
    sockets = [];
  });
  afterEach(async () => {
    for (const socket of sockets) socket.disconnect();
    await server.stop();
  });

  const socketOf = (auth: Record<string, unknown>): Socket => {
    const socket = io(`${server.running.url}${SOCKET_NAMESPACE}`, { auth, transports: ['websocket'], reconnection: false, forceNew: true });
    sockets.push(socket);
    return socket;
  };
  async function connect(device: TestDevice): Promise<{ socket: Socket; heard: string[]; deltas: Delta[] }> {
    const socket = socketOf({ token: device.token, protocol: 1 });
    const heard: string[] = [];
    const deltas: Delta[] = [];
    socket.on(SOCKET_DELTA, (delta: Delta) => {
      deltas.push(delta);
      heard.push(delta.rows === undefined ? 'poke' : delta.rows.map(({ name }) => name).join(','));
    });
    for (const event of [SOCKET_ENDED, SOCKET_UNLINKED, 'disconnect']) socket.on(event, () => heard.push(event));
    await new Promise<void>((resolve, reject) => {
      socket.on('connect', resolve);
      socket.on('connect_error', reject);
    });
    return { socket, heard, deltas };
  }
  let number = 0;
  async function createFolder(by: TestDevice, workspace: string, parent: string, name: string, at: WireCursor): Promise<void> {
    const operations = [{ type: 'createFolder', entry: randomUUID(), parent, name }];
    const answer = await server.ask('POST', `/v1/workspaces/${workspace}/commits`, {
      token: by.token,
      body: { number: ++number, at, operations },
    });
    expect(answer.status).toBe(200);
  }
  beforeEach(() => {
    number = 0;
  });

  test('that follows from its cursor gets what changes, with rows, one after the other', async () => {
    const { workspace, root, head } = await server.workspace(laptop);
    const { socket, heard, deltas } = await connect(laptop);
    expect(await socket.emitWithAck(SOCKET_FOLLOW, { workspace, cursor: head })).toEqual({ ok: true, head });
    await createFolder(laptop, workspace, root, 'one', head);
    await vi.waitFor(() => expect(heard).toEqual(['one']));
    await createFolder(laptop, workspace, root, 'two', head);
    await vi.waitFor(() => expect(heard).toEqual(['one', 'two']));
    expect(deltas[0]?.from).toEqual(head);
    expect(deltas[1]?.from).toEqual(deltas[0]?.to);
    expect(deltas[1]?.to).toEqual(await server.head(laptop, workspace));
  });

  test('that follows from elsewhere is poked, and pulls', async () => {
    const { workspace, root, head } = await server.workspace(laptop);
    const { socket, heard } = await connect(laptop);
    await socket.emitWithAck(SOCKET_FOLLOW, { workspace, cursor: { revision: '-1', chain: '0'.repeat(64) } });
    await createFolder(laptop, workspace, root, 'one', head);
    await vi.waitFor(() => expect(heard).toEqual(['poke']));
  });

  test('that stops to follow hears nothing more', async () => {
    const { workspace, root, head } = await server.workspace(laptop);
    const following = await connect(laptop);
    const stopped = await connect(laptop);
    for (const { socket } of [following, stopped]) await socket.emitWithAck(SOCKET_FOLLOW, { workspace, cursor: head });
    expect(await stopped.socket.emitWithAck(SOCKET_UNFOLLOW, { workspace })).toEqual({ ok: true });
    await createFolder(laptop, workspace, root, 'one', head);
    await vi.waitFor(() => expect(following.heard).toEqual(['one']));
    expect(stopped.heard).toEqual([]);
  });

  test('that is no member, and one that asks for what does not exist, get the same answer', async () => {
    const { workspace, head } = await server.workspace(laptop);
    const elsewhere = await server.workspace(laptop, 'Another');
    const stranger = await server.member(laptop, elsewhere.workspace, 'editor');
    const { socket } = await connect(stranger);
    const refused = { ok: false, code: 'WORKSPACE_NOT_FOUND' };
    expect(await socket.emitWithAck(SOCKET_FOLLOW, { workspace, cursor: head })).toEqual(refused);
    expect(await socket.emitWithAck(SOCKET_FOLLOW, { workspace: randomUUID(), cursor: head })).toEqual(refused);
    expect(await socket.emitWithAck(SOCKET_FOLLOW, { nonsense: true })).toEqual({ ok: false, code: 'REQUEST_INVALID' });
  });

  test('whose member is removed while connected hears of it, and not one later name reaches him', async () => {
    const { workspace, root, head: created } = await server.workspace(laptop);
    const friend = await server.member(laptop, workspace, 'editor');
    const head = await server.head(laptop, workspace);
    const [own, his] = [await connect(laptop), await connect(friend)];
    for (const { socket } of [own, his])
      expect(await socket.emitWithAck(SOCKET_FOLLOW, { workspace, cursor: head })).toMatchObject({ ok: true });
    const removed = await server.ask('DELETE', `/v1/workspaces/${workspace}/members/${friend.account}`, { token: laptop.token });
    expect(removed.status).toBeLessThan(300);
    await createFolder(laptop, workspace, root, 'secret', created);
    await vi.waitFor(() => expect(own.heard.join(',')).toContain('secret'));
    await vi.waitFor(() => expect(his.heard).toEqual([SOCKET_ENDED]));
    expect(await his.socket.emitWithAck(SOCKET_FOLLOW, { workspace, cursor: head })).toEqual({ ok: false, code: 'WORKSPACE_NOT_FOUND' });
  });

  test('that is unlinked is told so and cut off', async () => {
    const { heard } = await connect(laptop);
    expect((await server.ask('DELETE', `/v1/devices/${laptop.device}`, { token: laptop.token })).status).toBeLessThan(300);
    await vi.waitFor(() => expect(heard).toEqual([SOCKET_UNLINKED, 'disconnect']));
    await expect(connect(laptop)).rejects.toMatchObject({ data: { code: 'DEVICE_UNLINKED' } });
  });

  test('without a token, with a forged one, or of another protocol, is not let in', async () => {
    const refusal = (auth: Record<string, unknown>): Promise<unknown> =>
      new Promise((resolve) => socketOf(auth).on('connect_error', (error: Error & { data?: unknown }) => resolve(error.data)));
    expect(await refusal({})).toEqual({ code: 'TOKEN_MISSING' });
    expect(await refusal({ token: 'forged', protocol: 1 })).toEqual({ code: 'TOKEN_INVALID' });
    expect(await refusal({ token: laptop.token, protocol: 99 })).toEqual({ code: 'PROTOCOL_UNSUPPORTED' });
  });

  test('is counted in the metrics', async () => {
    await connect(laptop);
    const text = Buffer.from((await server.ask('GET', '/metrics')).bytes).toString();
    expect(text).toContain('tidemark_devices_connected 1');
    expect(text).toContain('tidemark_projector_stopped_streams 0');
  });
});
