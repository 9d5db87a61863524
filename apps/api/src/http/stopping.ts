import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { Injectable } from '@nestjs/common';

/** Requests under way get this long when the server stops; then their connections are cut off. */
export const REQUESTS_MS_MAX = 6_000;
const IDLE_SWEEP_MS = 50;

/** Whether this process is on its way out, for whoever answers differently then; and the way there. */
@Injectable()
export class Stopping {
  readonly #sockets = new Set<Socket>();
  #isStopping = false;

  get isStopping(): boolean {
    return this.#isStopping;
  }

  follow(server: Server): void {
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
  }

  /**
   * Takes no new connection, lets requests under way end, and closes each connection as soon as it has nothing to say. Resolves when none is
   * left, or when the time was over and the rest was cut off; gives how many were.
   */
  async drain(server: Server, requestsMsMax = REQUESTS_MS_MAX): Promise<number> {
    this.#isStopping = true;
    const { promise: closed, resolve } = Promise.withResolvers<void>();
    server.close(() => resolve());
    server.closeIdleConnections();
    const sweep = setInterval(() => server.closeIdleConnections(), IDLE_SWEEP_MS);
    let cutOff = 0;
    const deadline = setTimeout(() => {
      cutOff = this.#sockets.size;
      for (const socket of this.#sockets) socket.destroy();
    }, requestsMsMax);
    await closed;
    clearInterval(sweep);
    clearTimeout(deadline);
    return cutOff;
  }
}
