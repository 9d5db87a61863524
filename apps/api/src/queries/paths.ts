import { Inject, Injectable } from '@nestjs/common';
import { DEPTH_MAX, type EntryId, type Row, type WorkspaceId } from '@tidemark/domain';
import type { ReadModelReader } from '@tidemark/read-model/reader';
import { READ_MODEL } from '../tokens.ts';

/** Paths are for people; entries know their folder and name only. */
@Injectable()
export class Paths {
  constructor(@Inject(READ_MODEL) private readonly reader: ReadModelReader) {}

  /** Names from the root down, joined by `/`; folders that many entries share are read once. */
  async of(workspace: WorkspaceId, row: Row, known = new Map<EntryId, Row>()): Promise<string> {
    const names: string[] = [];
    let at: Row | undefined = row;
    for (let depth = 0; at !== undefined && at.parent !== null && depth <= DEPTH_MAX; depth++) {
      names.push(at.name);
      const parent: EntryId = at.parent;
      at = known.get(parent) ?? (await this.reader.entry(workspace, parent));
      if (at !== undefined) known.set(parent, at);
    }
    return names.toReversed().join('/');
  }
}
