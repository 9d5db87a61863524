import { Query } from '@nestjs/cqrs';
import type { Cursor, Revision, Row, WorkspaceId } from '@tidemark/domain';

export interface TreeAt {
  readonly at: Cursor;
  readonly entries: readonly Row[];
}

/** The live tree as it was at a revision. */
export class TreeQuery extends Query<TreeAt> {
  constructor(
    readonly workspace: WorkspaceId,
    readonly at: Revision,
  ) {
    super();
  }
}
