import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { WebSocket, WebSocketServer } from 'ws';
import type { CoreHandshake } from '../core-line.ts';

const SHELL = fileURLToPath(new URL('../..', import.meta.url));
const MEDIA_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.png': 'image/png',
};
const EXTENSION = 'tidemark.window';

export interface NativeCall {
  readonly method: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly from: 'extension' | 'page';
}

export interface FakeConfig {
  readonly nativeAllowList: readonly string[];
  readonly nativeBlockList?: readonly string[];
  readonly serverHeaders: Readonly<Record<string, string>>;
  readonly documentRoot: string;
  readonly modes: { readonly window: Readonly<Record<string, unknown>> };
  readonly extensions: readonly { readonly id: string }[];
}

/**
 * What the window's core does towards pages and extensions, without a window: its files with its headers, its socket with both tokens, the allow list of the real configuration, events to everybody,
 * `extensions.dispatch`. Every native call is kept. As measured and read of 6.9.0; that the real one does the same is what the specs with it show.
 */
export class FakeCore {
  readonly config: FakeConfig;
  readonly calls: NativeCall[] = [];
  /** Everything that any connection was asked for in a URL. */
  readonly urls: string[] = [];
  /** Of native methods, by name; `{}` else. */
  readonly answers = new Map<string, unknown>([
    ['window.getPosition', { x: 10, y: 20 }],
    ['window.getSize', { width: 900, height: 640, minWidth: 400 }],
    ['window.isMaximized', false],
  ]);
  readonly #server: Server;
  readonly #sockets = new WebSocketServer({ noServer: true });
  readonly #pages = new Set<WebSocket>();
  readonly #connectToken = randomBytes(12).toString('hex');
  readonly token = `${randomBytes(24).toString('hex')}.${this.#connectToken}`;
  #extension: WebSocket | undefined;

  private constructor() {
    this.config = JSON.parse(readFileSync(join(SHELL, 'neutralino.config.json'), 'utf8')) as FakeConfig;
    this.#server = createServer((request, response) => {
      this.urls.push(request.url ?? '');
      const name = request.url === '/' ? '/index.html' : (request.url ?? '');
      readFile(join(SHELL, 'resources', name)).then(
        (body) => response.writeHead(200, { ...this.config.serverHeaders, 'content-type': MEDIA_TYPES[extname(name)] ?? '' }).end(body),
        () => response.writeHead(404).end(),
      );
    });
    this.#server.on('upgrade', (request, socket, head) => {
      this.urls.push(request.url ?? '');
      const query = new URL(request.url ?? '/', 'http://127.0.0.1').searchParams;
      const extension = query.get('extensionId');
      if (query.get('connectToken') !== this.#connectToken || (extension !== null && extension !== EXTENSION)) return socket.destroy();
      this.#sockets.handleUpgrade(request, socket, head, (connection) => this.#take(connection, extension !== null));
    });
  }

  static async start(): Promise<FakeCore> {
    const core = new FakeCore();
    await new Promise<void>((done) => core.#server.listen(0, '127.0.0.1', done));
    return core;
  }

  get port(): number {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('it does not listen');
    return address.port;
  }

  /** What it writes to the extension's standard input. */
  get handshake(): string {
    return JSON.stringify({
      nlPort: String(this.port),
      nlToken: this.token,
      nlConnectToken: this.#connectToken,
      nlExtensionId: EXTENSION,
    } satisfies Record<keyof CoreHandshake, string>);
  }

  /** As a `kill -9` of the extension; pages were told when it resolves. */
  async dropExtension(): Promise<void> {
    const extension = this.#extension;
    if (extension === undefined) return;
    const closed = once(extension, 'close');
    extension.terminate();
    await closed;
  }

  /** Of one method, in order. */
  of(method: string): NativeCall[] {
    return this.calls.filter((call) => call.method === method);
  }

  /** The events that were broadcast under this name: what they said. */
  broadcast(event: string): unknown[] {
    return this.of('app.broadcast').flatMap(({ data }) => (data['event'] === event ? [data['data']] : []));
  }

  /** An event of the core's own: a closed window, a click in the tray. */
  tell(event: string, data: unknown = null): void {
    const text = JSON.stringify({ event, data });
    for (const connection of [...this.#pages, ...(this.#extension ? [this.#extension] : [])]) connection.send(text);
  }

  /** A page that loads, as the frame's script does it. */
  hello(): void {
    this.#extension?.send(JSON.stringify({ event: 'hello', data: {} }));
  }

  /** As abruptly as a `kill -9` of the real one. */
  async close(): Promise<void> {
    for (const connection of this.#sockets.clients) connection.terminate();
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
  }

  #take(connection: WebSocket, isExtension: boolean): void {
    if (isExtension) this.#extension = connection;
    else this.#pages.add(connection);
    connection.on('close', () => {
      this.#pages.delete(connection);
      if (this.#extension !== connection) return;
      this.#extension = undefined;
      this.tell('extClientDisconnect', EXTENSION);
    });
    connection.on('message', (bytes: Buffer) => {
      const { id, method, accessToken, data } = JSON.parse(bytes.toString()) as Record<string, unknown> & NativeCall;
      connection.send(JSON.stringify({ id, method, data: this.#answer(String(accessToken), method, data, isExtension) }));
      if (method === 'app.exit') void this.close();
    });
    if (isExtension) this.tell('extClientConnect', EXTENSION);
  }

  #answer(token: string, method: string, data: NativeCall['data'], isExtension: boolean): unknown {
    if (token !== this.token) return { error: { code: 'NE_RT_INVTOKN', message: 'Invalid or expired token' } };
    // The real one's trap: a block list, be it empty, switches the allow list off.
    if (this.config.nativeBlockList === undefined && !this.config.nativeAllowList.includes(method))
      return { error: { code: 'NE_RT_NATPRME', message: `Missing permission to execute the native method: ${method}` } };
    this.calls.push({ method, data, from: isExtension ? 'extension' : 'page' });
    if (method === 'app.broadcast') this.tell(String(data['event']), data['data'] ?? null);
    if (method === 'extensions.dispatch') {
      if (this.#extension === undefined) return { error: { code: 'NE_EX_EXTNOTC', message: 'The extension is not connected' } };
      this.#extension.send(JSON.stringify({ event: data['event'], data: data['data'] }));
    }
    return { success: true, returnValue: this.answers.get(method) };
  }
}
