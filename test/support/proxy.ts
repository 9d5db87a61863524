import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { Transform } from 'node:stream';
import { tunnel } from './tunnel.ts';

/** What the proxy does to what passes; change it at any time. */
export interface ProxyFaults {
  /** Connections are refused: the device is offline. */
  offline: boolean;
  /** WebSocket upgrades are refused. */
  blockSocket: boolean;
  /** Milliseconds by which answers to matching requests are held back. */
  delayAnswersMs: number;
  /** Which requests the delays, losses and repeats are for; default all. */
  match: (method: string, path: string) => boolean;
  /** The request reaches the server, its answer never reaches the device. How many of them still. */
  loseAnswers: number;
  /** Each matching request with a body is sent to the server twice; the device gets the second answer. */
  repeat: boolean;
  /** Bytes per second in each direction of each request; 0: no limit. */
  bytesPerSecond: number;
}

export interface ProxyTraffic {
  /** Bytes from the device, on the wire, headers included. */
  up: number;
  down: number;
}

/** An HTTP and WebSocket proxy on loopback between one agent and the server: counts every byte and injects faults. */
export class Proxy {
  readonly faults: ProxyFaults = {
    offline: false,
    blockSocket: false,
    delayAnswersMs: 0,
    match: () => true,
    loseAnswers: 0,
    repeat: false,
    bytesPerSecond: 0,
  };
  readonly requests: { method: string; path: string; status: number }[] = [];
  #target: URL;
  readonly #server = createServer((request, response) => void this.#forward(request, response));
  readonly #sockets = new Set<Socket>();
  readonly #closed: ProxyTraffic = { up: 0, down: 0 };

  private constructor(target: string) {
    this.#target = new URL(target);
    this.#server.on('connection', (socket: Socket) => {
      if (this.faults.offline) {
        socket.destroy();
        return;
      }
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.#closed.up += socket.bytesRead;
        this.#closed.down += socket.bytesWritten;
        this.#sockets.delete(socket);
      });
    });
    this.#server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => this.#upgrade(request, socket, head));
    this.#server.keepAliveTimeout = 60_000;
  }

  static async start(target: string): Promise<Proxy> {
    const proxy = new Proxy(target);
    await new Promise<void>((done) => proxy.#server.listen(0, '127.0.0.1', done));
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The server has come back at another address. */
  retarget(target: string): void {
    this.#target = new URL(target);
  }

  traffic(): ProxyTraffic {
    const sum = { ...this.#closed };
    for (const socket of this.#sockets) {
      sum.up += socket.bytesRead;
      sum.down += socket.bytesWritten;
    }
    return sum;
  }

  goOffline(): void {
    this.faults.offline = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  goOnline(): void {
    this.faults.offline = false;
  }

  cutSockets(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async stop(): Promise<void> {
    this.goOffline();
    await new Promise<void>((done) => this.#server.close(() => done()));
  }

  #slow(): Transform {
    const faults = this.faults;
    return new Transform({
      transform(chunk: Buffer, _encoding, done) {
        if (faults.bytesPerSecond === 0) done(null, chunk);
        else setTimeout(() => done(null, chunk), (chunk.length / faults.bytesPerSecond) * 1000);
      },
    });
  }

  async #forward(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? '/';
    const method = request.method ?? 'GET';
    const matched = this.faults.match(method, path);
    const send = (body: Buffer | undefined, answered: (answer: IncomingMessage) => void): void => {
      const outgoing = httpRequest(
        { host: this.#target.hostname, port: this.#target.port, method, path, headers: request.headers, agent: false },
        answered,
      );
      outgoing.on('error', () => response.destroy());
      response.on('close', () => outgoing.destroy());
      if (body) outgoing.end(body);
      else request.pipe(this.#slow()).pipe(outgoing);
    };
    const pass = (answer: IncomingMessage): void => {
      this.requests.push({ method, path, status: answer.statusCode ?? 0 });
      if (matched && this.faults.loseAnswers > 0) {
        this.faults.loseAnswers -= 1;
        answer.resume();
        answer.on('end', () => response.destroy());
        return;
      }
      const go = (): void => {
        response.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
        answer.on('error', () => response.destroy());
        answer.on('aborted', () => response.destroy());
        answer.pipe(this.#slow()).pipe(response);
      };
      if (matched && this.faults.delayAnswersMs > 0) setTimeout(go, this.faults.delayAnswersMs);
      else go();
    };
    request.on('error', () => undefined);
    if (matched && this.faults.repeat && method !== 'GET') {
      const parts: Buffer[] = [];
      try {
        for await (const part of request) parts.push(part as Buffer);
      } catch {
        response.destroy();
        return;
      }
      const body = Buffer.concat(parts);
      send(body, (first) => {
        first.resume();
        first.on('end', () => send(body, pass));
      });
    } else send(undefined, pass);
  }

  #upgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    if (this.faults.blockSocket) {
      socket.end('HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n');
      return;
    }
    tunnel(request, socket, head, this.#target);
  }
}
