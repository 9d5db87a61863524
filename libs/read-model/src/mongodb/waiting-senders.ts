import { createRequire } from 'node:module';
import type { Socket } from 'node:net';

/** What we need of a class that the driver does not export. */
interface Connection {
  readonly socket: Socket;
  cleanup: (this: Connection, error: Error) => void;
}

/**
 * Mends the driver (7.9.0, `lib/cmap/connection.js`): whoever has written to a socket that took no more waits for its `drain` or `error`, and a connection
 * that closes ends those who wait for an answer, not those. A socket that the other end has closed, and that is not quite closed here, takes nothing and
 * has neither of the two events any more. When a server is killed, the monitor may write in just that moment: then it looks for the server no more, and
 * the process has no read model until it ends. Here closing wakes them; they look at once at what became of their connection, and fail like all others.
 */
export function wakeSendersOfClosed(): void {
  const { prototype } = (createRequire(import.meta.url)('mongodb/lib/cmap/connection.js') as { Connection: { prototype: Connection } })
    .Connection;
  const { cleanup } = prototype;
  prototype.cleanup = function (error) {
    cleanup.call(this, error);
    this.socket.emit('drain');
  };
}
