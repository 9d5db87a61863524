import { Fault } from '@tidemark/domain';
import { PROBLEM_MEDIA_TYPE, problem, SERVER_HEADER } from '@tidemark/protocol';
import { Refused } from '@tidemark/sync-engine';
import type { AnswerHead } from './http-exchange.ts';

/** Named in status where a server can not be used at all; anything else is tried again. */
const EXCERPT_CHARS_MAX = 80;
const NOT_NOW = new Set([408, 425, 429]);
const RETRY_AFTER_MS_MAX = 300_000;

/** The server, or something on the way to it, cannot answer now. Nothing is known about whether the request was done. */
export class ServerFault extends Fault {
  override readonly name = 'ServerFault';
  /** Of the protocol's problems, where the server itself said so. */
  readonly code: string | undefined;

  constructor(message: string, options: { cause?: unknown; code?: string | undefined; retryAfterMs?: number | undefined } = {}) {
    super(message, { retry: 'later', retryAfterMs: options.retryAfterMs, cause: options.cause });
    this.code = options.code;
  }
}

/** Something on the way takes no bodies of this size (413, ours or a proxy's): smaller packs may pass. */
export class TooLargeOnTheWay extends Fault {
  override readonly name = 'TooLargeOnTheWay';
}

/** An answer is ours only with our header: a portal's 200 is none. */
export const isOurs = (response: AnswerHead): boolean => response.headers.has(SERVER_HEADER);

/** What an answer that is no success means. Reads the body. */
export async function failureOf(response: AnswerHead, text: string): Promise<Refused | Fault> {
  if (!isOurs(response)) {
    if (response.status === 413) {
      return new TooLargeOnTheWay('A proxy on the way to the server takes no requests of this size; smaller ones are sent.', {
        retry: 'later',
      });
    }
    return foreign(response, text);
  }
  const told = isProblem(response) ? problem.safeParse(parseJson(text)) : undefined;
  if (!told?.success) {
    return new ServerFault(`The server answered ${response.status} without saying why; it is asked again.`, {
      retryAfterMs: retryAfterMs(response),
    });
  }
  const { code, detail } = told.data;
  if (response.status === 413 && code === 'REQUEST_TOO_LARGE') return new TooLargeOnTheWay(detail, { retry: 'later' });
  if (response.status >= 500 || NOT_NOW.has(response.status))
    return new ServerFault(detail, { code, retryAfterMs: retryAfterMs(response) });
  return new Refused(code, detail);
}

/** A portal, a proxy or another program answered. */
export function foreign(response: AnswerHead, text: string): ServerFault {
  const excerpt = text.replaceAll(/\s+/g, ' ').trim().slice(0, EXCERPT_CHARS_MAX);
  return new ServerFault(
    `Something else than a Tidemark server answered at ${new URL(response.url).origin} (status ${response.status}${excerpt === '' ? '' : `: ${excerpt}`}); ` +
      'sign in to the network if it asks for that, or check the address. It is tried again.',
    { retryAfterMs: retryAfterMs(response) },
  );
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

const isProblem = (response: AnswerHead): boolean => (response.headers.get('content-type') ?? '').startsWith(PROBLEM_MEDIA_TYPE);

function retryAfterMs(response: AnswerHead): number | undefined {
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? Math.min(seconds * 1_000, RETRY_AFTER_MS_MAX) : undefined;
}
