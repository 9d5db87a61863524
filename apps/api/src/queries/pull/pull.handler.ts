import { Inject } from '@nestjs/common';
import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { NO_REVISION, must, type Cursor, type Revision, type Row } from '@tidemark/domain';
import type { ChangesAnswer, PullPosition } from '@tidemark/protocol';
import type { FeedPage, ReadModelReader } from '@tidemark/read-model/reader';
import { Refusal } from '../../http/refusal.ts';
import { RecentChangeSets } from '../../metadata/recent-change-sets.ts';
import { READ_MODEL } from '../../tokens.ts';
import { History } from '../history.ts';
import { Progress } from '../progress.ts';
import { FreshPulls } from './fresh-pulls.ts';
import { PullQuery } from './pull.query.ts';

/** What was committed before the question is waited for this long, so that a device that was poked need not ask twice. */
const HEAD_WAIT_MS = 500;
/** Times that a page is read again because rows were ahead of the mark. */
const READS_MAX = 20;

/**
 * Rows in feed order after a position. The last page ends at a checkpoint: then the rows given, on top of what the device had, are exactly the
 * tree at `next`. Rows that are written and not yet covered by the mark are waited for, since what they replaced cannot be given any more.
 */
@QueryHandler(PullQuery)
export class PullHandler implements IQueryHandler<PullQuery> {
  constructor(
    @Inject(READ_MODEL) private readonly reader: ReadModelReader,
    private readonly history: History,
    private readonly progress: Progress,
    private readonly recent: RecentChangeSets,
    private readonly freshPulls: FreshPulls,
  ) {}

  async execute(query: PullQuery): Promise<ChangesAnswer> {
    const { workspace, after, limit } = query;
    if (!(await this.history.contains(workspace, after)))
      throw new Refusal(
        'HISTORY_DIVERGED',
        'this cursor is not in the history of the workspace; ask for the latest common one and reconcile',
      );
    const head = await this.history.head(workspace);
    const recent = this.#recentRows(query, head);
    if (recent !== undefined) return recent;
    // A workspace of which nothing was projected yet would look like an empty one.
    await this.progress.reached(workspace, after.revision === NO_REVISION && head.revision > NO_REVISION ? 0n : after.revision);
    if (after.entry === undefined) await this.progress.nearly(workspace, head.revision, HEAD_WAIT_MS);
    for (let reads = 0; reads < READS_MAX; reads++) {
      const page = await this.#page(query);
      const last = page.rows.at(-1);
      if (page.more) {
        // Ahead of the mark more rows of the same revisions may follow, as when a folder comes back with all below it: no page goes past it.
        const rows = page.rows.filter(({ feed }) => feed <= page.at.revision);
        const end = rows.at(-1);
        if (end !== undefined) return { rows, next: await this.#within(query, end), more: true, head };
      }
      const ahead = last !== undefined && last.feed > after.revision ? last.feed : after.revision;
      if (!page.more && ahead <= page.at.revision) {
        this.freshPulls.end(workspace, query.device);
        return { rows: [...page.rows], next: { ...page.at }, more: false, head };
      }
      await this.progress.reached(workspace, ahead);
    }
    throw new Refusal('NOT_YET', `the workspace is changing faster than ${limit} rows can be read; ask again in a moment`);
  }

  /** A device that is only just behind is answered from memory. */
  #recentRows({ workspace, after, limit, fresh }: PullQuery, head: Cursor): ChangesAnswer | undefined {
    if (after.entry !== undefined || fresh || after.revision >= head.revision) return undefined;
    const recent = this.recent.after(workspace, after);
    if (recent === undefined || recent.rows.length > limit) return undefined;
    const { rows, to } = recent;
    // A commit of this very moment may have made them newer than the head that was read.
    return { rows: [...rows], next: { ...to }, more: to.revision < head.revision, head: to.revision > head.revision ? to : head };
  }

  async #page(query: PullQuery): Promise<FeedPage> {
    const { workspace, after, limit, device } = query;
    const begun = query.fresh && after.revision > NO_REVISION ? this.freshPulls.begunAt(workspace, device) : undefined;
    if (!query.fresh || (after.revision > NO_REVISION && (begun === undefined || after.revision >= begun)))
      return this.reader.feed(workspace, after, limit, false);
    const bound = begun ?? (await this.progress.of(workspace)).revision;
    if (begun === undefined) this.freshPulls.begin(workspace, device, bound);
    return this.#freshPage(query, bound);
  }

  /** Live rows up to the bound; after it, dead ones too: what is live on an earlier page may have been deleted since. */
  async #freshPage({ workspace, after, limit }: PullQuery, bound: Revision): Promise<FeedPage> {
    const live = await this.reader.feed(workspace, after, limit, true);
    const within = live.rows.filter((row) => row.feed <= bound);
    if (within.length === live.rows.length && live.more) return live;
    if (within.length === limit) return { ...live, rows: within, more: true };
    const later = await this.reader.feed(workspace, { revision: bound }, limit - within.length, false);
    return { rows: [...within, ...later.rows], more: later.more, at: later.at };
  }

  /** Inside a pull: many rows may share a feed revision, so the entry is named too. */
  async #within({ workspace }: PullQuery, { feed, id }: Row): Promise<PullPosition> {
    const chain = must(
      await this.history.chainAt(workspace, feed),
      `a row of ${workspace} speaks of revision ${feed}, which is not in its stream`,
    );
    return { revision: feed, chain, entry: id };
  }
}
