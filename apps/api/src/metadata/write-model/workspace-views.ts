import { join } from 'node:path';
import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { NO_REVISION, workspaceStream, type AccountId, type RecordedEvent, type Role, type WorkspaceId } from '@tidemark/domain';
import type { EventLog } from '@tidemark/event-log';
import type { Config } from '../../config.ts';
import { CONFIG, EVENT_LOG } from '../../tokens.ts';
import { CatchUp } from './catch-up.ts';
import { OpenViews } from './open-views.ts';
import { SqliteWorkspaceView } from './sqlite-workspace-view.ts';
import { isDamaged } from './view-file.ts';

const VIEWS_OPEN_MAX = 64;
const EVENTS_PER_TRANSACTION = 2_000;

/** A view together with its way to the log. */
export class WorkspaceModel {
  readonly view: SqliteWorkspaceView;
  readonly #log: EventLog;
  readonly #workspace: WorkspaceId;
  readonly #catchUp = new CatchUp(() => this.#follow());

  constructor(workspace: WorkspaceId, path: string, log: EventLog) {
    this.#workspace = workspace;
    this.#log = log;
    this.view = SqliteWorkspaceView.open(path);
  }

  /** When it resolves the view has every event that was in the log when it was called. */
  async catchUp(): Promise<void> {
    try {
      await this.#catchUp.now();
    } catch (error) {
      if (!isDamaged(error)) throw error;
      this.view.startOver();
      await this.#catchUp.now();
    }
  }

  close(): void {
    this.view.close();
  }

  /** The last event taken is read again: where the stream holds another one there, or none, the view is of another history and starts over. */
  async #follow(): Promise<void> {
    const { revision, chain } = this.view.head;
    let isKnown = revision === NO_REVISION;
    let batch: RecordedEvent[] = [];
    for await (const event of this.#log.readStream(workspaceStream(this.#workspace), { from: isKnown ? 0n : revision })) {
      if (!isKnown) {
        if (event.revision !== revision || event.meta.chain !== chain) break;
        isKnown = true;
        continue;
      }
      batch.push(event);
      if (batch.length < EVENTS_PER_TRANSACTION) continue;
      this.view.apply(batch);
      batch = [];
    }
    if (!isKnown) {
      // Nothing here changed since the question unless it was our own append, and that is in the stream.
      if (this.view.head.revision === revision) this.view.startOver();
      return this.#follow();
    }
    if (batch.length > 0) this.view.apply(batch);
  }
}

/** The write model: a view per workspace, caught up with the log before each use. */
@Injectable()
export class WorkspaceViews implements OnApplicationShutdown {
  readonly #log: EventLog;
  readonly #views: OpenViews<WorkspaceId, WorkspaceModel>;

  constructor(@Inject(EVENT_LOG) log: EventLog, @Inject(CONFIG) config: Config) {
    this.#log = log;
    this.#views = new OpenViews(
      (workspace) => new WorkspaceModel(workspace, join(config.views, `workspace-${workspace}.sqlite`), log),
      VIEWS_OPEN_MAX,
    );
  }

  /** The work with the caught-up view; nothing where there is no such workspace. */
  async use<Result>(workspace: WorkspaceId, work: (model: WorkspaceModel) => Promise<Result> | Result): Promise<Result | undefined> {
    // Asking for any id whatever must leave no file behind.
    if (!this.#views.has(workspace) && (await this.#log.last(workspaceStream(workspace))) === undefined) return undefined;
    return this.#views.use(workspace, async (model) => {
      await model.catchUp();
      if (model.view.workspace === undefined) return undefined;
      return work(model);
    });
  }

  /** The account's role, as of an instant after the question. */
  roleOf(workspace: WorkspaceId, account: AccountId): Promise<Role | undefined> {
    return this.use(workspace, ({ view }) => view.role(account));
  }

  onApplicationShutdown(): void {
    this.#views.close();
  }
}
