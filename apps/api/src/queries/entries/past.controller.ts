import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import type { AccountId, EntryId, Revision, Row, WorkspaceId } from '@tidemark/domain';
import { accountId, content, deviceId, entryId, type Names } from '@tidemark/protocol';
import type { ActivityRow, ReadModelReader } from '@tidemark/read-model/reader';
import { z } from 'zod';
import { AsMember, type Membership } from '../../http/asking.ts';
import { Refusal } from '../../http/refusal.ts';
import { READ_MODEL } from '../../tokens.ts';
import { EntriesAtPaths } from '../entries-at-paths.ts';
import { NamesTold } from '../names-told.ts';
import { PastPaths } from '../past-paths.ts';
import { Paths } from '../paths.ts';
import { Progress, type Reflecting } from '../progress.ts';
import { before, limitUpTo, minRevision, path, time } from '../question.ts';
import { Sizes, type Sized } from '../sizes.ts';

export const ACTIVITY_MAX = 500;
export const REVISIONS_MAX = 500;
export const DELETED_MAX = 500;
const WHOLE_MAX = 10;
const CONTENT_EVENTS = ['FileCreated', 'ContentCommitted', 'LinkCreated', 'LinkRetargeted'];
const memberData = z.object({ account: accountId });
const withContent = z.looseObject({ content });
const contentData = z.object({ content: content.optional(), target: z.string().optional() });

const revisionsQuestion = z.object({ minRevision, before, limit: limitUpTo(REVISIONS_MAX) });
const deletedQuestion = z.object({ minRevision, before, limit: limitUpTo(DELETED_MAX) });
const historyQuestion = z.object({
  minRevision,
  before,
  entry: entryId.optional(),
  device: deviceId.optional(),
  account: accountId.optional(),
  /**
   * Of the entry that is there, and of all that is in it, as the tree is now: what moved in brings its earlier lines with it, what has moved out took
   * them along. What is deleted counts where it was. `within`: the same by an entry's id, which may be deleted itself.
   */
  path: path.optional(),
  within: entryId.optional(),
  /** From then on, and before then. */
  since: time.optional(),
  until: time.optional(),
  limit: limitUpTo(ACTIVITY_MAX),
  /** `1`: of a content all that its event says, so that a commit can say it again; of `WHOLE_MAX` lines at most. */
  whole: z.enum(['0', '1']).default('0'),
});

interface Paged {
  readonly more: boolean;
  /** Where to go on: before this revision. */
  readonly next: Revision | null;
}
interface Naming {
  readonly names: Names;
}
type Deed = Pick<ActivityRow, 'revision' | 'at' | 'account' | 'device'>;
type ToldLine = ActivityRow & { readonly path: string | undefined; readonly from: string | undefined };
type ToldContent = Deed & {
  readonly type: string;
  readonly bytes: number;
  readonly content: string | undefined;
  readonly target: string | undefined;
  readonly isCurrent: boolean;
};
type Deleted = Sized & Deed & { readonly path: string };

/** What was: contents, deletions, and who did what. Every answer says which revision it reflects at least. */
@Controller('v1/workspaces/:w')
export class PastController {
  constructor(
    @Inject(READ_MODEL) private readonly reader: ReadModelReader,
    private readonly progress: Progress,
    private readonly paths: Paths,
    private readonly pastPaths: PastPaths,
    private readonly atPaths: EntriesAtPaths,
    private readonly sizes: Sizes,
    private readonly names: NamesTold,
  ) {}

  /** The contents that an entry has had, newest first. */
  @Get('entries/:id/revisions')
  async revisions(
    @Param('id', { schema: entryId }) entry: EntryId,
    @Query({ schema: revisionsQuestion }) question: z.output<typeof revisionsQuestion>,
    @AsMember() { workspace }: Membership,
  ): Promise<Reflecting & Naming & Paged & { revisions: readonly ToldContent[] }> {
    const reflects = await this.progress.reflects(workspace, question);
    const row = await this.reader.entry(workspace, entry);
    if (row === undefined) throw new Refusal('NOT_FOUND', 'there is no such entry in this workspace');
    const { limit } = question;
    const { lines, next } = await this.reader.history(workspace, { entry, types: CONTENT_EVENTS, before: question.before, limit });
    const names = await this.names.of(lines);
    return { reflects, revisions: lines.map((line) => contentOf(line, row)), names, ...pagedTo(next) };
  }

