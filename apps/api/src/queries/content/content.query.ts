import { Query } from '@nestjs/cqrs';
import type { Content, EntryId, Revision, WorkspaceId } from '@tidemark/domain';

/** What a file holds now, or held at a revision. */
export class ContentQuery extends Query<Content> {
  constructor(
    readonly workspace: WorkspaceId,
    readonly entry: EntryId,
    readonly revision: Revision | undefined,
  ) {
    super();
  }
}
