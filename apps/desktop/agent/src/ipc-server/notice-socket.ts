import { createServer, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { NOTICE_EVENT, NOTICES_NAMESPACE, type AgentFace } from '@tidemark/ipc';
import type { Server } from 'socket.io';
import { isSecret } from './door.ts';

/** Nobody sends anything here but the handshake. */
const MESSAGE_BYTES_MAX = 16 * 1024;
/** Who has not shown the secret by then is let go. */
const HANDSHAKE_MS_MAX = 5_000;
/** A face that does not read its notices is let go. */
const NOTICES_WAITING_MAX = 2_000;

/** Notices over Socket.IO, for faces that live in a browser. Loaded when the first one comes: an agent without a page does without. */
export class NoticeSocket {
  readonly #face: AgentFace;
  readonly #secret: string;
  /** Listens nowhere: connections that were let in are handed to it. */
  readonly #inner = createServer();
  readonly #connections = new Set<Duplex>();
  #server: Promise<Server> | undefined;
  #isClosed = false;

  constructor(face: AgentFace, secret: string) {
    this.#face = face;
    this.#secret = secret;
  }

  /** Takes a connection whose `Host` and `Origin` were checked. @throws where Socket.IO cannot be loaded. */
  async take(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    this.#connections.add(socket);
    socket.once('close', () => this.#connections.delete(socket));
    this.#server ??= this.#load();
    await this.#server;
    if (!this.#isClosed) this.#inner.emit('upgrade', request, socket, head);
  }

  close(): void {
    this.#isClosed = true;
    for (const connection of this.#connections) connection.destroy();
  }

  async #load(): Promise<Server> {
    const { Server } = await import('socket.io');
    const server = new Server(this.#inner, {
      transports: ['websocket'],
      serveClient: false,
      maxHttpBufferSize: MESSAGE_BYTES_MAX,
      connectTimeout: HANDSHAKE_MS_MAX,
    });
    const refusal = new Error('Only faces of this agent are served here.');
    server.use((_, next) => next(refusal));
    const namespace = server.of(NOTICES_NAMESPACE);
    namespace.use(({ handshake }, next) => next(isSecret(handshake.auth['secret'], this.#secret) ? undefined : refusal));
    namespace.on('connection', (socket) => {
      let waiting = 0;
      socket.conn.on('drain', () => (waiting = 0));
      const end = this.#face.notices((notice) => {
        waiting += 1;
        if (waiting > NOTICES_WAITING_MAX) socket.disconnect(true);
        else socket.emit(NOTICE_EVENT, notice);
      });
      socket.once('disconnect', end);
    });
    return server;
  }
}
