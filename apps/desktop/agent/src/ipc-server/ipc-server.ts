import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { assert, must } from '@tidemark/domain';
import { PageFiles, sendContent, showAlive, streamContent, tell, type OpenContent } from '@tidemark/faces';
import {
  answerOf,
  CALL_PATH,
  CallProblem,
  CONTENT_PATH,
  CONTENT_TICKET_PATH,
  contentTicketQuestion,
  dispatch,
  HEARTBEAT_MS,
  IPC_FILE,
  IPC_HOST,
  ipcFile,
  isCallName,
  NOTICES_PATH,
  refusalOf,
  TICKET_PARAMETER,
  WINDOW_PARAMETER,
  type AgentFace,
  type IpcFile,
} from '@tidemark/ipc';
import { ContentTickets } from './content-tickets.ts';
import { hasSecret, isForeign } from './door.ts';
import { NoticeSocket } from './notice-socket.ts';
import { WindowFrames } from './window-frames.ts';

/** A text that settles a conflict is the longest thing that is sent here; JSON may double it and more. */
const QUESTION_BYTES_MAX = 4 * 1024 * 1024;
/** A face that does not read its notices is let go. */
const NOTICES_WAITING_BYTES_MAX = 4 * 1024 * 1024;
/** Of Socket.IO. */
const SOCKET_PATH = '/socket.io/';
const NO_PAGE =
  'The page is not built here. Build it with "npm run build:page" in the source folder and load this again; "tidemark status" shows the same on the command line.\n';
const TICKET_SPENT = 'This download was begun already, or waited for too long. Ask for it again in the page.';
const REFUSAL = { refused: 'Only faces of this agent are served here.' };

export interface IpcServer {
  readonly file: IpcFile;
  /** Ends every stream of notices, and takes the file away if it is still ours. */
  close(): Promise<void>;
}

export interface IpcServerOptions {
  readonly home: string;
  readonly version: string;
  readonly face: AgentFace;
  /** Of the built page; without it a sentence says how to build it. */
  readonly pageFolder?: string | undefined;
  /** For downloads. */
  readonly openContent?: OpenContent | undefined;
  readonly log?: (message: string, error: unknown) => void;
  /** For tickets; milliseconds. */
  readonly now?: (() => number) | undefined;
}

/**
 * Serves the agent's faces on 127.0.0.1, at a port of the system's choice, and writes where and with which secret into `<home>/ipc.json` (mode 0600).
 * Refused is everything with another `Host` (a name that somebody made point here) and with an `Origin` that is not this server's own (a page in a browser);
 * and everything without the secret but the page's own files, which hold nothing of the person's, and the one content that a ticket was given for.
 */
export async function startIpcServer(options: IpcServerOptions): Promise<IpcServer> {
  const secret = randomBytes(32).toString('base64url');
  const streams = new Set<ServerResponse>();
  const sockets = new NoticeSocket(options.face, secret);
  const frames = new WindowFrames();
  const page = new PageFiles(options.pageFolder, { frames, none: NO_PAGE });
  const tickets = new ContentTickets(options.now);
  const server = createServer((request, response) => {
    if (isForeign(request, portOf(server))) return tell(response, 403, REFUSAL);
    const answered = isForPage(request)
      ? page.serve(pathOf(request), request.method === 'HEAD', response)
      : hasSecret(request, secret)
        ? handle(request, response, options, { streams, frames, tickets })
        : isTicketed(request)
          ? sendTicketed(request, response, options, tickets)
          : tell(response, 401, REFUSAL);
    answered?.catch((error: unknown) => {
      options.log?.('a call ended in a bug of the ipc server', error);
      response.destroy();
    });
  });
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy());
    if (isForeign(request, portOf(server)) || !pathOf(request).startsWith(SOCKET_PATH)) {
      socket.end('HTTP/1.1 403 Forbidden\r\nconnection: close\r\n\r\n');
      return;
    }
    sockets.take(request, socket, head).catch((error: unknown) => {
      options.log?.('notices could not be sent over a socket', error);
      socket.destroy();
    });
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, IPC_HOST, resolve);
  });
  const file = { port: portOf(server), secret, pid: process.pid, version: options.version };
  await writeIpcFile(options.home, file);
  return {
    file,
    async close() {
      await removeIpcFile(options.home, secret);
      for (const stream of streams) stream.end();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      sockets.close();
      server.closeIdleConnections();
      await closed;
    },
  };
}

interface Inside {
  readonly streams: Set<ServerResponse>;
  readonly frames: WindowFrames;
  readonly tickets: ContentTickets;
}

const queryOf = (request: IncomingMessage): URLSearchParams => new URLSearchParams((request.url ?? '').slice(pathOf(request).length + 1));
const pathOf = ({ url }: IncomingMessage): string => (url ?? '/').split('?', 1)[0] ?? '/';

