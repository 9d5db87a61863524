import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { IPC_HOST } from '@tidemark/ipc';

/** Asked under a name that somebody made point here, or by a page that is not ours. */
export function isForeign({ headers: { host, origin } }: IncomingMessage, port: number): boolean {
  if (host !== `${IPC_HOST}:${port}` && host !== `localhost:${port}`) return true;
  return origin !== undefined && origin !== `http://${host}`;
}

/** In a time that tells nothing of the secret. */
export function isSecret(given: unknown, secret: string): boolean {
  const bytes = Buffer.from(typeof given === 'string' ? given : '');
  const expected = Buffer.from(secret);
  return bytes.length === expected.length && timingSafeEqual(bytes, expected);
}

export const hasSecret = ({ headers }: IncomingMessage, secret: string): boolean => isSecret(headers.authorization, `Bearer ${secret}`);

const JSON_HEADERS = { 'content-type': 'application/json', 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };

export function tell(response: ServerResponse, status: number, body: unknown): void {
  if (!response.headersSent) response.writeHead(status, JSON_HEADERS);
  response.end(JSON.stringify(body));
}

/** A space before the JSON that comes later: whoever waits for it sees that the agent is there, and no limit of theirs for silence is met. */
export function showAlive(response: ServerResponse): void {
  if (response.destroyed) return;
  if (!response.headersSent) response.writeHead(200, JSON_HEADERS);
  response.write(' ');
}
