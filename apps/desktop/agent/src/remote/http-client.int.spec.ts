import { chunkIdOf, encodeChunkFrame, encodeMissing, openFrame } from '@tidemark/chunking';
import type { Chain, WorkspaceId } from '@tidemark/domain';
import { PROTOCOL_HEADER } from '@tidemark/protocol';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FakeServer, sendBytes, sendJson, sendProblem } from '../testing/fake-server.ts';
import { parseServerUrl, ServerConnection } from './http-client.ts';

const workspace = '11111111-1111-4111-8111-111111111111' as WorkspaceId;
const chain = 'a'.repeat(64) as Chain;
const position = { revision: -1n, chain };

async function gather<Item>(source: AsyncIterable<Item>): Promise<Item[]> {
  const items: Item[] = [];
  for await (const item of source) items.push(item);
  return items;
}

describe('the server over HTTP', () => {
  let server: FakeServer;
  let connection: ServerConnection;
  let traffic = { sentBytes: 0, receivedBytes: 0 };

  beforeEach(async () => {
    server = await FakeServer.start();
    traffic = { sentBytes: 0, receivedBytes: 0 };
    connection = new ServerConnection({
      url: server.url,
      token: 'secret',
      onTraffic: (added) => {
        traffic = { sentBytes: traffic.sentBytes + added.sentBytes, receivedBytes: traffic.receivedBytes + added.receivedBytes };
      },
    });
  });
  afterEach(() => server.close());

  const pull = () => connection.changes(workspace, position, { fresh: true, limit: 10 });

  test('a pull says where it stands and gives rows with revisions as bigints', async () => {
    server.answering = (_asked, response) =>
      sendJson(response, { rows: [], next: { revision: 3n, chain }, more: false, head: { revision: 3n, chain } });
    expect(await pull()).toEqual({ rows: [], next: { revision: 3n, chain }, more: false, head: { revision: 3n, chain } });
    const asked = server.asked[0]!;
    expect(asked.path).toBe(`/workspaces/${workspace}/changes`);
    expect(Object.fromEntries(asked.query)).toEqual({ revision: '-1', chain, limit: '10', fresh: '1' });
    expect(asked.headers).toMatchObject({ authorization: 'Bearer secret', [PROTOCOL_HEADER]: '1' });
  });

  test('what is sent and received is counted, bodies in full', async () => {
    server.answering = (_asked, response) => sendJson(response, { stored: 1, known: 0 });
    await connection.sendPack(workspace, new Uint8Array(100_000));
    expect(traffic.sentBytes).toBeGreaterThan(100_000);
    expect(traffic.sentBytes).toBeLessThan(101_000);
    expect(traffic.receivedBytes).toBeGreaterThan(20);
  });

  test("the server's no is a refusal with its code", async () => {
    server.answering = (_asked, response) => sendProblem(response, 409, 'HISTORY_DIVERGED', 'start over');
    await expect(pull()).rejects.toMatchObject({ name: 'Refused', code: 'HISTORY_DIVERGED', message: 'start over' });
  });

  test('a server that cannot now is a fault to be tried later', async () => {
    server.answering = (_asked, response) => sendProblem(response, 503, 'NOT_YET', 'later');
    await expect(pull()).rejects.toMatchObject({ name: 'ServerFault', retry: 'later', code: 'NOT_YET' });
    server.answering = (_asked, response) => {
      response.setHeader('retry-after', '3');
      sendProblem(response, 429, 'TOO_MANY_IN_FLIGHT', 'wait');
    };
    await expect(pull()).rejects.toMatchObject({ name: 'ServerFault', retry: 'later', code: 'TOO_MANY_IN_FLIGHT', retryAfterMs: 3_000 });
  });

  test("a portal's 200 is no answer, be it a page, a redirect or even fitting JSON", async () => {
    server.answering = (_asked, response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Sign in</h1>');
    await expect(pull()).rejects.toMatchObject({ retry: 'later', message: expect.stringContaining('Sign in') });
    server.answering = (_asked, response) => void response.writeHead(302, { location: 'http://portal.example/' }).end();
    await expect(pull()).rejects.toMatchObject({ retry: 'later' });
    server.answering = (_asked, response) => void response.writeHead(200).end('{"missing":[]}');
    await expect(connection.missing(workspace, [])).rejects.toMatchObject({ retry: 'later' });
    server.answering = (_asked, response) => void response.writeHead(404).end('Not Found');
    await expect(pull()).rejects.toMatchObject({ name: 'ServerFault', retry: 'later' });
  });

  test('a 413 of a proxy says that smaller requests may pass', async () => {
    server.answering = (_asked, response) => void response.writeHead(413).end('<html>413</html>');
    await expect(connection.sendPack(workspace, new Uint8Array(9))).rejects.toMatchObject({ name: 'TooLargeOnTheWay' });
  });

  test('an answer that is not what it should be is asked again', async () => {
    server.answering = (_asked, response) => sendJson(response, { rows: 'many' });
    await expect(pull()).rejects.toMatchObject({ name: 'ServerFault', retry: 'later' });
  });

  test('an answer that breaks off is a fault', async () => {
    server.answering = (_asked, response) => {
      response.writeHead(200, { 'content-length': '1000', 'tidemark-server': '1' });
      response.write('{"rows":');
      setTimeout(() => response.destroy(), 10);
    };
    await expect(pull()).rejects.toMatchObject({ name: 'ServerFault', retry: 'later' });
  });

  test('a server that is not there is a fault that says where it was looked for', async () => {
    const { url } = server;
    await server.close();
    await expect(pull()).rejects.toMatchObject({ retry: 'later', message: expect.stringContaining(url) });
    server = await FakeServer.start();
  });

  test('a signal ends a question with its reason, closing ends all of them', async () => {
    server.answering = () => undefined;
    const stop = new AbortController();
    const asked = connection.workspaces(stop.signal);
    stop.abort(new Error('enough'));
    await expect(asked).rejects.toThrow('enough');
    const other = pull();
    connection.close();
    await expect(other).rejects.toMatchObject({ name: 'ServerFault' });
  });

  test('chunks come frame by frame; one that breaks off leaves those before it', async () => {
    const one = Buffer.from('one chunk');
    const two = Buffer.alloc(5_000, 'two');
    server.answering = (_asked, response) =>
      sendBytes(response, Buffer.concat([encodeChunkFrame(chunkIdOf(one), one), encodeMissing(chunkIdOf(two))]));
    const frames = await gather(connection.fetchChunks(workspace, [{ id: chunkIdOf(one) }, { id: chunkIdOf(two) }]));
    expect(frames).toHaveLength(2);
    expect(frames[1]).toEqual({ missing: chunkIdOf(two) });
    expect('record' in frames[0]! && Buffer.from(openFrame(frames[0])).equals(one)).toBe(true);

    const whole = Buffer.concat([encodeChunkFrame(chunkIdOf(one), one), encodeChunkFrame(chunkIdOf(two), two)]);
    server.answering = (_asked, response) => sendBytes(response, whole.subarray(0, -3));
    const seen: unknown[] = [];
    const reading = (async () => {
      for await (const frame of connection.fetchChunks(workspace, [{ id: chunkIdOf(one) }])) seen.push(frame);
    })();
    await expect(reading).rejects.toMatchObject({ name: 'ServerFault', retry: 'later' });
    expect(seen).toHaveLength(1);
  });

  test('a fetch that a portal answers is a fault', async () => {
    server.answering = (_asked, response) => void response.writeHead(200).end('<html>');
    await expect(gather(connection.fetchChunks(workspace, []))).rejects.toMatchObject({ retry: 'later' });
  });
});

test('addresses are taken as people give them', () => {
  expect(parseServerUrl('127.0.0.1:4777')).toBe('http://127.0.0.1:4777');
  expect(parseServerUrl('https://example.org/sync/')).toBe('https://example.org/sync');
  expect(() => parseServerUrl('ftp://x')).toThrow('no address');
  expect(() => parseServerUrl('not an address')).toThrow('no address');
});