/** Everything that is only looked at, but for what has an own way in. */
function isForPage(request: IncomingMessage): boolean {
  if (request.method !== 'GET' && request.method !== 'HEAD') return false;
  const path = pathOf(request);
  return path !== NOTICES_PATH && path !== CONTENT_PATH && !path.startsWith(CALL_PATH) && !path.startsWith(SOCKET_PATH);
}

const isTicketed = (request: IncomingMessage): boolean =>
  request.method === 'GET' && pathOf(request) === CONTENT_PATH && queryOf(request).has(TICKET_PARAMETER);

/** That the content is there is looked at now: a browser that goes there shows no reasons. */
async function giveTicket(question: unknown, response: ServerResponse, open: OpenContent, tickets: ContentTickets): Promise<void> {
  try {
    const asked = contentTicketQuestion.safeParse(question);
    if (!asked.success)
      throw new CallProblem('INVALID', 'A ticket is asked for with the workspace and the entry whose content is to be saved.');
    const { body } = await open(asked.data, new AbortController().signal);
    for await (const _ of body) break;
    tell(response, 200, answerOf({ ticket: tickets.issue(asked.data) }));
  } catch (error) {
    tell(response, 200, refusalOf(error));
  }
}

async function sendTicketed(
  request: IncomingMessage,
  response: ServerResponse,
  { openContent }: IpcServerOptions,
  tickets: ContentTickets,
): Promise<void> {
  // A page of somebody else's that leads here says so, though it sends no Origin.
  if (request.headers['sec-fetch-site'] === 'cross-site') return tell(response, 403, REFUSAL);
  const content = tickets.redeem(queryOf(request).get(TICKET_PARAMETER) ?? '');
  if (content === undefined || openContent === undefined) return tell(response, 401, { refused: TICKET_SPENT });
  return streamContent(() => content, response, openContent);
}

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  { face, openContent }: IpcServerOptions,
  { streams, frames, tickets }: Inside,
): Promise<void> {
  const path = pathOf(request);
  const query = queryOf(request);
  if (request.method === 'GET' && path === NOTICES_PATH) {
    const leave = frames.enter(query.get(WINDOW_PARAMETER));
    response.once('close', leave);
    return streamNotices(response, face, streams);
  }
  if (request.method === 'GET' && path === CONTENT_PATH && openContent !== undefined) return sendContent(query, response, openContent);
  if (request.method === 'POST' && path === CONTENT_TICKET_PATH && openContent !== undefined)
    return giveTicket(await readJson(request), response, openContent, tickets);
  const name = path.startsWith(CALL_PATH) ? path.slice(CALL_PATH.length) : '';
  if (request.method !== 'POST' || !isCallName(name)) return tell(response, 404, { refused: 'There is no such call.' });
  const question = await readJson(request);
  if (question === undefined) return tell(response, 400, { refused: 'The question is no JSON, or far too long.' });
  const heartbeat = setInterval(() => showAlive(response), HEARTBEAT_MS);
  try {
    tell(response, 200, answerOf(await dispatch(face, name, question)));
  } catch (error) {
    tell(response, 200, refusalOf(error));
  } finally {
    clearInterval(heartbeat);
  }
}

function streamNotices(response: ServerResponse, face: AgentFace, streams: Set<ServerResponse>): void {
  streams.add(response);
  response.writeHead(200, { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' });
  const heartbeat = setInterval(() => response.write('\n'), HEARTBEAT_MS);
  const end = face.notices((notice) => {
    if (response.writableLength > NOTICES_WAITING_BYTES_MAX) response.destroy();
    else response.write(`${JSON.stringify(notice)}\n`);
  });
  response.once('close', () => {
    clearInterval(heartbeat);
    end();
    streams.delete(response);
  });
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > QUESTION_BYTES_MAX) return undefined;
    parts.push(part);
  }
  try {
    return JSON.parse(Buffer.concat(parts).toString('utf8')) as unknown;
  } catch {
    return undefined;
  }
}

function portOf(server: Server): number {
  const address = must(server.address(), 'a server that listens has an address');
  assert(typeof address === 'object', 'it listens at a port, not at a pipe');
  return address.port;
}

async function writeIpcFile(home: string, file: IpcFile): Promise<void> {
  await mkdir(home, { recursive: true });
  const path = join(home, IPC_FILE);
  const aside = `${path}.${process.pid}`;
  await rm(aside, { force: true });
  await writeFile(aside, JSON.stringify(file), { mode: 0o600 });
  await rename(aside, path);
}

async function removeIpcFile(home: string, secret: string): Promise<void> {
  const path = join(home, IPC_FILE);
  try {
    if (ipcFile.parse(JSON.parse(await readFile(path, 'utf8'))).secret === secret) await rm(path);
  } catch {
    // gone, or another agent's by now
  }
}
