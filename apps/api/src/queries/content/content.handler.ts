import { Inject } from '@nestjs/common';
import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import type { Content, EntryId, Revision, WorkspaceId } from '@tidemark/domain';
import { content } from '@tidemark/protocol';
import type { ReadModelReader } from '@tidemark/read-model/reader';
import { z } from 'zod';
import { Refusal } from '../../http/refusal.ts';
import { READ_MODEL } from '../../tokens.ts';
import { ContentQuery } from './content.query.ts';

const LINES_READ = 200;
const withContent = z.object({ content });

@QueryHandler(ContentQuery)
export class ContentHandler implements IQueryHandler<ContentQuery> {
  constructor(@Inject(READ_MODEL) private readonly reader: ReadModelReader) {}

  async execute({ workspace, entry, revision }: ContentQuery): Promise<Content> {
    const found =
      revision === undefined ? (await this.reader.entry(workspace, entry))?.content : await this.#contentAt(workspace, entry, revision);
    if (found === undefined) throw new Refusal('NOT_FOUND', 'there is no file of that id with a content at that revision');
    return found;
  }

  /** The last content that the entry was given up to the revision. */
  async #contentAt(workspace: WorkspaceId, entry: EntryId, revision: Revision): Promise<Content | undefined> {
    for (let before = revision + 1n; ;) {
      const lines = await this.reader.activity(workspace, { entry, before, limit: LINES_READ });
      for (const { type, data } of lines) {
        if (type === 'FileCreated' || type === 'ContentCommitted') return withContent.parse(data).content;
      }
      const last = lines.at(-1);
      if (last === undefined || lines.length < LINES_READ) return undefined;
      before = last.revision;
    }
  }
}
