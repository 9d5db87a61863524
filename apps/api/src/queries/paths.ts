import { Inject, Injectable } from '@nestjs/common';
import { DEPTH_MAX, type EntryId, type Row, type WorkspaceId } from '@tidemark/domain';
import type { ReadModelReader } from '@tidemark/read-model/reader';
import { READ_MODEL } from '../tokens.ts';

/** Paths are for people; entries know their folder and name only. */
@Injectable()
export class Paths {
  constructor(@Inject(READ_MODEL) private readonly reader: ReadModelReader) {}

  /** Everything above these entries; asked for level by level, so that many cost hardly more than one. */
  async above(workspace: WorkspaceId, rows: Iterable<Row>): Promise<Above> {
    const above = new Above(rows);
    for (let missing = above.missing(); missing.length > 0; missing = above.missing())
      above.learn(missing, await this.reader.entries(workspace, missing));
    return above;
  }
}

/** Entries and the folders above them, as far as they are there. */
export class Above {
  readonly #rows = new Map<EntryId, Row | undefined>();
  #level: readonly Row[];

  constructor(rows: Iterable<Row>) {
    this.#level = [...rows];
    for (const row of this.#level) this.#rows.set(row.id, row);
  }

  missing(): readonly EntryId[] {
    const parents = this.#level.map(({ parent }) => parent).filter((parent) => parent !== null);
    return [...new Set(parents)].filter((parent) => !this.#rows.has(parent));
  }

  learn(asked: readonly EntryId[], found: ReadonlyMap<EntryId, Row>): void {
    for (const entry of asked) this.#rows.set(entry, found.get(entry));
    this.#level = [...found.values()];
  }

  /** Names from the root down, joined by `/`; empty for the root itself. */
  pathOf(row: Row): string {
    return [...this.crumbsOf(row), ...(row.parent === null ? [] : [row])].map(({ name }) => name).join('/');
  }

  /** The place in a folder as a path; nothing where the folder is not known. */
  pathIn(parent: EntryId | null, name: string): string | undefined {
    const folder = parent === null ? undefined : this.#rows.get(parent);
    if (folder === undefined) return parent === null ? name : undefined;
    const path = this.pathOf(folder);
    return path === '' ? name : `${path}/${name}`;
  }

  /** The folders above, outermost first, without the root. */
  crumbsOf(row: Row): readonly { readonly id: EntryId; readonly name: string }[] {
    return this.#chain(row)
      .slice(1)
      .filter(({ parent }) => parent !== null)
      .map(({ id, name }) => ({ id, name }))
      .toReversed();
  }

  /** Nothing above it, nor itself, is deleted. What is not there counts as not deleted: a batch may be half written. */
  isLive(row: Row): boolean {
    return this.#chain(row).every(({ deleted }) => !deleted);
  }

  /** From the entry up; no further than a tree is deep, since it may stand in a circle for a moment. */
  #chain(row: Row): readonly Row[] {
    const chain: Row[] = [];
    for (let at: Row | undefined = row; at !== undefined && chain.length <= DEPTH_MAX;) {
      chain.push(at);
      at = at.parent === null ? undefined : this.#rows.get(at.parent);
    }
    return chain;
  }
}
