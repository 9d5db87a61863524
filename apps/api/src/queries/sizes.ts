import { Inject, Injectable } from '@nestjs/common';
import type { Cursor, EntryId, Row, WorkspaceId } from '@tidemark/domain';
import type { FolderSize, ReadModelReader } from '@tidemark/read-model/reader';
import { READ_MODEL } from '../tokens.ts';

export type Sized<Each extends Row = Row> = Each & FolderSize;

/** Sizes of folders with at least so much in them are kept; the others are added up again each time, which takes hardly anything. */
export const KEPT_INSIDE_MIN = 1_000;
/** A read model that was built anew has the same mark as before, and may have other rows. */
export const KEPT_MS_MAX = 10_000;
export const WORKSPACES_KEPT_MAX = 100;

interface Kept {
  readonly at: Cursor;
  readonly until: number;
  readonly sizes: Map<EntryId, FolderSize>;
}

/** How much is in entries: of a file its content, of a folder all below it. What was added up at a mark holds until the mark has moved. */
@Injectable()
export class Sizes {
  readonly #kept = new Map<WorkspaceId, Kept>();

  constructor(@Inject(READ_MODEL) private readonly reader: ReadModelReader) {}

  /** @param reflects What the sizes reflect at least, asked for before the rows. */
  async of<Each extends Row>(workspace: WorkspaceId, reflects: Cursor, rows: readonly Each[]): Promise<readonly Sized<Each>[]> {
    const folders = rows.filter(({ kind }) => kind === 'folder').map(({ id }) => id);
    const kept = this.#keptAt(workspace, reflects);
    const missing = folders.filter((folder) => !kept.has(folder));
    const found = missing.length === 0 ? new Map<EntryId, FolderSize>() : await this.reader.sizes(workspace, missing);
    for (const [folder, size] of found) if (size.inside >= KEPT_INSIDE_MIN) kept.set(folder, size);
    return rows.map((row) => ({ ...row, ...(found.get(row.id) ?? kept.get(row.id) ?? { inside: 0, bytes: row.content?.size ?? 0 }) }));
  }

  #keptAt(workspace: WorkspaceId, at: Cursor): Map<EntryId, FolderSize> {
    const now = performance.now();
    const kept = this.#kept.get(workspace);
    if (kept?.at.revision === at.revision && kept.at.chain === at.chain && now < kept.until) return kept.sizes;
    const sizes = new Map<EntryId, FolderSize>();
    this.#kept.delete(workspace);
    this.#kept.set(workspace, { at, until: now + KEPT_MS_MAX, sizes });
    const [longest] = this.#kept.keys();
    if (this.#kept.size > WORKSPACES_KEPT_MAX && longest !== undefined) this.#kept.delete(longest);
    return sizes;
  }
}
