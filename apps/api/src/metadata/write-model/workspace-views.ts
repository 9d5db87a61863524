import { join } from 'node:path';
import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { workspaceStream, type AccountId, type Role, type WorkspaceId } from '@tidemark/domain';
import type { EventLog } from '@tidemark/event-log';
import type { Config } from '../../config.ts';
import { CONFIG, EVENT_LOG } from '../../tokens.ts';
import { FollowedView } from './followed-view.ts';
import { OpenViews } from './open-views.ts';
import { SqliteWorkspaceView } from './sqlite-workspace-view.ts';

const VIEWS_OPEN_MAX = 64;
const EVENTS_PER_TRANSACTION = 2_000;

/** A workspace's view together with its way to the log. */
export type WorkspaceModel = FollowedView<SqliteWorkspaceView>;

/** The write model: a view per workspace, caught up with the log before each use. */
@Injectable()
export class WorkspaceViews implements OnApplicationShutdown {
  readonly #log: EventLog;
  readonly #views: OpenViews<WorkspaceId, WorkspaceModel>;

  constructor(@Inject(EVENT_LOG) log: EventLog, @Inject(CONFIG) config: Config) {
    this.#log = log;
    this.#views = new OpenViews((workspace) => {
      const view = SqliteWorkspaceView.open(join(config.views, `workspace-${workspace}.sqlite`));
      return new FollowedView(view, log, workspaceStream(workspace), EVENTS_PER_TRANSACTION);
    }, VIEWS_OPEN_MAX);
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
