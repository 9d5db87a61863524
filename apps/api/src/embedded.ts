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
import type { Clock, Revision, StreamName } from '@tidemark/domain';
import type { EventLog } from '@tidemark/event-log';
import { Projector, type ProjectionLag, type ProjectorProblem, type Visited } from '@tidemark/projections';
import type { ReadModelWriter } from '@tidemark/read-model/writer';
import type { Logger } from 'pino';
import type { Config } from './config.ts';
import { Metrics } from './http/metrics.ts';
import type { Traces } from './http/traces.ts';
import { PROJECTION_PROGRESS, type ProjectionProgress } from './queries/progress.ts';
import { openPublisher, openWriter } from './stores.ts';
import { CHANGE_FEED, CLOCK, CONFIG, EVENT_LOG, LOGGER, TRACES } from './tokens.ts';

/** Small, since requests share the thread and get their turn in between. */
const BATCH_EVENTS_MAX = 100;

/** The projector's loop inside the server: what `apps/projector` does in a process of its own. */
@Injectable()
export class EmbeddedProjector implements ProjectionProgress, OnApplicationBootstrap, BeforeApplicationShutdown {
  #projector: Projector | undefined;
  #writer: ReadModelWriter | undefined;
  #publisher: ChangeFeedPublisher | undefined;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(EVENT_LOG) private readonly log: EventLog,
    @Inject(CHANGE_FEED) private readonly feed: unknown,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(TRACES) private readonly traces: Traces,
    private readonly metrics: Metrics,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    this.#writer = await openWriter(this.config.readModel);
    this.#publisher = isPublisher(this.feed) ? this.feed : await openPublisher(this.config.changeFeed);
    this.#projector = new Projector({
      log: this.log,
      writer: this.#writer,
      publisher: this.#publisher,
      sha256: sha256Hex,
      now: () => this.clock.now(),
      options: {
        batchEventsMax: BATCH_EVENTS_MAX,
        warn: (message) => this.logger.warn(message),
        visited: (stream, visited, ms) => this.#visited(stream, visited, ms),
      },
    });
    this.#projector.start();
    this.#showFigures();
  }

  /** Ends after the step it is in; the next start goes on from the marks. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.#projector?.stop();
    await this.#writer?.close();
    this.#writer = undefined;
    // The local one is the server's own, and closed with its stores.
    if (this.#publisher !== this.feed) await this.#publisher?.close();
  }

  async caughtUp(stream: StreamName, revision: Revision, timeoutMs: number): Promise<boolean> {
    return (await this.#projector?.caughtUp(stream, revision, timeoutMs)) ?? false;
  }

  problems(): readonly ProjectorProblem[] {
    return this.#projector?.problems() ?? [];
  }

  #visited(stream: StreamName, { at, events, rows, correlations }: Visited, ms: number): void {
    this.logger.debug({ stream, to: at.revision.toString(), events, rows, ms: Math.round(ms), correlations }, 'projected');
    const attributes = { 'tidemark.stream': stream, 'tidemark.events': events };
    for (const correlation of correlations) this.traces.record({ name: 'projection', correlation, beganMs: Date.now() - ms, attributes });
  }

  #showFigures(): void {
    const { metrics } = this;
    metrics.counter('tidemark_projector_events_total', 'Events projected since the start.', () => this.#projector?.eventsTotal() ?? 0);
    metrics.gauge('tidemark_projector_stopped_streams', 'Streams with an event that cannot be taken.', () => this.problems().length);
    const lags = (): readonly (readonly [string, ProjectionLag])[] => Object.entries(this.#projector?.lag() ?? {});
    metrics.gauges('tidemark_projector_lag_events', 'Events heard of and not yet projected.', 'projection', () =>
      Object.fromEntries(lags().map(([name, { events }]) => [name, events])),
    );
    metrics.gauges('tidemark_projector_lag_seconds', 'How long the oldest of them waits at most.', 'projection', () =>
      Object.fromEntries(
        lags().map(([name, { since }]) => [name, since === undefined ? 0 : Math.max(this.clock.now() - Date.parse(since), 0) / 1_000]),
      ),
    );
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
