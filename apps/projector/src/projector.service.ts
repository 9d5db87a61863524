import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { tellVisited, type ShownProjector, type Traces } from '@tidemark/operating';
import { Projector, type ProjectorProblem, type ProjectorStores, type Rebuilt } from '@tidemark/projections';
import type { Logger } from 'pino';
import { closeStores } from './stores.ts';
import { LOGGER, STORES, TRACES } from './tokens.ts';

/** All projectors of an installation share the work, see `Projector`. */
const GROUP = 'tidemark-projectors';

/** The loop and its stores, for as long as the process runs. */
@Injectable()
export class ProjectorService implements OnApplicationShutdown, ShownProjector {
  readonly #projector: Projector;
  #isFollowing = false;

  constructor(
    @Inject(STORES) private readonly stores: ProjectorStores,
    @Inject(LOGGER) logger: Logger,
    @Inject(TRACES) traces: Traces,
  ) {
    this.#projector = new Projector({
      ...stores,
      options: {
        group: GROUP,
        warn: (message) => logger.warn(message),
        visited: (stream, visited, ms) => tellVisited(logger, traces, stream, visited, ms),
      },
    });
  }

  follow(): void {
    this.#isFollowing = true;
    this.#projector.start();
  }

  rebuild(): Promise<Rebuilt> {
    return this.#projector.rebuild();
  }

  eventsTotal(): number {
    return this.#projector.eventsTotal();
  }

  problems(): readonly ProjectorProblem[] {
    return this.#projector.problems();
  }

  lag(): ReturnType<Projector['lag']> {
    return this.#projector.lag();
  }

  async onApplicationShutdown(): Promise<void> {
    if (this.#isFollowing) await this.#projector.stop();
    await closeStores(this.stores);
  }
}
