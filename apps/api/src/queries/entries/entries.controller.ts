import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import type { Cursor, EntryId, Row, WorkspaceId } from '@tidemark/domain';
import { entryId } from '@tidemark/protocol';
import type { ReadModelReader } from '@tidemark/read-model/reader';
import { z } from 'zod';
import { AsMember, type Membership } from '../../http/asking.ts';
import { Refusal } from '../../http/refusal.ts';
import { READ_MODEL } from '../../tokens.ts';
import { EntriesAtPaths } from '../entries-at-paths.ts';
import { Paths, type Above } from '../paths.ts';
import { Progress, type Reflecting } from '../progress.ts';
import { limitUpTo, minRevision, path } from '../question.ts';
import { Sizes, type Sized } from '../sizes.ts';

export const CHILDREN_MAX = 1_000;
export const FOUND_MAX = 200;

const entryQuestion = z.object({ minRevision });
const atQuestion = z.object({ minRevision, path });
const childrenQuestion = z.object({
  minRevision,
  /** The workspace's own folder where it is not given. */
  parent: entryId.optional(),
  /** Children whose names come after this one, in the order of UTF-8. */
  after: z.string().optional(),
  limit: limitUpTo(CHILDREN_MAX),
});
const findQuestion = z.object({ minRevision, text: z.string().trim().min(1).max(255), limit: limitUpTo(FOUND_MAX) });

interface EntryInPlace {
  readonly live: boolean;
  readonly path: string;
  readonly crumbs: ReturnType<Above['crumbsOf']>;
}

/** What the read model knows of entries as they are. Every answer says which revision it reflects at least. */
@Controller('v1/workspaces/:w')
export class EntriesController {
  constructor(
    @Inject(READ_MODEL) private readonly reader: ReadModelReader,
    private readonly progress: Progress,
    private readonly paths: Paths,
    private readonly atPaths: EntriesAtPaths,
    private readonly sizes: Sizes,
  ) {}

  /** The live entry at a path. */
  @Get('entries/at')
  async at(
    @Query({ schema: atQuestion }) question: z.output<typeof atQuestion>,
    @AsMember() { workspace }: Membership,
  ): Promise<Reflecting & EntryInPlace & { entry: Sized }> {
    const reflects = await this.progress.reflects(workspace, question);
    return this.#answer(reflects, workspace, await this.atPaths.mustAt(workspace, question.path));
  }

  @Get('entries/:id')
  async entry(
    @Param('id', { schema: entryId }) id: EntryId,
    @Query({ schema: entryQuestion }) question: z.output<typeof entryQuestion>,
    @AsMember() { workspace }: Membership,
  ): Promise<Reflecting & EntryInPlace & { entry: Sized }> {
    const reflects = await this.progress.reflects(workspace, question);
    return this.#answer(reflects, workspace, await this.#must(workspace, id));
  }

  /** Children of a folder, and the folder itself. Of a deleted folder what went with it. */
  @Get('children')
  async children(
    @Query({ schema: childrenQuestion }) question: z.output<typeof childrenQuestion>,
    @AsMember() { workspace }: Membership,
  ): Promise<Reflecting & EntryInPlace & { folder: Sized; children: readonly Sized[]; more: boolean }> {
    const reflects = await this.progress.reflects(workspace, question);
    const { parent, after, limit } = question;
    const row = parent === undefined ? await this.atPaths.mustAt(workspace, []) : await this.#must(workspace, parent);
    if (row.kind !== 'folder') throw new Refusal('NOT_FOUND', 'that entry is no folder; ask for the entry itself');
    const found = await this.reader.children(workspace, row.id, { after, limit: limit + 1 });
    // Sized together, since what is below the children is below the folder too.
    const [above, [folder = unsized(row), ...children]] = await Promise.all([
      this.paths.above(workspace, [row]),
      this.sizes.of(workspace, reflects, [row, ...found.slice(0, limit)]),
    ]);
    return { reflects, folder, ...placeIn(above, row), children, more: found.length > limit };
  }

  @Get('find')
  async find(
    @Query({ schema: findQuestion }) question: z.output<typeof findQuestion>,
    @AsMember() { workspace }: Membership,
  ): Promise<Reflecting & { entries: readonly (Sized & { path: string })[]; more: boolean }> {
    const reflects = await this.progress.reflects(workspace, question);
    const { text, limit } = question;
    const found = await this.reader.find(workspace, text, limit + 1);
    const rows = found.slice(0, limit);
    const above = await this.paths.above(workspace, rows);
    const entries = (await this.sizes.of(workspace, reflects, rows)).map((row) => ({ ...row, path: above.pathOf(row) }));
    return { reflects, entries, more: found.length > limit };
  }

  async #must(workspace: WorkspaceId, id: EntryId): Promise<Row> {
    const row = await this.reader.entry(workspace, id);
    if (row === undefined) throw new Refusal('NOT_FOUND', 'there is no such entry in this workspace');
    return row;
  }

  async #answer(reflects: Cursor, workspace: WorkspaceId, row: Row): Promise<Reflecting & EntryInPlace & { entry: Sized }> {
    const [above, [entry = unsized(row)]] = await Promise.all([
      this.paths.above(workspace, [row]),
      this.sizes.of(workspace, reflects, [row]),
    ]);
    return { reflects, entry, ...placeIn(above, row) };
  }
}

const unsized = (row: Row): Sized => ({ ...row, inside: 0, bytes: 0 });
const placeIn = (above: Above, row: Row): EntryInPlace => ({
  live: above.isLive(row),
  path: above.pathOf(row),
  crumbs: above.crumbsOf(row),
});
