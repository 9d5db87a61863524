import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** What the proxy does to what passes; change it at any time. */
export interface S3Faults {
  /** Everything is answered with 503, as a store does that is overloaded or restarting. */
  answerUnavailable: boolean;
}

const UNAVAILABLE =
  '<?xml version="1.0" encoding="UTF-8"?><Error><Code>ServiceUnavailable</Code><Message>Please try again.</Message></Error>';

/**
 * Stands before an S3 store on loopback and can be told what to do wrong. Requests are signed for the address that the client knows, so the name of the host
 * goes through as it was sent: the store checks the signature against that.
 */
export class FaultyS3 {
  readonly faults: S3Faults = { answerUnavailable: false };
  /** Requests that were refused as told. */
  refused = 0;
  readonly #target: URL;
  readonly #open = new Set<Socket>();
  readonly #server = createServer((request, response) => this.#forward(request, response));

  private constructor(target: URL) {
    this.#target = target;
    this.#server.on('connection', (socket: Socket) => {
      this.#open.add(socket);
      socket.on('error', () => undefined).once('close', () => this.#open.delete(socket));
    });
  }

  /** @param url of the store, as our own variables want it. */
  static async start(url: string): Promise<FaultyS3> {
    const proxy = new FaultyS3(new URL(url.replace('s3:', 'http:')));
    await new Promise<void>((done) => proxy.#server.listen(0, '127.0.0.1', done));
    return proxy;
  }

  /** As our own variables want it. */
  get url(): string {
    const here = new URL(this.#target);
    here.host = `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    return here.href.replace('http:', 's3:');
  }

  async dispose(): Promise<void> {
    const closed = new Promise<void>((done) => this.#server.close(() => done()));
    for (const socket of this.#open) socket.destroy();
    await closed;
  }

  #forward(request: IncomingMessage, response: ServerResponse): void {
    if (this.faults.answerUnavailable) {
      this.refused += 1;
      request.resume();
      response.writeHead(503, { 'content-type': 'application/xml', 'retry-after': '1' }).end(UNAVAILABLE);
      return;
    }
    const { hostname: host, port } = this.#target;
    const outgoing = httpRequest({ host, port, method: request.method, path: request.url, headers: request.headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
      answer.on('error', () => response.destroy());
      answer.pipe(response);
    });
    outgoing.on('error', () => response.destroy());
    response.on('close', () => outgoing.destroy());
    request.on('error', () => outgoing.destroy()).pipe(outgoing);
  }
}
