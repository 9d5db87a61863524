import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
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
