import { Injectable } from '@nestjs/common';
import type { WorkspaceId } from '@tidemark/domain';
import { CommitRound } from './commit-round.ts';
import type { CommitResult, PendingCommit, SubmittedCommit } from './pending-commit.ts';

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
