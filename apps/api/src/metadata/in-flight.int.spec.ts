import { connect, type Socket } from 'node:net';
import { COMMITS_IN_FLIGHT_MAX, PACKS_IN_FLIGHT_MAX, PACK_BYTES_MAX, workspaceStream } from '@tidemark/domain';
import type { EventLog } from '@tidemark/event-log';
import { FaultyEventLog } from '@tidemark/event-log/testing';
import type { WorkspaceAnswer } from '@tidemark/protocol';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  TestServer,
  bytesOf,
  codeOf,
  createFolder,
  packOf,
  type Answer,
  type TestDevice,
  type WireCursor,
} from '../testing/test-server.ts';
import { InFlight } from './in-flight.ts';

/** Opened and closed by the test. */
class Gate {
  #open: () => void = () => undefined;
  #closed: Promise<void> | undefined;
  waiting = 0;

  close(): void {
    this.#closed = new Promise((resolve) => (this.#open = resolve));
  }
  open(): void {
    this.#closed = undefined;
    this.#open();
  }
  async pass(): Promise<void> {
    this.waiting += 1;
    await this.#closed;
    this.waiting -= 1;
  }
}

describe('requests under way', () => {
  let server: TestServer;
  let laptop: TestDevice;
  let made: WorkspaceAnswer & { readonly head: WireCursor };
  let other: WorkspaceAnswer & { readonly head: WireCursor };
  let gate: Gate;

  beforeEach(async () => {
    gate = new Gate();
    server = await TestServer.start({
      wrap: (stores) => ({
        ...stores,
        log: new FaultyEventLog(stores.log, { append: (_call, stream) => (isHeld(stream) ? gate.pass() : 'keep') }) satisfies EventLog,
      }),
    });
    laptop = await server.link();
    made = await server.workspace(laptop);
    other = await server.workspace(laptop, 'Other');
  });
  afterEach(() => {
    gate.open();
    return server.stop();
  });

  const isHeld = (stream: string) => made !== undefined && stream.endsWith(made.workspace);
  const commit = (number: number, { workspace = made, by = laptop }: { workspace?: typeof made; by?: TestDevice } = {}) =>
    server.ask('POST', `/v1/workspaces/${workspace.workspace}/commits`, {
      token: by.token,
      body: { number, at: workspace.head, operations: [createFolder(workspace.root, `${by.device} ${number}`)] },
    });
  const pack = (text: string, workspace = made) =>
    server.ask('POST', `/v1/workspaces/${workspace.workspace}/packs`, { token: laptop.token, bytes: packOf([bytesOf(text)]) });
  const expectTooMany = (answer: Answer) => {
    expect([answer.status, codeOf(answer), answer.headers.get('retry-after')]).toEqual([429, 'TOO_MANY_IN_FLIGHT', '1']);
    expect(answer.body['detail']).toContain('send this one again');
  };
  const eventually = (condition: () => boolean) => expect.poll(condition, { interval: 5, timeout: 5_000 }).toBe(true);

  test(`of a device's commits ${COMMITS_IN_FLIGHT_MAX} is decided; the next is told to come again, and taken when it does`, async () => {
    gate.close();
    const first = commit(1);
    await eventually(() => gate.waiting === 1);
    expectTooMany(await commit(2));
    expectTooMany(await commit(1));
    gate.open();
    expect((await first).status).toBe(200);
    expect((await commit(2)).status).toBe(200);
    expect(await server.eventsOf(workspaceStream(made.workspace))).toEqual(['WorkspaceCreated', 'FolderCreated', 'FolderCreated']);
  });

  test('are counted by device and by workspace', async () => {
    const phone = await server.link(undefined, 'phone');
    gate.close();
    const first = commit(1);
    await eventually(() => gate.waiting === 1);
    expect((await commit(1, { workspace: other })).status).toBe(200);
    const second = commit(1, { by: phone });
    expect((await pack('goes on', other)).status).toBe(200);
    gate.open();
    expect([(await first).status, (await second).status]).toEqual([200, 200]);
  });

  test(`of a device's packs ${PACKS_IN_FLIGHT_MAX} are taken; the next is told to come again, and taken when it does`, async () => {
    gate.close();
    const sent = Array.from({ length: PACKS_IN_FLIGHT_MAX }, (_, n) => pack(`pack ${n}`));
    await eventually(() => server.running.app.get(InFlight).taken === PACKS_IN_FLIGHT_MAX);
    expectTooMany(await pack('one more'));
    gate.open();
    for (const one of sent) expect((await one).body).toEqual({ stored: 1, known: 0 });
    expect((await pack('one more')).body).toEqual({ stored: 1, known: 0 });
  });

  test('whose body never comes hold their places until the connection ends', async () => {
    const sockets: Socket[] = [];
    for (let n = 0; n < PACKS_IN_FLIGHT_MAX; n += 1) {
      const socket = connect(server.running.port, '127.0.0.1');
      sockets.push(socket);
      socket.write(
        `POST /v1/workspaces/${made.workspace}/packs HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${laptop.token}\r\n` +
          `content-type: application/octet-stream\r\ncontent-length: ${PACK_BYTES_MAX}\r\n\r\nbegin`,
      );
    }
    const inFlight = server.running.app.get(InFlight);
    await eventually(() => inFlight.taken === PACKS_IN_FLIGHT_MAX);
    expectTooMany(await pack('one more'));
    sockets[0]?.destroy();
    await eventually(() => inFlight.taken === PACKS_IN_FLIGHT_MAX - 1);
    expect((await pack('one more')).status).toBe(200);
    for (const socket of sockets) socket.destroy();
  });

  test('keep their place when nobody waits for the answer any more', async () => {
    gate.close();
    const gone = new AbortController();
    const first = fetch(`${server.running.url}/v1/workspaces/${made.workspace}/packs`, {
      method: 'POST',
      signal: gone.signal,
      headers: { authorization: `Bearer ${laptop.token}`, 'content-type': 'application/octet-stream' },
      body: Buffer.from(packOf([bytesOf('given up')])),
    });
    await eventually(() => gate.waiting === 1);
    gone.abort();
    await expect(first).rejects.toThrow();
    const sent = Array.from({ length: PACKS_IN_FLIGHT_MAX - 1 }, (_, n) => pack(`pack ${n}`));
    await eventually(() => server.running.app.get(InFlight).taken === PACKS_IN_FLIGHT_MAX);
    expectTooMany(await pack('one more'));
    gate.open();
    for (const one of sent) expect((await one).status).toBe(200);
  });

  test('that are refused before any work leave their place', async () => {
    for (let n = 0; n <= PACKS_IN_FLIGHT_MAX; n += 1) {
      const answer = await server.ask('POST', `/v1/workspaces/${made.workspace}/packs`, { token: laptop.token, bytes: bytesOf('no pack') });
      expect([answer.status, codeOf(answer)]).toEqual([400, 'PACK_INVALID']);
    }
    for (let n = 0; n <= COMMITS_IN_FLIGHT_MAX; n += 1)
      expect((await server.ask('POST', `/v1/workspaces/${made.workspace}/commits`, { token: laptop.token, body: {} })).status).toBe(400);
    expect((await commit(1)).status).toBe(200);
  });
});
