import { mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { request, type IncomingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import {
  CallProblem,
  HEARTBEAT_MS,
  IPC_FILE,
  IpcClient,
  NOTICE_EVENT,
  NOTICES_NAMESPACE,
  type AgentFace,
  type Notice,
  type Status,
} from '@tidemark/ipc';
import { io, type Socket } from 'socket.io-client';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { OpenContent } from '@tidemark/faces';
import { startIpcServer, type IpcServer } from './ipc-server.ts';

const idle: Status = {
  agent: { pid: 1, version: '0' },
  server: { url: null, connected: false },
  workspaces: [],
  traffic: { sentBytes: 0, receivedBytes: 0 },
};

/** The calls that are made here. */
type Called = Pick<AgentFace, 'status' | 'link' | 'add' | 'remove' | 'explain' | 'stop' | 'get' | 'notices'>;

class Face implements Called {
  listeners = new Set<(notice: Notice) => void>();
  status = async () => idle;
  link = async () => {
    throw new CallProblem('REFUSED', 'This code was used already; ask for another one.');
  };
  add = async ({ folder, workspace }: { folder: string; workspace: string }) => ({
    workspace: 'w',
    name: workspace,
    folder,
    created: true,
  });
  remove = async ({ folder }: { folder: string }) => ({ workspace: 'w', name: 'n', folder });
  explain = async () => {
    throw new Error('boom');
  };
  stop = async () => ({});
  get: AgentFace['get'] = async ({ to }) => ({ path: to, bytes: 0 });
  notices = (listener: (notice: Notice) => void) => {
    listener({ type: 'status', status: idle });
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  };
}

describe('the agent serves its faces on loopback', () => {
  let home: string;
  let face: Face;
  let server: IpcServer;
  /** For tickets. */
  let now = 0;

  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'tidemark-ipc-'));
    face = new Face();
    const page = join(home, 'page');
    await mkdir(join(page, 'assets'), { recursive: true });
    await writeFile(join(page, 'index.html'), '<!doctype html>');
    await writeFile(join(page, 'assets', 'a.js'), 'go()');
    await writeFile(join(home, 'token'), 'a secret');
    await symlink(join(home, 'token'), join(page, 'assets', 'link.js'));
    server = await startIpcServer({ home, version: '0', face: face as Called as AgentFace, pageFolder: page, openContent, now: () => now });
  });
  afterEach(async () => {
    await server.close();
    await rm(home, { recursive: true });
  });

  const openContent: OpenContent = ({ entry, revision }) => {
    if (entry !== 'here') return Promise.reject(new CallProblem('NOT_FOUND', 'There is no such file.'));
    const bytes = Buffer.from(`content at ${revision ?? 'the end'}`);
    return Promise.resolve({ name: "a 'b' ü.txt", bytes: bytes.length, body: Readable.from([bytes]) as AsyncIterable<Uint8Array> });
  };

  /** Paths as they are: nothing on the way makes them tidy. */
  const load = (method: string, path: string, headers: Record<string, string> = {}, question: unknown = {}) =>
    new Promise<{ status: number; headers: IncomingHttpHeaders; text: string }>((resolve, reject) => {
      const asked = request({ host: '127.0.0.1', port: server.file.port, path, method, headers }, (response) => {
        response.setEncoding('utf8');
        let text = '';
        response.on('data', (part: string) => (text += part));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
      });
      asked.on('error', reject);
      asked.end(method === 'POST' ? JSON.stringify(question) : undefined);
    });
  const ask = async (headers: Record<string, string>) => (await load('POST', '/call/status', headers)).status;
  const authorization = () => `Bearer ${server.file.secret}`;

  test('the file with the secret can be read by its owner only', async () => {
    expect((await stat(join(home, IPC_FILE))).mode & 0o777).toBe(0o600);
    expect(JSON.parse(await readFile(join(home, IPC_FILE), 'utf8'))).toEqual(server.file);
  });

  test('a request without the secret, or with another, is refused', async () => {
    expect(await ask({})).toBe(401);
    expect(await ask({ authorization: `Bearer ${'x'.repeat(server.file.secret.length)}` })).toBe(401);
    expect(await ask({ authorization: authorization() })).toBe(200);
  });

  test('a request with a foreign Host or Origin is refused even with the secret', async () => {
    expect(await ask({ authorization: authorization(), host: 'evil.example' })).toBe(403);
    expect(await ask({ authorization: authorization(), origin: 'http://evil.example' })).toBe(403);
    expect(await ask({ authorization: authorization(), origin: 'null' })).toBe(403);
    expect(await ask({ authorization: authorization(), origin: `http://127.0.0.1:${server.file.port}` })).toBe(200);
  });

  test('a call is answered, and a "no" comes back as the problem it is', async () => {
    const client = new IpcClient(server.file);
    expect(await client.call('status', {})).toEqual(idle);
    expect(await client.call('add', { folder: '/a', workspace: ' Docs ' })).toMatchObject({ name: 'Docs' });
    await expect(client.call('link', { url: 'u', code: 'c', device: 'd' })).rejects.toMatchObject({ code: 'REFUSED', exitCode: 5 });
    await expect(client.call('explain', { path: '/a' })).rejects.toMatchObject({ code: 'FAILED', message: 'boom' });
    await expect(client.call('add', { folder: '', workspace: '' })).rejects.toMatchObject({ code: 'INVALID' });
  });

  test('getting a content may last: its caller has no limit of time, and is shown now and then that the agent is there', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const limit = vi.spyOn(AbortSignal, 'timeout').mockReturnValue(AbortSignal.abort());
    try {
      const { promise, resolve } = Promise.withResolvers<void>();
      face.get = async ({ to }) => {
        await promise;
        return { path: to, bytes: 1 };
      };
      const client = new IpcClient(server.file);
      await expect(client.call('status', {})).rejects.toThrow('aborted');
      const got = client.call('get', { workspace: 'w', entry: 'e', to: '/x' });
      const seen = load('POST', '/call/get', { authorization: authorization() }, { workspace: 'w', entry: 'e', to: '/x' });
      await expect.poll(() => vi.getTimerCount()).toBe(2);
      vi.advanceTimersByTime(2 * HEARTBEAT_MS);
      resolve();
      expect(await got).toEqual({ path: '/x', bytes: 1 });
      expect((await seen).text).toMatch(/^ {2}\{"ok":true,/u);
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      limit.mockRestore();
      vi.useRealTimers();
    }
  });

  test('notices begin with a snapshot and go on with changes', async () => {
    const notices = new IpcClient(server.file).notices();
    expect((await notices.next()).value).toEqual({ type: 'status', status: idle });
    const activity = { type: 'activity', at: 1, workspace: 'Docs', direction: 'up', path: 'a.txt', what: 'created' } as const;
    for (const listener of face.listeners) listener(activity);
    expect((await notices.next()).value).toEqual(activity);
    await notices.return();
    await expect.poll(() => face.listeners.size).toBe(0);
  });

  test('closing ends the notices and takes the file away', async () => {
    const notices = new IpcClient(server.file).notices();
    await notices.next();
    await server.close();
    expect((await notices.next()).done).toBe(true);
    await expect(readFile(join(home, IPC_FILE))).rejects.toThrow('ENOENT');
    await expect(new IpcClient(server.file).call('status', {})).rejects.toMatchObject({ name: 'NoAgent' });
    server = await startIpcServer({ home, version: '0', face: face as Called as AgentFace });
  });

  describe('over a socket', () => {
    const open: Socket[] = [];
    afterEach(() => open.splice(0).forEach((socket) => socket.disconnect()));

    /** Gives what it heard first: a notice, or why it was not let in. */
    const connect = (auth: Record<string, unknown>, headers: Record<string, string> = {}, namespace: string = NOTICES_NAMESPACE) => {
      const socket = io(`http://127.0.0.1:${server.file.port}${namespace}`, {
        auth,
        transports: ['websocket'],
        extraHeaders: headers,
        reconnection: false,
        forceNew: true,
      });
      open.push(socket);
      return new Promise<Notice | string>((resolve) => {
        socket.once(NOTICE_EVENT, (notice: Notice) => resolve(notice));
        socket.once('connect_error', (error) => resolve(error.message));
      });
    };

    test('notices begin with a snapshot and go on with changes, and end when the face goes', async () => {
      expect(await connect({ secret: server.file.secret })).toEqual({ type: 'status', status: idle });
      const activity = { type: 'activity', at: 1, workspace: 'Docs', direction: 'up', path: 'a.txt', what: 'created' } as const;
      const next = new Promise((resolve) => open[0]?.once(NOTICE_EVENT, resolve));
      for (const listener of face.listeners) listener(activity);
      expect(await next).toEqual(activity);
      open[0]?.disconnect();
      await expect.poll(() => face.listeners.size).toBe(0);
    });

    test('without the secret nothing is heard', async () => {
      expect(await connect({})).toMatch(/Only faces/);
      expect(await connect({ secret: 'x'.repeat(server.file.secret.length) })).toMatch(/Only faces/);
      expect(await connect({ secret: server.file.secret }, {}, '/')).toMatch(/Only faces/);
      expect(face.listeners.size).toBe(0);
    });

    test('with a foreign Host or Origin nobody gets in, even with the secret', async () => {
      const { secret } = server.file;
      expect(await connect({ secret }, { host: `evil.example:${server.file.port}` })).toBe('websocket error');
      expect(await connect({ secret }, { origin: 'http://evil.example' })).toBe('websocket error');
      expect(face.listeners.size).toBe(0);
      expect(await connect({ secret }, { origin: `http://127.0.0.1:${server.file.port}` })).toMatchObject({ type: 'status' });
    });

    test('closing the server ends the connection', async () => {
      await connect({ secret: server.file.secret });
      const gone = new Promise((resolve) => open[0]?.once('disconnect', resolve));
      await server.close();
      await gone;
      await expect.poll(() => face.listeners.size).toBe(0);
      server = await startIpcServer({ home, version: '0', face: face as Called as AgentFace });
    });
  });

  describe('the page', () => {
    test('is served without the secret, under headers that let nothing foreign run or frame it', async () => {
      const start = await load('GET', '/');
      expect(start).toMatchObject({ status: 200, text: '<!doctype html>' });
      expect(start.headers).toMatchObject({
        'content-type': 'text/html; charset=utf-8',
        'content-security-policy': expect.stringContaining("default-src 'self'; script-src 'self';"),
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
      });
      expect(start.headers['content-security-policy']).toMatch(/frame-ancestors 'none'; base-uri 'none'; form-action 'none'/);
      expect(await load('GET', '/assets/a.js?v=1')).toMatchObject({
        status: 200,
        text: 'go()',
        headers: { 'content-type': 'text/javascript; charset=utf-8' },
      });
      expect(JSON.stringify(start)).not.toContain(server.file.secret);
    });

    test('is not served under a foreign Host or to a foreign Origin', async () => {
      expect((await load('GET', '/', { host: 'evil.example' })).status).toBe(403);
      expect((await load('GET', '/', { origin: 'http://evil.example' })).status).toBe(403);
    });

    test('no path leads out of its folder', async () => {
      for (const path of [
        '/../token',
        '/assets/../../token',
        '/%2e%2e/token',
        '/..%2ftoken',
        '/assets/..\\..\\token',
        '//token',
        '/assets/link.js',
        '/assets',
        '/index.html%00',
      ])
        expect({ path, ...(await load('GET', path)) }).toMatchObject({ path, status: 404, text: expect.not.stringContaining('a secret') });
    });

    test('where it is not built, a sentence says how to build it', async () => {
      await server.close();
      server = await startIpcServer({ home, version: '0', face: face as Called as AgentFace, pageFolder: join(home, 'nowhere') });
      expect(await load('GET', '/')).toMatchObject({ status: 503, text: expect.stringMatching(/not built here. Build it with "npm run/) });
    });
  });

  describe('contents to be saved', () => {
    test('come as an attachment of the name, at the revision that was asked for', async () => {
      const got = await load('GET', '/content?workspace=w&entry=here&revision=7', { authorization: authorization() });
      expect(got).toMatchObject({ status: 200, text: 'content at 7' });
      expect(got.headers).toMatchObject({
        'content-disposition': "attachment; filename*=UTF-8''a%20%27b%27%20%C3%BC.txt",
        'content-length': '12',
        'x-content-type-options': 'nosniff',
      });
    });

    test('are refused without the secret, to a foreign Origin, and as a call would refuse', async () => {
      const path = '/content?workspace=w&entry=here';
      expect((await load('GET', path)).status).toBe(401);
      expect((await load('GET', path, { authorization: authorization(), origin: 'http://evil.example' })).status).toBe(403);
      const none = await load('GET', '/content?workspace=w&entry=other', { authorization: authorization() });
      expect(none.status).toBe(404);
      expect(JSON.parse(none.text)).toMatchObject({ ok: false, error: { code: 'NOT_FOUND' } });
      expect((await load('GET', '/content', { authorization: authorization() })).status).toBe(400);
    });

    describe('by a ticket', () => {
      const here = { workspace: 'w', entry: 'here', revision: '7' };
      const ticketFor = async (question: unknown): Promise<string> => {
        const { status, text } = await load('POST', '/content/ticket', { authorization: authorization() }, question);
        expect(status).toBe(200);
        return (JSON.parse(text) as { result: { ticket: string } }).result.ticket;
      };
      const save = (ticket: string, headers: Record<string, string> = {}, method = 'GET') =>
        load(method, `/content?ticket=${ticket}`, headers);

      test('a browser saves one content without the secret, once, under the name that was asked for', async () => {
        const ticket = await ticketFor({ ...here, name: 'as it was.txt' });
        expect(ticket).not.toContain(server.file.secret);
        const got = await save(ticket);
        expect(got).toMatchObject({ status: 200, text: 'content at 7' });
        expect(got.headers).toMatchObject({
          'content-disposition': "attachment; filename*=UTF-8''as%20it%20was.txt",
          'content-length': '12',
          'cache-control': 'no-store',
          'x-content-type-options': 'nosniff',
        });
        expect(await save(ticket)).toMatchObject({ status: 401, text: expect.stringContaining('Ask for it again in the page') });
      });

      test('it is good for what it was given for and for nothing else', async () => {
        const ticket = await ticketFor(here);
        expect((await load('POST', `/call/status?ticket=${ticket}`)).status).toBe(401);
        expect((await load('POST', '/call/status', { authorization: `Bearer ${ticket}` })).status).toBe(401);
        expect((await load('GET', `/notices?ticket=${ticket}`)).status).toBe(401);
        expect((await save(ticket, {}, 'POST')).status).toBe(401);
        expect((await load('GET', `/content?workspace=w&entry=other&revision=1&ticket=${ticket}`)).text).toBe('content at 7');
        expect((await save('x'.repeat(ticket.length))).status).toBe(401);
        expect((await save('')).status).toBe(401);
      });

      test('it is not taken under a foreign Host, from a foreign Origin, or from where another site led', async () => {
        const ticket = await ticketFor(here);
        expect((await save(ticket, { host: 'evil.example' })).status).toBe(403);
        expect((await save(ticket, { origin: 'http://evil.example' })).status).toBe(403);
        expect((await save(ticket, { 'sec-fetch-site': 'cross-site' })).status).toBe(403);
        expect((await save(ticket, { 'sec-fetch-site': 'same-origin' })).status).toBe(200);
      });

      test('it waits half a minute, and of many only the last ones are kept', async () => {
        const ticket = await ticketFor(here);
        now += 29_999;
        const other = await ticketFor(here);
        expect((await save(ticket)).status).toBe(200);
        now += 30_000;
        expect((await save(other)).status).toBe(401);
        const first = await ticketFor(here);
        for (let number = 0; number < 100; number += 1) await ticketFor(here);
        expect((await save(first)).status).toBe(401);
      });

      test('none is given without the secret, to a foreign Origin, for nothing, or for what cannot be opened', async () => {
        expect((await load('POST', '/content/ticket', {}, here)).status).toBe(401);
        expect(
          (await load('POST', '/content/ticket', { authorization: authorization(), origin: 'http://evil.example' }, here)).status,
        ).toBe(403);
        const refused = async (question: unknown): Promise<unknown> =>
          JSON.parse((await load('POST', '/content/ticket', { authorization: authorization() }, question)).text);
        expect(await refused({})).toMatchObject({ ok: false, error: { code: 'INVALID' } });
        expect(await refused({ ...here, entry: 'gone' })).toMatchObject({ ok: false, error: { code: 'NOT_FOUND' } });
        expect(await refused({ ...here, name: '' })).toMatchObject({ ok: false, error: { code: 'INVALID' } });
      });
    });
  });
});
