import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import type { ActivityRow, ReadModelReader } from '@tidemark/read-model/reader';
import type { Cursor, EntryId, Row, WorkspaceId } from '@tidemark/domain';
import { deviceId, entryId, revision } from '@tidemark/protocol';
import { z } from 'zod';
import { AsMember, type Membership } from '../../http/asking.ts';
import { Refusal } from '../../http/refusal.ts';
import { READ_MODEL } from '../../tokens.ts';
import { Paths } from '../paths.ts';
import { Progress } from '../progress.ts';
import { limitUpTo, minRevision } from '../question.ts';

const CHILDREN_MAX = 1_000;
const FOUND_MAX = 200;
const ACTIVITY_MAX = 500;
/** Lines of history looked through for one answer. */
const ACTIVITY_READ_MAX = 5_000;
const CONTENT_EVENTS = new Set(['FileCreated', 'ContentCommitted', 'LinkCreated', 'LinkRetargeted']);

const entryQuestion = z.object({ minRevision });
const childrenQuestion = z.object({ minRevision, parent: entryId, after: z.string().optional(), limit: limitUpTo(CHILDREN_MAX) });
const findQuestion = z.object({ minRevision, text: z.string().trim().min(1).max(255), limit: limitUpTo(FOUND_MAX) });
const historyQuestion = z.object({
  minRevision,
  /** Lines before this revision, newest first. */
  before: revision.optional(),
  entry: entryId.optional(),
  device: deviceId.optional(),
  limit: limitUpTo(ACTIVITY_MAX),
});
const revisionsQuestion = historyQuestion.pick({ minRevision: true, before: true, limit: true });

interface Reflecting {
  readonly reflects: Cursor;
}
interface HistoryAnswer extends Reflecting {
  readonly activity: readonly ActivityRow[];
  readonly more: boolean;
}

/** What the read model knows of entries. Every answer says which revision it reflects at least. */
@Controller('v1/workspaces/:w')
export class EntriesController {
  constructor(
    @Inject(READ_MODEL) private readonly reader: ReadModelReader,
    private readonly progress: Progress,
    private readonly paths: Paths,
  ) {}

  @Get('entries/:id')
  async entry(
    @Param('id', { schema: entryId }) id: EntryId,
    @Query({ schema: entryQuestion }) question: z.output<typeof entryQuestion>,
    @AsMember() { workspace }: Membership,
  ): Promise<Reflecting & { entry: Row; live: boolean; path: string }> {
    const reflects = await this.#reflects(workspace, question);
    const entry = await this.reader.entry(workspace, id);
    if (entry === undefined) throw new Refusal('NOT_FOUND', 'there is no such entry in this workspace');
    return { reflects, entry, live: await this.reader.isLive(workspace, id), path: await this.paths.of(workspace, entry) };
  }

  /** The contents that an entry has had, newest first. */
  @Get('entries/:id/revisions')
  async revisions(
    @Param('id', { schema: entryId }) entry: EntryId,
    @Query({ schema: revisionsQuestion }) question: z.output<typeof revisionsQuestion>,
    @AsMember() { workspace }: Membership,
  ): Promise<HistoryAnswer> {
    const reflects = await this.#reflects(workspace, question);
    const found: ActivityRow[] = [];
    let { before } = question;
    let read = 0;
    while (found.length <= question.limit && read < ACTIVITY_READ_MAX) {
      const lines = await this.reader.activity(workspace, { before, entry, limit: ACTIVITY_MAX });
      read += lines.length;
      found.push(...lines.filter(({ type }) => CONTENT_EVENTS.has(type)));
      before = lines.at(-1)?.revision;
      if (lines.length < ACTIVITY_MAX) break;
    }
    return { reflects, activity: found.slice(0, question.limit), more: found.length > question.limit };
  }

  @Get('children')
  async children(
    @Query({ schema: childrenQuestion }) question: z.output<typeof childrenQuestion>,
    @AsMember() { workspace }: Membership,
  ): Promise<Reflecting & { children: readonly Row[]; more: boolean }> {
    const reflects = await this.#reflects(workspace, question);
    const { parent, after, limit } = question;
    const children = await this.reader.children(workspace, parent, { after, limit: limit + 1 });
    return { reflects, children: children.slice(0, limit), more: children.length > limit };
  }

  @Get('find')
  async find(
    @Query({ schema: findQuestion }) question: z.output<typeof findQuestion>,
    @AsMember() { workspace }: Membership,
  ): Promise<Reflecting & { entries: readonly (Row & { path: string })[] }> {
    const reflects = await this.#reflects(workspace, question);
    const known = new Map<EntryId, Row>();
    const entries: (Row & { path: string })[] = [];
    for (const row of await this.reader.find(workspace, question.text, question.limit))
      entries.push({ ...row, path: await this.paths.of(workspace, row, known) });
    return { reflects, entries };
  }

  @Get('history')
  async history(
    @Query({ schema: historyQuestion }) question: z.output<typeof historyQuestion>,
    @AsMember() { workspace }: Membership,
  ): Promise<HistoryAnswer> {
    const reflects = await this.#reflects(workspace, question);
    const { before, entry, device, limit } = question;
    const activity = await this.reader.activity(workspace, { before, entry, device, limit: limit + 1 });
    return { reflects, activity: activity.slice(0, limit), more: activity.length > limit };
  }

  #reflects(workspace: WorkspaceId, question: { readonly minRevision?: bigint | undefined }): Promise<Cursor> {
    return question.minRevision === undefined ? this.progress.of(workspace) : this.progress.reached(workspace, question.minRevision);
  }
}
