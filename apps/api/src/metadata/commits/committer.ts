import { Injectable } from '@nestjs/common';
import type { Commit, Cursor, Outcome, Row, WorkspaceId } from '@tidemark/domain';
import type { Asker } from '../../http/asking.ts';
import { CommitRound } from './commit-round.ts';

export interface SubmittedCommit {
  readonly commit: Commit;
  readonly asker: Asker;
}

export interface CommitResult {
  readonly number: number;
  readonly outcomes: readonly Outcome[];
  /** Everything between the commit's cursor and `to`; without rows where they are many: then it is a poke. */
  readonly delta?:
    { readonly workspace: WorkspaceId; readonly from: Cursor; readonly to: Cursor; readonly rows?: readonly Row[] | undefined } | undefined;
}

export interface PendingCommit extends SubmittedCommit {
  readonly answer: (result: CommitResult) => void;
  readonly refuse: (error: unknown) => void;
}

/** Commits of one workspace that share an append, at most. */
const COMMITS_PER_ROUND_MAX = 32;

/** One queue per workspace: what arrives while an append is under way is decided together and shares the next. */
@Injectable()
export class Committer {
  readonly #queues = new Map<WorkspaceId, PendingCommit[]>();

  constructor(private readonly round: CommitRound) {}

  submit(workspace: WorkspaceId, submitted: SubmittedCommit): Promise<CommitResult> {
    const { promise, resolve, reject } = Promise.withResolvers<CommitResult>();
    const pending = { ...submitted, answer: resolve, refuse: reject };
    const running = this.#queues.get(workspace);
    const queue = running ?? [];
    queue.push(pending);
    if (running === undefined) {
      this.#queues.set(workspace, queue);
      void this.#work(workspace, queue);
    }
    return promise;
  }

  async #work(workspace: WorkspaceId, queue: PendingCommit[]): Promise<void> {
    while (queue.length > 0) {
      const batch = queue.splice(0, COMMITS_PER_ROUND_MAX);
      try {
        // Those that found no room, or wait for the answer to their own first sending, come first in the next round.
        queue.unshift(...(await this.round.run(workspace, batch)));
      } catch (error) {
        for (const { refuse } of batch) refuse(error);
      }
    }
    this.#queues.delete(workspace);
  }
}