  /** Entries deleted by themselves, not with a folder above them, the last one first; of each folder what went with it. */
  @Get('deleted')
  async deleted(
    @Query({ schema: deletedQuestion }) question: z.output<typeof deletedQuestion>,
    @AsMember() { workspace }: Membership,
  ): Promise<Reflecting & Naming & Paged & { deleted: readonly Deleted[] }> {
    const reflects = await this.progress.reflects(workspace, question);
    const found = await this.reader.deleted(workspace, { before: question.before, limit: question.limit + 1 });
    const rows = found.slice(0, question.limit);
    const above = await this.paths.above(workspace, rows);
    const lines = await this.reader.activityAt(
      workspace,
      rows.map(({ revisions }) => revisions.live),
    );
    const sized = await this.sizes.of(workspace, reflects, rows);
    const deleted = sized.flatMap((row) => {
      // Its line is written with it; where it is not there yet, the row is ahead of what the answer reflects.
      const line = lines.get(row.revisions.live);
      return line === undefined ? [] : [{ ...row, ...deedOf(line), path: above.pathOf(row) }];
    });
    const last = rows.at(-1);
    const next = found.length > question.limit && last !== undefined ? last.feed : undefined;
    return { reflects, deleted, names: await this.names.of([...lines.values()]), ...pagedTo(next) };
  }

  /** Who did what, newest first. */
  @Get('history')
  async history(
    @Query({ schema: historyQuestion }) question: z.output<typeof historyQuestion>,
    @AsMember() { workspace }: Membership,
  ): Promise<Reflecting & Naming & Paged & { activity: readonly ToldLine[] }> {
    const reflects = await this.progress.reflects(workspace, question);
    const within = await this.#withinOf(workspace, question);
    const isWhole = question.whole === '1';
    const limit = isWhole ? Math.min(question.limit, WHOLE_MAX) : question.limit;
    const { lines, next } = await this.reader.history(workspace, { ...question, within, limit });
    const [then, names] = await Promise.all([
      this.pastPaths.of(workspace, lines),
      this.names.of([...lines, ...lines.map(({ data }) => memberIn(data))]),
    ]);
    const activity = lines.map((line) => ({
      ...line,
      data: isWhole ? line.data : briefly(line.data),
      path: then.pathOf(line),
      from: then.fromOf(line),
    }));
    return { reflects, activity, names, ...pagedTo(next) };
  }

  async #withinOf(workspace: WorkspaceId, question: z.output<typeof historyQuestion>): Promise<EntryId | undefined> {
    if (question.within !== undefined || question.path === undefined) return question.within;
    // Everything is in the workspace's own folder, and lines that are about no entry besides.
    return question.path.length === 0 ? undefined : (await this.atPaths.mustAt(workspace, question.path)).id;
  }
}

const pagedTo = (next: Revision | undefined): Paged => ({ more: next !== undefined, next: next ?? null });
/** Of a content its id and size: of which chunks it is made may be long, and is nothing for people. */
function briefly(data: unknown): unknown {
  const read = withContent.safeParse(data);
  return read.success ? { ...read.data, content: { id: read.data.content.id, size: read.data.content.size } } : data;
}

/** Whom a line is about, where it is about a member. */
const memberIn = (data: unknown): { readonly account?: AccountId } => memberData.safeParse(data).data ?? {};
const deedOf = ({ revision, at, account, device }: ActivityRow): Deed => ({ revision, at, account, device });

function contentOf(line: ActivityRow, row: Row): ToldContent {
  const data = contentData.parse(line.data);
  return {
    ...deedOf(line),
    type: line.type,
    bytes: data.content?.size ?? 0,
    content: data.content?.id,
    target: data.target,
    isCurrent: line.revision === row.revisions.content,
  };
}
