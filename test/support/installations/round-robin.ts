import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { tunnel } from '../tunnel.ts';

const CONNECT_FAILURES = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE']);

/**
 * What stands before several api processes, in small: each request goes to the next one, sockets to the notification processes. Where nobody listens the
 * next one is asked; an answer that began is never repeated, and nobody there is a 502 in a proxy's own words.
 */
export class RoundRobin {
  readonly #apis: () => readonly string[];
  readonly #sockets: () => readonly string[];
  readonly #server = createServer((request, response) => this.#forward(request, response));
  readonly #open = new Set<Socket>();
  /** Requests that each process was sent, by its address. */
  readonly served = new Map<string, number>();
  #turn = 0;
  #port = 0;

  /** @param apis where each listens at the moment, as URLs. */
  constructor(apis: () => readonly string[], sockets: () => readonly string[]) {
    this.#apis = apis;
    this.#sockets = sockets;
    this.#server.on('connection', (socket: Socket) => {
      this.#open.add(socket);
      socket.on('error', () => undefined).once('close', () => this.#open.delete(socket));
    });
    this.#server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => this.#upgrade(request, socket, head));
    this.#server.keepAliveTimeout = 60_000;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async start(): Promise<void> {
    if (this.#server.listening) return;
    await new Promise<void>((done) => this.#server.listen(this.#port, '127.0.0.1', done));
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = new Promise<void>((done) => this.#server.close(() => done()));
    for (const socket of this.#open) socket.destroy();
    await closed;
  }

  #next(targets: readonly string[], tried: ReadonlySet<string>): URL | undefined {
    const left = targets.filter((target) => !tried.has(target));
    const target = left[this.#turn++ % Math.max(left.length, 1)];
    return target === undefined ? undefined : new URL(target);
  }

  #forward(request: IncomingMessage, response: ServerResponse, tried: ReadonlySet<string> = new Set()): void {
    const target = this.#next(this.#apis(), tried);
    if (target === undefined) {
      response.writeHead(502, { 'content-type': 'text/html' }).end('<html><body>502 Bad Gateway</body></html>');
      return;
    }
    this.served.set(target.origin, (this.served.get(target.origin) ?? 0) + 1);
    const { method, url: path, headers } = request;
    const outgoing = httpRequest({ host: target.hostname, port: target.port, method, path, headers, agent: false }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
      answer.on('error', () => response.destroy()).on('aborted', () => response.destroy());
      answer.pipe(response);
    });
    let isConnected = false;
    outgoing.on('socket', (socket) => {
      if (!socket.connecting) isConnected = true;
      socket.once('connect', () => {
        isConnected = true;
        request.pipe(outgoing);
      });
    });
    outgoing.on('error', (error: NodeJS.ErrnoException) => {
      if (!isConnected && CONNECT_FAILURES.has(error.code ?? '')) this.#forward(request, response, new Set([...tried, target.origin]));
      else response.destroy();
    });
    request.on('error', () => undefined);
    response.on('close', () => {
      if (isConnected) outgoing.destroy();
    });
  }

  #upgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    const target = this.#next(this.#sockets(), new Set());
    if (target === undefined) {
      socket.end('HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n');
      return;
    }
    this.served.set(target.origin, (this.served.get(target.origin) ?? 0) + 1);
    tunnel(request, socket, head, target);
  }
}
