import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CallProblem, IPC_FILE, IpcClient, type AgentFace, type Notice, type Status } from '@tidemark/ipc';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { NotYetFace } from '../not-yet.ts';
import { startIpcServer, type IpcServer } from './ipc-server.ts';

const idle: Status = {
  agent: { pid: 1, version: '0' },
  server: { url: null, connected: false },
  workspaces: [],
  traffic: { sentBytes: 0, receivedBytes: 0 },
};

class Face extends NotYetFace implements AgentFace {
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

  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'tidemark-ipc-'));
    face = new Face();
    server = await startIpcServer({ home, version: '0', face });
  });
  afterEach(async () => {
    await server.close();
    await rm(home, { recursive: true });
  });

  const ask = (headers: Record<string, string>) =>
    new Promise<number>((resolve, reject) => {
      const asked = request({ host: '127.0.0.1', port: server.file.port, path: '/call/status', method: 'POST', headers }, (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      });
      asked.on('error', reject);
      asked.end('{}');
    });
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
    server = await startIpcServer({ home, version: '0', face });
  });
});
