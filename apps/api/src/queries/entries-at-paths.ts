import { Inject, Injectable } from '@nestjs/common';
import type { Row, WorkspaceId } from '@tidemark/domain';
import type { ReadModelReader } from '@tidemark/read-model/reader';
import { Refusal } from '../http/refusal.ts';
import { READ_MODEL } from '../tokens.ts';

/** Live entries by where they are. */
@Injectable()
export class EntriesAtPaths {
  constructor(@Inject(READ_MODEL) private readonly reader: ReadModelReader) {}

  /** @param names From the workspace's folder down; none is that folder. @throws {Refusal} `NOT_FOUND` */
  async mustAt(workspace: WorkspaceId, names: readonly string[]): Promise<Row> {
    const root = (await this.reader.workspace(workspace))?.root;
    const row = root === undefined ? undefined : await this.reader.descend(workspace, root, names);
    if (row === undefined) throw new Refusal('NOT_FOUND', `there is nothing at that path in this workspace, letters and case as given`);
    return row;
  }
}
