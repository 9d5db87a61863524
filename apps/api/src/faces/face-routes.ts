import type { IncomingMessage, ServerResponse } from 'node:http';
import { fileURLToPath } from 'node:url';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { must } from '@tidemark/domain';
import { CALL_PATH, CONTENT_PATH, isCallName, NOTICES_PATH } from '@tidemark/ipc';
import { askerOf } from '../http/asking.ts';
import { Refusal } from '../http/refusal.ts';
import { FaceGround } from './face-ground.ts';
import { FaceNotices } from './face-notices.ts';

/** A text that settles a conflict is the longest thing that is sent here; JSON may double it and more. */
const QUESTION_BYTES_MAX = 4 * 1024 * 1024;
/** A page that does not read its notices is let go. */
const NOTICES_WAITING_BYTES_MAX = 1024 * 1024;
export const PAGE_FOLDER = fileURLToPath(new URL('../../../desktop/page/dist', import.meta.url));
const NO_PAGE =
  'This server works, and its page is not built here. Build it with "npm run build:page" in the source folder and load this again; devices need no page.\n';

/** As much of Fastify's request and reply as is needed here. */
interface FaceRequest {
  readonly id: string;
  readonly protocol: string;
  readonly host: string;
  readonly headers: IncomingMessage['headers'];
  readonly raw: IncomingMessage;
}
interface FaceReply {
  readonly raw: ServerResponse;
  hijack(): unknown;
  getHeaders(): Readonly<Record<string, unknown>>;
}

/**
 * What a browser needs that is linked as a device of kind `browser`: the page, for everybody since it holds nothing of anybody's; and the calls, notices and contents that
 * an agent gives its own page, by the same paths. The door has asked for a token before; a page of anywhere else is refused besides. What answers is loaded when it is first
 * asked: a server that is only for agents does without.
 */
export function addFaces(app: NestFastifyApplication, pageFolder = PAGE_FOLDER): void {
  const fastify = app.getHttpAdapter().getInstance();
  const ground = app.get(FaceGround, { strict: false });
  const notices = app.get(FaceNotices, { strict: false });
  const answering = () => import('./answering.ts');

  /** The reply becomes plain HTTP, with the headers that every answer of ours has. */
  const takeOver = (reply: FaceReply): ServerResponse => {
    for (const [name, value] of Object.entries(reply.getHeaders())) reply.raw.setHeader(name, value as string);
    reply.hijack();
    return reply.raw;
  };
  const askedBy = (request: FaceRequest, { OwnRoutes }: Awaited<ReturnType<typeof answering>>) => ({
    server: new OwnRoutes(fastify, { authorization: must(request.headers.authorization, 'let in by a token'), correlationId: request.id }),
    device: must(askerOf(request), 'the door has let a device in').device,
    url: `${request.protocol}://${request.host}`,
  });
  const onRequest = async (request: FaceRequest) => mustBeOurPage(request);

  let page: Promise<InstanceType<typeof import('@tidemark/faces').PageFiles>> | undefined;
  const servePage = async (request: FaceRequest, reply: FaceReply): Promise<void> => {
    page ??= answering().then(({ PageFiles }) => new PageFiles(pageFolder, { none: NO_PAGE, face: 'server' }));
    const [path = '/'] = (request.raw.url ?? '/').split('?', 1);
    const files = await page;
    await files.serve(path, request.raw.method === 'HEAD', takeOver(reply));
  };
  for (const url of ['/', '/icon.svg', '/assets/:file']) fastify.route({ method: ['GET', 'HEAD'], url, handler: servePage });

  fastify.post<{ Params: { call: string } }>(`${CALL_PATH}:call`, { onRequest, bodyLimit: QUESTION_BYTES_MAX }, async (request, reply) => {
    const { call } = request.params;
    if (!isCallName(call))
      throw new Refusal('NOT_FOUND', 'there is no such call; the page is of another version than this server: load it again');
    const answers = await answering();
    reply.header('cache-control', 'no-store');
    return answers.answerTo(askedBy(request, answers), ground, call, request.body);
  });

  fastify.get(CONTENT_PATH, { onRequest }, async (request, reply) => {
    const answers = await answering();
    const { server } = askedBy(request, answers);
    const query = new URLSearchParams((request.raw.url ?? '').split('?').slice(1).join('?'));
    await answers.sendContent(query, takeOver(reply), (question) => answers.openContent(server, ground, question));
  });

  fastify.get(NOTICES_PATH, { onRequest }, async (request, reply) => {
    const answers = await answering();
    const { server, device, url } = askedBy(request, answers);
    const { raw } = reply;
    const told: string[] = [];
    let [isOpen, isEnded] = [false, false];
    const write = (text: string): void => {
      if (!isOpen) told.push(text);
      else if (raw.writableLength > NOTICES_WAITING_BYTES_MAX) raw.destroy();
      else raw.write(text);
    };
    const end = await notices.follow({
      device,
      status: () => answers.statusFor(server, ground, url),
      tell: (notice) => write(`${JSON.stringify(notice)}\n`),
      beat: () => write('\n'),
      end: () => {
        isEnded = true;
        if (isOpen) raw.end();
      },
    });
    takeOver(reply);
    if (raw.destroyed) return end();
    raw.once('close', end);
    // Proxies that gather what passes are asked not to.
    raw.writeHead(200, { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store', 'x-accel-buffering': 'no' });
    isOpen = true;
    for (const text of told) raw.write(text);
    // Unlinked while it began.
    if (isEnded) raw.end();
  });
}

/** A browser names the page that asks; programs name none. @throws {Refusal} `NOT_ALLOWED` */
function mustBeOurPage({ headers: { origin }, host }: FaceRequest): void {
  if (origin === undefined || URL.parse(origin)?.host === host) return;
  throw new Refusal('NOT_ALLOWED', 'only the page of this server may ask this; open the server itself in the browser');
}
