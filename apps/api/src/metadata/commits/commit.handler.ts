import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { Commit, WorkspaceId } from '@tidemark/domain';
import type { Asker } from '../../http/asking.ts';
import { withSpan, type Traces } from '@tidemark/operating';
import { TRACES } from '../../tokens.ts';
import { Committer } from './committer.ts';
import type { CommitResult } from './pending-commit.ts';

/** Up to 1,000 operations of one device, answered one by one. */
export class CommitOperations extends Command<CommitResult> {
  readonly workspace: WorkspaceId;
  readonly commit: Commit;
  readonly asker: Asker;

  constructor(workspace: WorkspaceId, commit: Commit, asker: Asker) {
    super();
    this.workspace = workspace;
    this.commit = commit;
    this.asker = asker;
  }
}

@CommandHandler(CommitOperations)
export class CommitHandler implements ICommandHandler<CommitOperations> {
  constructor(
    private readonly committer: Committer,
    @Inject(TRACES) private readonly traces: Traces,
  ) {}

  execute({ workspace, commit, asker }: CommitOperations): Promise<CommitResult> {
    const span = { name: 'commit', correlation: asker.correlationId, attributes: { 'tidemark.operations': commit.operations.length } };
    return withSpan(this.traces, span, () => this.committer.submit(workspace, { commit, asker }));
  }
}
