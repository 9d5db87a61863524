import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { encodeJson, must } from '@tidemark/domain';
import { PROBLEM_MEDIA_TYPE, SERVER_HEADER, type ProblemCode } from '@tidemark/protocol';

export interface Asked {
  readonly method: string;
  /** After `/v1`, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}
export type Answering = (asked: Asked, response: ServerResponse) => void | Promise<void>;

/** A server whose answers the test writes; keeps what it was asked. */
export class FakeServer {
  readonly asked: Asked[] = [];
  answering: Answering;
  readonly http: Server;

  private constructor(answering: Answering) {
    this.answering = answering;
    this.http = createServer((request, response) => void this.#serve(request, response));
  }

  static async start(
    answering: Answering = (_asked, response) => sendProblem(response, 404, 'NOT_FOUND', 'nothing here'),
  ): Promise<FakeServer> {
    const server = new FakeServer(answering);
    await new Promise<void>((resolve) => server.http.listen(0, '127.0.0.1', resolve));
    return server;
  }

  get url(): string {
    const address = must(this.http.address(), 'it listens');
    return `http://127.0.0.1:${typeof address === 'object' ? address.port : 0}`;
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.http.close(() => resolve()));
    this.http.closeAllConnections();
    await closed;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    try {
      for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
    } catch {
      return; // the other side has gone
    }
    const url = new URL(request.url ?? '/', 'http://x');
    const asked = {
      method: request.method ?? '',
      path: url.pathname.replace(/^\/v1/, ''),
      query: url.searchParams,
      headers: request.headers,
      body: Buffer.concat(parts),
    };
    this.asked.push(asked);
    await this.answering(asked, response);
  }
}

export function sendJson(response: ServerResponse, body: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json', [SERVER_HEADER]: '1' });
  response.end(encodeJson(body));
}

export function sendBytes(response: ServerResponse, bytes: Uint8Array): void {
  response.writeHead(200, { 'content-type': 'application/octet-stream', [SERVER_HEADER]: '1' });
  response.end(bytes);
}

export function sendProblem(response: ServerResponse, status: number, code: ProblemCode, detail: string): void {
  response.writeHead(status, { 'content-type': PROBLEM_MEDIA_TYPE, [SERVER_HEADER]: '1' });
  response.end(encodeJson({ type: 'about:blank', title: code, status, code, detail }));
}
