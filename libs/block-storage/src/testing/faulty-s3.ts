import { once } from 'node:events';
import { Agent, createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * What is to happen to one request.
 * - `busy`: answered with 503 `SlowDown`, nothing done. - `unknown`: done, and the connection ends without an answer.
 * - `hang`: taken, and never answered. - `cut`: done, and the body of the answer ends half-way, with its connection. - `stall`: as `cut`, but the connection stays.
 */
export type S3Fate = 'pass' | 'busy' | 'unknown' | 'hang' | 'cut' | 'stall';

const BUSY = '<?xml version="1.0"?><Error><Code>SlowDown</Code><Message>as told to</Message></Error>';

/**
 * A proxy on loopback before an S3 store (plain HTTP, path style) that misbehaves when told to. What passes is passed on unchanged, `Host` included, since that is signed.
 * "The store answers 503 for 30 s" is `fate = () => 'busy'` and, later, `fate = () => 'pass'`.
 */
export class FaultyS3 {
  /** Asked for every request; `path` with its query. */
  fate: (method: string, path: string) => S3Fate = () => 'pass';
  /** What every request so far got, in order. */
  readonly fates: { readonly method: string; readonly path: string; readonly fate: S3Fate }[] = [];
  readonly #target: URL;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #server = createServer((request, response) => this.#answer(request, response));

  private constructor(url: string) {
    this.#target = new URL(url.replace(/^s3:/, 'http:'));
  }

  /** @param url of the store, as block storage is opened with. */
  static async start(url: string): Promise<FaultyS3> {
    const proxy = new FaultyS3(url);
    await once(proxy.#server.listen(0, '127.0.0.1'), 'listening');
    return proxy;
  }

  /** As the one given at start, by way of the proxy. */
  get url(): string {
    const url = new URL(this.#target);
    url.host = `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    return url.href.replace(/^http:/, 's3:');
  }

  /** Connections there are to it. */
  connected(): Promise<number> {
    return new Promise((resolve) => this.#server.getConnections((_, count) => resolve(count)));
  }

  /** Ends whatever hangs, too. */
  async stop(): Promise<void> {
    this.#agent.destroy();
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { method = 'GET', url: path = '/' } = request;
    const fate = this.fate(method, path);
    this.fates.push({ method, path, fate });
    request.on('error', () => undefined);
    response.on('error', () => undefined);
    if (fate === 'hang') return void request.resume();
    if (fate === 'busy') {
      request.resume();
      const body = method === 'HEAD' ? '' : BUSY;
      return void request.on('end', () => response.writeHead(503, { 'retry-after': '1', 'content-length': body.length }).end(body));
    }
    const { hostname: host, port } = this.#target;
    const passed = httpRequest({ host, port, method, path, headers: request.headers, agent: this.#agent }, (answer) => {
      answer.on('error', () => response.destroy());
      if (fate === 'unknown') return void answer.resume().on('end', () => response.destroy());
      response.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
      if (fate === 'pass') return void answer.pipe(response);
      void answer.toArray().then((parts: Buffer[]) => {
        const body = Buffer.concat(parts);
        response.write(body.subarray(0, body.length >> 1), () => fate === 'cut' && response.destroy());
      });
    });
    passed.on('error', () => response.destroy());
    response.on('close', () => passed.destroy());
    request.pipe(passed);
  }
}
