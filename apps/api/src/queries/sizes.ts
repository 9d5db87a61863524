import { Inject, Injectable } from '@nestjs/common';
import type { Row, WorkspaceId } from '@tidemark/domain';
import type { FolderSize, ReadModelReader } from '@tidemark/read-model/reader';
import { READ_MODEL } from '../tokens.ts';

export type Sized<Each extends Row = Row> = Each & FolderSize;

/** How much is in entries: of a file its content, of a folder all below it. */
@Injectable()
export class Sizes {
  constructor(@Inject(READ_MODEL) private readonly reader: ReadModelReader) {}

  async of<Each extends Row>(workspace: WorkspaceId, rows: readonly Each[]): Promise<readonly Sized<Each>[]> {
    const folders = rows.filter(({ kind }) => kind === 'folder').map(({ id }) => id);
    const sizes = folders.length === 0 ? undefined : await this.reader.sizes(workspace, folders);
    return rows.map((row) => ({ ...row, ...(sizes?.get(row.id) ?? { inside: 0, bytes: row.content?.size ?? 0 }) }));
  }
}
