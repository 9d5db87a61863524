import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** How this store differs from S3; change it at any time. */
export interface S3DoubleHabits {
  /** `If-None-Match` is: kept, not looked at, or answered with 501. */
  condition: 'kept' | 'ignored' | 'not implemented';
  ignoresRanges: boolean;
  /** Lists fewer at once than it is asked for. */
  listedMax: number;
  /** Answers a PUT of what is there before it has read it, and hangs up. */
  hangsUp: boolean;
  /** Drops the connection when a second request comes on it, and does nothing: what a client sees of one that the server is just closing. */
  dropsReused: boolean;
  /** The code that every request is refused with, with HTTP 403. */
  refusesWith: string | undefined;
  /** The code that making a bucket is refused with, with HTTP 403. */
  makesNone: string | undefined;
}

/** As much of S3 as block storage uses, in memory, on loopback. It believes every signature. For tests that go without a real server. */
export class S3Double {
  readonly habits: S3DoubleHabits = {
    condition: 'kept',
    ignoresRanges: false,
    listedMax: 1_000,
    hangsUp: false,
    dropsReused: false,
    refusesWith: undefined,
    makesNone: undefined,
  };
  /** By bucket and key. */
  readonly buckets = new Map<string, Map<string, Buffer>>();
  /** `METHOD /path` of each, in order. */
  readonly requests: string[] = [];
  /** Connections that were ever made. */
  connections = 0;
  /** The most requests that were under way at one time. */
  atOnceMost = 0;
  readonly #underWay = new Set<IncomingMessage>();
  readonly #used = new WeakSet<Socket>();
  readonly #server = createServer((request, response) => void this.#answer(request, response).catch(() => response.destroy()));

  static async start(): Promise<S3Double> {
    const double = new S3Double();
    double.#server.on('connection', () => (double.connections += 1));
    await once(double.#server.listen(0, '127.0.0.1'), 'listening');
    return double;
  }

  get url(): string {
    return `s3://double:dou%2Fble@127.0.0.1:${(this.#server.address() as AddressInfo).port}/packs/test?tls=false`;
  }

  /** Connections there are. */
  connected(): Promise<number> {
    return new Promise((resolve) => this.#server.getConnections((_, count) => resolve(count)));
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', headers } = request;
    const url = new URL(request.url ?? '/', 'http://double');
    const [, name = '', key = ''] = /^\/([^/]*)\/?(.*)$/.exec(decodeURIComponent(url.pathname)) ?? [];
    this.requests.push(`${method} ${url.pathname}`);
    this.#underWay.add(request);
    this.atOnceMost = Math.max(this.atOnceMost, this.#underWay.size);
    response.on('close', () => this.#underWay.delete(request));
    if (this.habits.dropsReused && this.#used.has(request.socket)) return void request.socket.destroy();
    this.#used.add(request.socket);
    const refuse = (status: number, code: string): void => {
      const body = method === 'HEAD' ? '' : `<?xml version="1.0"?><Error><Code>${code}</Code><Message>as told to</Message></Error>`;
      response.writeHead(status, { 'content-type': 'application/xml', 'content-length': body.length }).end(body);
    };
    const bucket = this.buckets.get(name);
    const held = bucket?.get(key);
    const hasCondition = method === 'PUT' && headers['if-none-match'] === '*';
    if (this.habits.hangsUp && hasCondition && held !== undefined) {
      response.writeHead(412, { connection: 'close', 'content-length': 0 }).end(() => request.socket.destroy());
      return;
    }
    const body = Buffer.concat(await request.toArray());
    if (this.habits.refusesWith !== undefined) return refuse(403, this.habits.refusesWith);
    if (key === '' && method === 'PUT') {
      if (this.habits.makesNone !== undefined) return refuse(403, this.habits.makesNone);
      this.buckets.set(name, new Map());
      return void response.end();
    }
    if (bucket === undefined) return refuse(404, 'NoSuchBucket');
    if (key === '')
      return method === 'HEAD'
        ? void response.writeHead(200, { 'content-length': 0 }).end()
        : this.#list(bucket, url.searchParams, response);
    if (method === 'PUT') {
      if (hasCondition && this.habits.condition === 'not implemented') return refuse(501, 'NotImplemented');
      if (hasCondition && this.habits.condition === 'kept' && bucket.has(key)) return refuse(412, 'PreconditionFailed');
      bucket.set(key, body);
      return void response.writeHead(200, { etag: '"double"' }).end();
    }
    if (method === 'DELETE') {
      bucket.delete(key);
      return void response.writeHead(204).end();
    }
    if (held === undefined) return refuse(404, 'NoSuchKey');
    const [, first, last] = this.habits.ignoresRanges ? [] : (/^bytes=(\d+)-(\d+)$/.exec(headers.range ?? '') ?? []);
    const from = Number(first ?? 0);
    if (first !== undefined && from >= held.length) return refuse(416, 'InvalidRange');
    const run = held.subarray(from, last === undefined ? held.length : Number(last) + 1);
    response.writeHead(first === undefined ? 200 : 206, { 'content-length': run.length }).end(method === 'HEAD' ? '' : run);
  }

  #list(bucket: ReadonlyMap<string, Buffer>, query: URLSearchParams, response: ServerResponse): void {
    const [prefix, after] = [query.get('prefix') ?? '', query.get('start-after') ?? ''];
    const keys = [...bucket.keys()].filter((key) => key.startsWith(prefix) && key > after).toSorted();
    const listed = keys.slice(0, Math.min(this.habits.listedMax, Number(query.get('max-keys') ?? 1_000)));
    const contents = listed.map(
      (key) => `<Contents><Key>${encodeURIComponent(key)}</Key><Size>${bucket.get(key)?.length}</Size></Contents>`,
    );
    response.end(
      `<?xml version="1.0"?><ListBucketResult><IsTruncated>${listed.length < keys.length}</IsTruncated>${contents.join('')}</ListBucketResult>`,
    );
  }
}
