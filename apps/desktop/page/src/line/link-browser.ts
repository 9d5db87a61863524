import { CallProblem, NoAgent, problemAtDoor } from '@tidemark/ipc';
import { z } from 'zod';
import type { LinkedBrowser } from './where.ts';

const linked = z.object({ token: z.string(), device: z.string() });

/** Links this browser as a device of its own, by a one-time code. @throws {CallProblem} @throws {NoAgent} */
export async function linkBrowser(base: string, code: string, name: string): Promise<LinkedBrowser> {
  const response = await fetch(`${base}/v1/devices/link`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ code, device: name, kind: 'browser' }),
  }).catch((cause: unknown) => {
    throw new NoAgent(`The server at ${base} does not answer.`, { cause });
  });
  return readLinkAnswer(response.status, await response.json().catch(() => undefined));
}

/** @throws {CallProblem} with what to do next. */
export function readLinkAnswer(status: number, body: unknown): LinkedBrowser {
  const read = linked.safeParse(body);
  if (status === 200 && read.success) return read.data;
  if (status === 400)
    throw new CallProblem('INVALID', 'This code or this name cannot be taken as it is. Copy the code anew, and choose a shorter name.');
  throw (
    problemAtDoor(body) ?? new CallProblem('FAILED', 'Something else than a Tidemark server answered. Look at the address of this page.')
  );
}
