import type { IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';

/** Passes an upgrade on to the server, and then everything, both ways, until one of them ends. */
export function tunnel(request: IncomingMessage, socket: Socket, head: Buffer, target: URL): void {
  const server = connect(Number(target.port), target.hostname, () => {
    const headers = [];
    for (let at = 0; at < request.rawHeaders.length; at += 2) headers.push(`${request.rawHeaders[at]}: ${request.rawHeaders[at + 1]}`);
    server.write(`${request.method} ${request.url} HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n`);
    if (head.length > 0) server.write(head);
    server.pipe(socket).pipe(server);
  });
  const end = (): void => {
    server.destroy();
    socket.destroy();
  };
  server.on('error', end).on('close', end);
  socket.on('error', end).on('close', end);
}
