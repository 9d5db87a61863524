import { join } from 'node:path';
import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { NO_REVISION, blocksStream, type RecordedEvent, type WorkspaceId } from '@tidemark/domain';
import type { EventLog } from '@tidemark/event-log';
import type { Config } from '../../config.ts';
import { CONFIG, EVENT_LOG } from '../../tokens.ts';
import { CatchUp } from './catch-up.ts';
import { OpenViews } from './open-views.ts';
import { SqliteChunkIndex } from './sqlite-chunk-index.ts';
import { isDamaged } from './view-file.ts';

const INDEXES_OPEN_MAX = 64;
const EVENTS_PER_TRANSACTION = 64;

class ChunkModel {
  readonly index: SqliteChunkIndex;
  readonly #log: EventLog;
  readonly #workspace: WorkspaceId;
  readonly #catchUp = new CatchUp(() => this.#follow());

  constructor(workspace: WorkspaceId, path: string, log: EventLog) {
    this.#workspace = workspace;
    this.#log = log;
    this.index = SqliteChunkIndex.open(path);
  }

  async catchUp(): Promise<void> {
    try {
      await this.#catchUp.now();
    } catch (error) {
      if (!isDamaged(error)) throw error;
      this.index.startOver();
      await this.#catchUp.now();
    }
  }

  close(): void {
    this.index.close();
  }

  async #follow(): Promise<void> {
    const { revision, event: last } = this.index.head;
    let isKnown = revision === NO_REVISION;
    let batch: RecordedEvent[] = [];
    for await (const event of this.#log.readStream(blocksStream(this.#workspace), { from: isKnown ? 0n : revision })) {
      if (!isKnown) {
        if (event.revision !== revision || event.id !== last) break;
        isKnown = true;
        continue;
      }
      batch.push(event);
      if (batch.length < EVENTS_PER_TRANSACTION) continue;
      this.index.apply(batch);
      batch = [];
    }
    if (!isKnown) {
      this.index.startOver();
      return this.#follow();
    }
    if (batch.length > 0) this.index.apply(batch);
  }
}

/** The chunk index of each workspace, caught up with its stream before each use. Whoever asks has been let into the workspace already. */
@Injectable()
export class ChunkIndexes implements OnApplicationShutdown {
  readonly #models: OpenViews<WorkspaceId, ChunkModel>;

  constructor(@Inject(EVENT_LOG) log: EventLog, @Inject(CONFIG) config: Config) {
    this.#models = new OpenViews(
      (workspace) => new ChunkModel(workspace, join(config.views, `blocks-${workspace}.sqlite`), log),
      INDEXES_OPEN_MAX,
    );
  }

  use<Result>(workspace: WorkspaceId, work: (index: SqliteChunkIndex) => Promise<Result> | Result): Promise<Result> {
    return this.#models.use(workspace, async (model) => {
      await model.catchUp();
      return work(model.index);
    });
  }

  onApplicationShutdown(): void {
    this.#models.close();
  }
}
