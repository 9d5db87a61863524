import {
  Inject,
  Injectable,
  Module,
  type BeforeApplicationShutdown,
  type DynamicModule,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import type { ChangeFeedPublisher } from '@tidemark/change-feed/publish';
import { sha256Hex } from '@tidemark/chunking';
import type { Revision, StreamName } from '@tidemark/domain';
import type { EventLog } from '@tidemark/event-log';
import { Projector } from '@tidemark/projections';
import { SqliteReadModel, type ReadModelWriter } from '@tidemark/read-model/writer';
import type { Logger } from 'pino';
import { Gauge } from 'prom-client';
import { ConfigInvalid, type Config } from './config.ts';
import { Metrics } from './http/metrics.ts';
import { PROJECTION_PROGRESS, type ProjectionProgress } from './queries/progress.ts';
import { parts } from './stores.ts';
import { CHANGE_FEED, CONFIG, EVENT_LOG, LOGGER } from './tokens.ts';

/** Small, since requests share the thread and get their turn in between. */
const BATCH_EVENTS_MAX = 100;

/** The projector's loop inside the server: what `apps/projector` does in a process of its own. */
@Injectable()
export class EmbeddedProjector implements ProjectionProgress, OnApplicationBootstrap, BeforeApplicationShutdown {
  #projector: Projector | undefined;
  #writer: ReadModelWriter | undefined;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(EVENT_LOG) private readonly log: EventLog,
    @Inject(CHANGE_FEED) private readonly feed: unknown,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly metrics: Metrics,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const [scheme, path] = parts(this.config.readModel);
    if (scheme !== 'sqlite')
      throw new ConfigInvalid(`TIDEMARK_READ_MODEL: an embedded projector writes sqlite:, not ${scheme}:; set TIDEMARK_EMBEDDED=no`);
    if (!isPublisher(this.feed))
      throw new ConfigInvalid('TIDEMARK_CHANGE_FEED: an embedded projector publishes to local:; set TIDEMARK_EMBEDDED=no');
    this.#writer = await SqliteReadModel.open(path);
    this.#projector = new Projector({
      log: this.log,
      writer: this.#writer,
      publisher: this.feed,
      sha256: sha256Hex,
      options: { batchEventsMax: BATCH_EVENTS_MAX, warn: (message) => this.logger.warn(message) },
    });
    this.#projector.start();
    this.#show('tidemark_projector_events_total', 'Events projected since the start.', () => this.#projector?.eventsTotal() ?? 0);
    this.#show(
      'tidemark_projector_stopped_streams',
      'Streams with an event that cannot be taken.',
      () => this.#projector?.problems().length ?? 0,
    );
  }

  /** Ends after the step it is in; the next start goes on from the marks. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.#projector?.stop();
    await this.#writer?.close();
    this.#writer = undefined;
  }

  async caughtUp(stream: StreamName, revision: Revision, timeoutMs: number): Promise<boolean> {
    return (await this.#projector?.caughtUp(stream, revision, timeoutMs)) ?? false;
  }

  #show(name: string, help: string, read: () => number): void {
    const gauge = new Gauge({
      name,
      help,
      registers: [],
      collect() {
        this.set(read());
      },
    });
    this.metrics.registry.registerMetric(gauge);
  }
}

const isPublisher = (feed: unknown): feed is ChangeFeedPublisher => typeof feed === 'object' && feed !== null && 'publish' in feed;

@Module({})
export class EmbeddedModule {
  /** Nothing where a projector runs elsewhere: queries then look at the marks alone. */
  static for(config: Config): DynamicModule {
    if (!config.embedded) return { module: EmbeddedModule };
    const progress = { provide: PROJECTION_PROGRESS, useExisting: EmbeddedProjector };
    return { module: EmbeddedModule, global: true, providers: [EmbeddedProjector, progress], exports: [progress.provide] };
  }
}
