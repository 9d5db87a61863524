import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { JSON_BODY_BYTES_MAX, PACK_BYTES_MAX, encodeJson, withoutCredentials } from '@tidemark/domain';
import { NOTICES_PATH } from '@tidemark/ipc';
import { StoreWatch, createLogger, nestLogger, openTraces, type Traces } from '@tidemark/operating';
import { CORRELATION_HEADER, PROBLEM_MEDIA_TYPE, SERVER_HEADER } from '@tidemark/protocol';
import type { Logger } from 'pino';
import { AppModule, CONTROLLERS } from './app.module.ts';
import { combinationWarnings } from './config-combinations.ts';
import { servesFaces, urlsOf, type Config } from './config.ts';
import { FaceNotices } from './faces/face-notices.ts';
import { addFaces } from './faces/face-routes.ts';
import { addDocs } from './http/docs.ts';
import { Door } from './http/door.ts';
import { IdleCollection } from './http/idle-collection.ts';
import { Metrics } from './http/metrics.ts';
import { problemFor, type ProblemReply } from './http/problem.filter.ts';
import { ElsewhereRoutes } from './http/roles.ts';
import { Stopping } from './http/stopping.ts';
import { InFlight } from './metadata/in-flight.ts';
import { DevicesGateway } from './notifications/devices.gateway.ts';
import { lockFolder } from './server-cli/data-folder.ts';
import { closeStores, openStores, type Stores } from './stores.ts';
import { SERVER_VERSION } from './version.ts';

const CORRELATION = /^[\w-]{1,64}$/;

export interface RunningServer {
  readonly app: NestFastifyApplication;
  readonly stores: Stores;
  readonly logger: Logger;
  readonly host: string;
  readonly port: number;
  /** `http://HOST:PORT` */
  readonly url: string;
  /**
   * Takes nothing new, disconnects devices one after the other, lets requests under way end (bounded, see `Stopping`), flushes marks and closes
   * everything. May be called more than once.
   */
  stop(): Promise<void>;
}

/** @throws {ConfigInvalid} @throws {FolderInUse} @throws {Fault} when a store or the port is not to be had. */
export async function startServer(
  config: Config,
  options: { readonly stores?: Stores; readonly logger?: Logger; readonly pageFolder?: string } = {},
): Promise<RunningServer> {
  const logger = options.logger ?? createLogger({ level: config.logLevel, urls: urlsOf(config) });
  const lock = lockFolder(config.views, { file: 'views', what: 'TIDEMARK_VIEWS (a folder of its own for each process)' });
  const undo: (() => unknown)[] = [() => lock.release()];
  try {
    const stores = options.stores ?? (await openStores(config, logger));
    undo.unshift(() => closeStores(stores));
    const traces = await openTraces(config.traces, 'tidemark-server');
    undo.unshift(() => traces.close());
    const app = await createApp(stores, config, logger, traces, options.pageFolder);
    undo.unshift(() => app.close());
    await app.listen({ port: config.port, host: config.host });
    const { port } = app.getHttpServer().address() as AddressInfo;
    let stopped: Promise<void> | undefined;
    sayWhatItIs(config, logger, port);
    return {
      app,
      stores,
      logger,
      host: config.host,
      port,
      url: `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${port}`,
      stop: () => (stopped ??= inOrder([() => leave(app, config, logger), ...undo])),
    };
  } catch (error) {
    await inOrder(undo);
    throw error;
  }
}

