import type { ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { CallProblem, refusalOf, type CallProblemCode } from '@tidemark/ipc';
import { tell } from './telling.ts';

/** A file's bytes as they are asked for. */
export interface ContentQuestion {
  readonly workspace: string;
  readonly entry: string;
  readonly revision?: string | undefined;
}
export interface OpenedContent {
  readonly name: string;
  readonly bytes: number;
  /** Read it to the end, or leave the loop. */
  readonly body: AsyncIterable<Uint8Array>;
}
/** @throws {CallProblem} */
export type OpenContent = (question: ContentQuestion, signal: AbortSignal) => Promise<OpenedContent>;

const STATUS: Partial<Record<CallProblemCode, number>> = {
  INVALID: 400,
  NOT_FOUND: 404,
  NOT_SYNCED: 404,
  NOT_LINKED: 409,
  REFUSED: 403,
  SERVER_UNREACHABLE: 503,
};

/** Streams a content to be saved, never to be shown: it is somebody's file. A refusal comes as the answer to a call would. */
export async function sendContent(query: URLSearchParams, response: ServerResponse, open: OpenContent): Promise<void> {
  return streamContent(
    () => ({ workspace: wanted(query, 'workspace'), entry: wanted(query, 'entry'), revision: query.get('revision') ?? undefined }),
    response,
    open,
  );
}

/** @param asked which content, and as what it is to be saved. @throws never */
export async function streamContent(
  asked: () => ContentQuestion & { readonly name?: string | undefined },
  response: ServerResponse,
  open: OpenContent,
): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => gone.abort(new Error('nobody reads any more')));
  try {
    const question = asked();
    const { name: nameNow, bytes, body } = await open(question, gone.signal);
    const name = question.name ?? nameNow;
    response.writeHead(200, {
      'content-type': 'application/octet-stream',
      'content-length': bytes,
      'content-disposition': `attachment; filename*=UTF-8''${encodeURIComponent(name).replaceAll(/['()*]/g, percent)}`,
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'content-security-policy': "sandbox; default-src 'none'",
      'cross-origin-resource-policy': 'same-origin',
    });
    await pipeline(body, response);
  } catch (error) {
    if (response.headersSent) response.destroy();
    else tell(response, (error instanceof CallProblem && STATUS[error.code]) || 500, refusalOf(error));
  }
}

function wanted(query: URLSearchParams, name: string): string {
  const value = query.get(name);
  if (value === null || value === '') throw new CallProblem('INVALID', `A content is asked for with its ${name}.`);
  return value;
}

const percent = (letter: string): string => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`;
