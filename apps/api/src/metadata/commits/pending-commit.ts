import type { Commit, Cursor, Outcome, Row, WorkspaceId } from '@tidemark/domain';
import type { Asker } from '../../http/asking.ts';

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