async function inOrder(steps: readonly (() => unknown)[]): Promise<void> {
  const failures: unknown[] = [];
  for (const step of steps) {
    try {
      await step();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}

function sayWhatItIs(config: Config, logger: Logger, port: number): void {
  const [eventLog, readModel, changeFeed, blocks] = urlsOf(config).map(withoutCredentials);
  logger.info({ roles: config.roles, embedded: config.embedded, port, eventLog, readModel, changeFeed, blocks }, 'started');
  for (const warning of combinationWarnings(config)) logger.warn(warning);
}

async function createApp(
  stores: Stores,
  config: Config,
  logger: Logger,
  traces: Traces,
  pageFolder?: string,
): Promise<NestFastifyApplication> {
  const adapter = new FastifyAdapter({
    bodyLimit: JSON_BODY_BYTES_MAX,
    routerOptions: { maxParamLength: 256 },
    forceCloseConnections: 'idle',
    trustProxy: config.trustedProxies.length === 0 ? false : [...config.trustedProxies],
    exposeHeadRoutes: false,
    genReqId: ({ headers }: { headers: IncomingHttpHeaders }) => {
      const given = headers[CORRELATION_HEADER];
      return typeof given === 'string' && CORRELATION.test(given) ? given : randomUUID();
    },
    frameworkErrors: (error: Error, _request: unknown, reply: unknown) => {
      const { isOurs: _, ...problem } = problemFor(error);
      (reply as ProblemReply).header(SERVER_HEADER, SERVER_VERSION).status(problem.status).type(PROBLEM_MEDIA_TYPE).send(problem);
    },
  });
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.over(stores, config, logger, traces), adapter, {
    logger: nestLogger(logger),
    abortOnError: false,
  });
  const door = app.get(Door);
  const inFlight = app.get(InFlight);
  const metrics = app.get(Metrics);
  const stopping = app.get(Stopping);
  const watch = app.get(StoreWatch);
  const elsewhere = new ElsewhereRoutes(config.roles, CONTROLLERS);
  metrics.countTraffic(app.getHttpServer());
  stopping.follow(app.getHttpServer());
  metrics.showStores(watch);
  const fastify = adapter.getInstance();
  const collection = new IdleCollection();
  fastify.addHook('onClose', async () => {
    collection.stop();
    watch.stop();
  });
  fastify.setReplySerializer((payload) => encodeJson(payload));
  fastify.addHook('onRequest', async (request, reply) => {
    void reply.header(SERVER_HEADER, SERVER_VERSION).header(CORRELATION_HEADER, request.id);
    if (stopping.isStopping) void reply.header('connection', 'close');
    if (request.routeOptions.url === undefined) elsewhere.assertHere(request.method, request.url);
    await door.letIn(request);
    inFlight.enter(request, reply);
  });
  fastify.addHook('onResponse', async (request, reply) => {
    collection.answered();
    const route = request.routeOptions.url ?? 'none';
    // How long a browser follows says nothing of this process.
    if (route !== NOTICES_PATH) metrics.requests.labels(request.method, route, String(reply.statusCode)).observe(reply.elapsedTime / 1_000);
    traces.record({
      name: `${request.method} ${route}`,
      correlation: request.id,
      beganMs: Date.now() - reply.elapsedTime,
      attributes: { 'http.response.status_code': reply.statusCode },
      isRequest: true,
    });
    logger.debug(
      { method: request.method, route, status: reply.statusCode, ms: Math.round(reply.elapsedTime), correlation: request.id },
      'answered',
    );
  });
  app.useBodyParser('application/octet-stream', { bodyLimit: PACK_BYTES_MAX });
  addDocs(app);
  if (servesFaces(config.roles)) addFaces(app, pageFolder);
  await app.init();
  await fastify.ready();
  watch.start();
  return app;
}

/** From being asked to stop until nothing is under way any more. */
async function leave(app: NestFastifyApplication, { roles }: Config, logger: Logger): Promise<void> {
  const drained = app.get(Stopping).drain(app.getHttpServer());
  if (servesFaces(roles)) app.get(FaceNotices, { strict: false }).endAll();
  if (roles.includes('notifications')) await app.get(DevicesGateway, { strict: false }).leave();
  const cutOff = await drained;
  if (cutOff > 0)
    logger.warn(
      { connections: cutOff },
      'connections that were still busy when the time was over were cut off; what they were sending is sent again',
    );
}
