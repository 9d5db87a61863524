import { NestFactory } from '@nestjs/core';
import { secretsIn, withoutCredentials, withoutSecrets } from '@tidemark/domain';
import { NO_TRACES, ProcessMetrics, StoreWatch, nestLogger, openTraces, showProjector, type ShownProjector } from '@tidemark/operating';
import type { Rebuilt } from '@tidemark/projections';
import type { Logger } from 'pino';
import { urlsOf, type ProjectorConfig } from './config.ts';
import { OperatorsPort } from './operators-port.ts';
import { ProjectorModule } from './projector.module.ts';
import { ProjectorService } from './projector.service.ts';
import { openStores } from './stores.ts';
import { watchedStores } from './watched-stores.ts';

export interface RunningProjector {
  /** Where operators are answered, if anywhere. */
  readonly url: string | undefined;
  /** Ends after the step it is in, flushes its mark and closes everything. */
  stop(): Promise<void>;
}

/** Follows the log until it is stopped. @throws {ConfigInvalid} @throws {Fault} when a store or the port is not to be had. */
export async function startProjector(config: ProjectorConfig, logger: Logger): Promise<RunningProjector> {
  const stores = await openStores(config);
  const traces = await openTraces(config.traces, 'tidemark-projector');
  const app = await NestFactory.createApplicationContext(ProjectorModule.over(stores, logger, traces), {
    logger: nestLogger(logger),
    abortOnError: false,
  });
  const projector = app.get(ProjectorService);
  const secrets = secretsIn(urlsOf(config));
  const watch = new StoreWatch(watchedStores(stores), { now: () => Date.now() }, (text) => withoutSecrets(text, secrets));
  const port = await openPort(config, projector, watch).catch(async (error: unknown) => {
    await app.close();
    await traces.close();
    throw error;
  });
  watch.start();
  projector.follow();
  const [eventLog, readModel, changeFeed] = urlsOf(config).map(withoutCredentials);
  logger.info({ operators: port?.url, eventLog, readModel, changeFeed }, 'started');
  return {
    url: port?.url,
    stop: async () => {
      port?.stopping();
      watch.stop();
      await app.close();
      await port?.close();
      await traces.close();
    },
  };
}

/** Every stream's rows built again, and the end. @throws {ConfigInvalid} @throws {Fault} */
export async function rebuildOnce(config: ProjectorConfig, logger: Logger): Promise<Rebuilt> {
  const module = ProjectorModule.over(await openStores(config), logger, NO_TRACES);
  const app = await NestFactory.createApplicationContext(module, { logger: nestLogger(logger), abortOnError: false });
  try {
    return await app.get(ProjectorService).rebuild();
  } finally {
    await app.close();
  }
}

async function openPort(
  { host, port }: ProjectorConfig,
  projector: ProjectorService,
  watch: StoreWatch,
): Promise<OperatorsPort | undefined> {
  if (port === undefined) return undefined;
  return OperatorsPort.open({ host, port }, { metrics: metricsOf(projector, watch), watch, problems: () => projector.problems() });
}

/** What `/metrics` shows. */
export function metricsOf(projector: ShownProjector, watch: StoreWatch): ProcessMetrics {
  const metrics = new ProcessMetrics();
  metrics.showStores(watch);
  showProjector(metrics, projector, () => Date.now());
  return metrics;
}
