import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { JSON_BODY_BYTES_MAX, PACK_BYTES_MAX, encodeJson } from '@tidemark/domain';
import { CORRELATION_HEADER, PROBLEM_MEDIA_TYPE, SERVER_HEADER } from '@tidemark/protocol';
import { pino, type Logger } from 'pino';
import { AppModule } from './app.module.ts';
import type { Config } from './config.ts';
import { addDocs } from './http/docs.ts';
import { Door } from './http/door.ts';
import { IdleCollection } from './http/idle-collection.ts';
import { Metrics } from './http/metrics.ts';
import { nestLogger } from './http/nest-logger.ts';
import { problemFor, type ProblemReply } from './http/problem.filter.ts';
import { closeStores, openStores, type Stores } from './stores.ts';

export const SERVER_VERSION = '0.1.0';
/** Requests under way get this long when the server stops. */
const STOP_MS_MAX = 4_000;
const IDLE_SWEEP_MS = 50;
const CORRELATION = /^[\w-]{1,64}$/;

export interface RunningServer {
  readonly app: NestFastifyApplication;
  readonly stores: Stores;
  readonly logger: Logger;
  readonly host: string;
  readonly port: number;
  /** `http://HOST:PORT` */
  readonly url: string;
  /** Ends requests under way, or cuts them off after {@link STOP_MS_MAX}, and closes everything. May be called more than once. */
  stop(): Promise<void>;
}

/** @throws {ConfigInvalid} @throws {Fault} when a store or the port is not to be had. */
export async function startServer(
  config: Config,
  options: { readonly stores?: Stores; readonly logger?: Logger } = {},
): Promise<RunningServer> {
  const logger = options.logger ?? pino({ level: config.logLevel, base: undefined }, pino.destination(2));
  const stores = options.stores ?? (await openStores(config));
  const app = await createApp(stores, config, logger);
  try {
    await app.listen({ port: config.port, host: config.host });
  } catch (error) {
    await app.close();
    await closeStores(stores);
    throw error;
  }
  const { port } = app.getHttpServer().address() as AddressInfo;
  let stopped: Promise<void> | undefined;
  return {
    app,
    stores,
    logger,
    host: config.host,
    port,
    url: `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${port}`,
    stop: () => (stopped ??= stop(app, stores)),
  };
}

async function createApp(stores: Stores, config: Config, logger: Logger): Promise<NestFastifyApplication> {
  const adapter = new FastifyAdapter({
    bodyLimit: JSON_BODY_BYTES_MAX,
    routerOptions: { maxParamLength: 256 },
    forceCloseConnections: 'idle',
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
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.over(stores, config, logger), adapter, {
    logger: nestLogger(logger),
    abortOnError: false,
  });
  const door = app.get(Door);
  const metrics = app.get(Metrics);
  const fastify = adapter.getInstance();
  const collection = new IdleCollection();
  fastify.addHook('onClose', async () => collection.stop());
  fastify.setReplySerializer((payload) => encodeJson(payload));
  fastify.addHook('onRequest', async (request, reply) => {
    void reply.header(SERVER_HEADER, SERVER_VERSION).header(CORRELATION_HEADER, request.id);
    await door.letIn(request);
  });
  fastify.addHook('onResponse', async (request, reply) => {
    collection.answered();
    const route = request.routeOptions.url ?? 'none';
    metrics.requests.labels(request.method, route, String(reply.statusCode)).observe(reply.elapsedTime / 1_000);
    metrics.receivedBytes.inc(Number(request.headers['content-length'] ?? 0));
    logger.debug(
      { method: request.method, route, status: reply.statusCode, ms: Math.round(reply.elapsedTime), correlation: request.id },
      'answered',
    );
  });
  app.useBodyParser('application/octet-stream', { bodyLimit: PACK_BYTES_MAX });
  addDocs(app);
  await app.init();
  await fastify.ready();
  return app;
}

/** A connection that is kept alive and has nothing to say is closed at once, also when it becomes so only now. */
async function stop(app: NestFastifyApplication, stores: Stores): Promise<void> {
  const server = app.getHttpServer();
  const sweep = setInterval(() => server.closeIdleConnections(), IDLE_SWEEP_MS);
  const deadline = setTimeout(() => server.closeAllConnections(), STOP_MS_MAX);
  try {
    await app.close();
  } finally {
    clearInterval(sweep);
    clearTimeout(deadline);
    await closeStores(stores);
  }
}
