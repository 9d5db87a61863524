import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  answerOf,
  CALL_PATH,
  CONTENT_PATH,
  CONTENT_TICKET_PATH,
  contentTicketQuestion,
  dispatch,
  isCallName,
  NOTICES_PATH,
  refusalOf,
  TICKET_PARAMETER,
  type AgentFace,
} from '@tidemark/ipc';
import { pictureAt, textAt } from './fake-content.ts';
import { FakeFace } from './fake-face.ts';
import { FakeWorld, type WorldOptions } from './fake-world.ts';
import { liven } from './liven.ts';

const BUILT_PAGE = fileURLToPath(new URL('../../dist/', import.meta.url));
/** What the agent sends with the page; nothing of the page may need more. */
export const PAGE_HEADERS = {
  'content-security-policy':
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
};
const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
};
const TICK_MS = 500;

export interface FakeAgent {
  /** The page's address, with the secret in its fragment. */
  readonly url: string;
  readonly base: string;
  readonly world: FakeWorld;
  readonly face: FakeFace;
  /** Breaks every stream of notices and refuses new ones, as an agent that has gone, until it is called again with `false`. */
  setGone(isGone: boolean): void;
  close(): Promise<void>;
}

/** An agent to develop and test the page against: the invented world behind the real table of calls, and the built page. @param options.isLively things go on happening by themselves. */
export async function startFakeAgent(
  options: WorldOptions & { port?: number; isLively?: boolean; secret?: string } = {},
): Promise<FakeAgent> {
  const world = new FakeWorld(options);
  const fake = new FakeFace(world);
  const face = fake.face();
  const secret = options.secret ?? randomBytes(32).toString('base64url');
  const streams = new Set<ServerResponse>();
  const tickets = new Map<string, URLSearchParams>();
  let isGone = false;
  const server = createServer((request, response) => {
    const isCall = request.url?.startsWith(CALL_PATH) || request.url?.startsWith(CONTENT_PATH) || request.url === NOTICES_PATH;
    if (isCall && isGone) return void request.socket.destroy();
    const handled = isCall ? answer(request, response, { face, secret, streams, world, tickets }) : servePage(request, response);
    handled.catch(() => response.destroy());
  });
  await new Promise<void>((listening) => server.listen(options.port ?? 0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  const base = `http://127.0.0.1:${port}`;
  const timer = options.isLively ? setInterval(() => liven(world, TICK_MS), TICK_MS) : undefined;
  return {
    url: `${base}/#secret=${secret}`,
    base,
    world,
    face: fake,
    setGone(gone) {
      isGone = gone;
      if (gone) for (const stream of streams) stream.destroy();
    },
    async close() {
      clearInterval(timer);
      for (const stream of streams) stream.end();
      const closed = new Promise<void>((done) => server.close(() => done()));
      server.closeAllConnections();
      await closed;
    },
  };
}

interface Serving {
  readonly face: AgentFace;
  readonly secret: string;
  readonly streams: Set<ServerResponse>;
  readonly world: FakeWorld;
  readonly tickets: Map<string, URLSearchParams>;
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { face, secret, streams, world, tickets }: Serving,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://127.0.0.1');
  const given = url.searchParams.get(TICKET_PARAMETER);
  if (url.pathname === CONTENT_PATH && given !== null) return serveTicketed(response, given, world, tickets);
  if (request.headers.authorization !== `Bearer ${secret}`)
    return tell(response, 401, { refused: 'Only faces of this agent are served here.' });
  if (url.pathname === CONTENT_PATH) return serveContent(response, url.searchParams, world);
  if (url.pathname === NOTICES_PATH) {
    streams.add(response);
    response.writeHead(200, { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' });
    const end = face.notices((notice) => void response.write(`${JSON.stringify(notice)}\n`));
    response.once('close', () => {
      end();
      streams.delete(response);
    });
    return undefined;
  }
  if (url.pathname === CONTENT_TICKET_PATH) {
    const ticket = randomBytes(32).toString('base64url');
    tickets.set(ticket, new URLSearchParams(Object.entries(contentTicketQuestion.parse(await readJson(request)))));
    return tell(response, 200, answerOf({ ticket }));
  }
  const name = url.pathname.slice(CALL_PATH.length);
  if (!isCallName(name)) return tell(response, 404, { refused: 'There is no such call.' });
  try {
    tell(response, 200, answerOf(await dispatch(face, name, await readJson(request))));
  } catch (error) {
    tell(response, 200, refusalOf(error));
  }
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = [];
  for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
  return JSON.parse(Buffer.concat(parts).toString('utf8')) as unknown;
}

function serveTicketed(response: ServerResponse, ticket: string, world: FakeWorld, tickets: Map<string, URLSearchParams>): void {
  const question = tickets.get(ticket);
  if (!question || !tickets.delete(ticket)) return tell(response, 401, { refused: 'This download was begun already.' });
  response.setHeader('content-disposition', `attachment; filename*=UTF-8''${encodeURIComponent(question.get('name') ?? 'file')}`);
  return serveContent(response, question, world);
}

function serveContent(response: ServerResponse, question: URLSearchParams, world: FakeWorld): void {
  const entry = world.workspaces.get(question.get('workspace') ?? '')?.tree.entries.get(question.get('entry') ?? '');
  if (!entry) return tell(response, 404, refusalOf(new Error('There is no such file (any more).')));
  const revision = question.get('revision') ?? undefined;
  response.writeHead(200, { 'content-type': 'application/octet-stream', 'cache-control': 'no-store' });
  response.end(/\.(jpe?g|png)$/i.test(entry.name) ? pictureAt(revision) : textAt(entry.path, revision));
}

async function servePage(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname } = new URL(request.url ?? '/', 'http://127.0.0.1');
  const path = pathname === '/' ? '/index.html' : pathname;
  if (/\.\.|%/.test(path)) return tell(response, 404, {});
  const body = await readFile(join(BUILT_PAGE, path)).catch(() => undefined);
  if (!body) return tell(response, 404, { refused: 'There is no such page. Build it with "npm run build:page".' });
  response.writeHead(200, { ...PAGE_HEADERS, 'content-type': TYPES[extname(path)] ?? 'application/octet-stream' });
  response.end(body);
}

function tell(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(JSON.stringify(body));
}
