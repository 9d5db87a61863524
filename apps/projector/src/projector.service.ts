import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Projector, type ProjectorStores, type Rebuilt } from '@tidemark/projections';
import type { Logger } from 'pino';
import { closeStores } from './stores.ts';
import { LOGGER, STORES } from './tokens.ts';

/** All projectors of an installation share the work, see `Projector`. */
const GROUP = 'tidemark-projectors';

/** The loop and its stores, for as long as the process runs. */
@Injectable()
export class ProjectorService implements OnApplicationShutdown {
  readonly #projector: Projector;
  #isFollowing = false;

  constructor(
    @Inject(STORES) private readonly stores: ProjectorStores,
    @Inject(LOGGER) logger: Logger,
  ) {
    this.#projector = new Projector({ ...stores, options: { group: GROUP, warn: (message) => logger.warn(message) } });
  }

  follow(): void {
    this.#isFollowing = true;
    this.#projector.start();
  }

  rebuild(): Promise<Rebuilt> {
    return this.#projector.rebuild();
  }

  async onApplicationShutdown(): Promise<void> {
    if (this.#isFollowing) await this.#projector.stop();
    await closeStores(this.stores);
  }
}
