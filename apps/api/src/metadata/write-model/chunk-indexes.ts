import { join } from 'node:path';
import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { blocksStream, type WorkspaceId } from '@tidemark/domain';
import type { EventLog } from '@tidemark/event-log';
import type { Config } from '../../config.ts';
import { CONFIG, EVENT_LOG } from '../../tokens.ts';
import { FollowedView } from './followed-view.ts';
import { OpenViews } from './open-views.ts';
import { SqliteChunkIndex } from './sqlite-chunk-index.ts';

const INDEXES_OPEN_MAX = 64;
/** An event lists up to `PACK_CHUNKS_MAX` chunks. */
const EVENTS_PER_TRANSACTION = 64;

/** The chunk index of each workspace, caught up with its stream before each use. Whoever asks has been let into the workspace already. */
@Injectable()
export class ChunkIndexes implements OnApplicationShutdown {
  readonly #indexes: OpenViews<WorkspaceId, FollowedView<SqliteChunkIndex>>;

  constructor(@Inject(EVENT_LOG) log: EventLog, @Inject(CONFIG) config: Config) {
    this.#indexes = new OpenViews((workspace) => {
      const index = SqliteChunkIndex.open(join(config.views, `blocks-${workspace}.sqlite`));
      return new FollowedView(index, log, blocksStream(workspace), EVENTS_PER_TRANSACTION);
    }, INDEXES_OPEN_MAX);
  }

  use<Result>(workspace: WorkspaceId, work: (index: SqliteChunkIndex) => Promise<Result> | Result): Promise<Result> {
    return this.#indexes.use(workspace, async (followed) => {
      await followed.catchUp();
      return work(followed.view);
    });
  }

  onApplicationShutdown(): void {
    this.#indexes.close();
  }
}
