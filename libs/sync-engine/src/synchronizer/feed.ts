import { NO_REVISION, START, type Content, type Cursor, type Row } from '@tidemark/domain';
import type { Delta } from '@tidemark/protocol';
import { applyRows } from '../planner/apply.ts';
import { divergeRebase } from '../planner/diverge.ts';
import { revisionAwaited } from '../planner/outcome.ts';
import type { Lane } from './lane.ts';
import { Refused, type Journal, type Remote, type Sent } from './ports.ts';
import type { Timers } from './timers.port.ts';

const PULL_ROWS = 2_000;
/** The server knows of more than its read model could give yet: asked again after this, doubled each time. */
const BEHIND_MS_MIN = 50;
const BEHIND_MS_MAX = 10_000;
const CURSORS_ASKED_MAX = 1_000;

export interface FeedOptions {
  readonly journal: Journal;
  readonly remote: Remote;
  readonly timers: Timers;
  readonly isRunning: () => boolean;
  /** The commit under way. */
  readonly sent: () => Sent | undefined;
  /** Within a transaction: it will never be answered, and nothing of it counts. */
  readonly dropSent: () => void;
  readonly wake: () => void;
  /** A content that a live entry has: the server has it. */
  readonly onContent: (content: Content) => void;
  readonly onDiverged: () => void;
  /** The server answers again after it did not. */
  readonly onRecovered: () => void;
}

/** The one way in which R changes: rows in feed order from the cursor, by pulls and by deltas that start exactly there. */
export class Feed {
  readonly #options: FeedOptions;
  readonly #lane: Lane;
  #head: Cursor = START;
  #isPullDue = true;
  #isNewsExpected = true;
  #misses = 0;
  #startingOver: Promise<void> | undefined;
  #cancelAgain: (() => void) | undefined;

  constructor(options: FeedOptions, lane: Lane) {
    this.#options = options;
    this.#lane = lane;
  }

  get head(): Cursor {
    return this.#head;
  }

  /** R is exactly the tree at the newest cursor we have heard of, and nobody said that there is more. A pull by the clock alone is no news. */
  get isUpToDate(): boolean {
    return !this.#isNewsExpected && this.#options.journal.isComplete() && !this.#isBehind();
  }

  stop(): void {
    this.#cancelAgain?.();
  }

  /** `isNews`: there is something to hear, as far as we know. */
  pullSoon(isNews = true): void {
    this.#isPullDue = true;
    this.#isNewsExpected ||= isNews;
  }

  /** Somebody says there is something to hear; `head`: where the server is. */
  poke(head?: Cursor): void {
    const { journal } = this.#options;
    if (head) {
      this.raiseHead(head);
      const cursor = journal.cursor();
      if (journal.isComplete() && head.revision === cursor.revision && head.chain === cursor.chain) return;
    }
    this.pullSoon();
    this.#lane.forgive();
    this.#options.wake();
  }

  raiseHead(head: Cursor): void {
    if (head.revision > this.#head.revision) this.#head = head;
  }

  /** Applied only if it starts at our cursor, R is complete and the rows are there; true also where there is nothing new in it. */
  apply(delta: Delta): boolean {
    const { journal } = this.#options;
    const cursor = journal.cursor();
    if (!journal.isComplete()) return false;
    if (delta.to.revision <= cursor.revision) return true;
    if (!delta.rows || delta.from.revision !== cursor.revision || delta.from.chain !== cursor.chain) return false;
    const { rows } = delta;
    journal.transaction(() => {
      this.#applyRows(rows);
      journal.setCursor(delta.to);
    });
    return true;
  }

  /** Pulls where that is due. Not while the disk is busy with what another history said: S is brought back when the pull ends. */
  fill(isDiskBusy: boolean): void {
    const { journal } = this.#options;
    if (!this.#isPullDue && journal.isComplete()) return;
    if (isDiskBusy && journal.diverged() !== undefined) return;
    this.#lane.run(() => this.#pull());
  }

  /** The server was restored or forked: R is built again from zero, and what S has beyond the common point is no longer agreed. */
  async startOver(): Promise<void> {
    this.#startingOver ??= this.#forgetHistory().finally(() => (this.#startingOver = undefined));
    await this.#startingOver;
  }

  async #forgetHistory(): Promise<void> {
    const { journal, remote } = this.#options;
    const cursors = journal.cursors().slice(0, CURSORS_ASKED_MAX);
    const answer = cursors.length === 0 ? undefined : await remote.common(cursors);
    const common = answer?.common ?? null;
    journal.transaction(() => {
      journal.setDiverged({ common });
      this.#options.dropSent();
      journal.trees.clearRemote();
      journal.setCursor(START);
      journal.setComplete(false);
      journal.forgetCursorsAfter(common ?? undefined);
    });
    this.#head = answer?.head ?? START;
    this.pullSoon();
    this.#options.onDiverged();
  }

  #isBehind(): boolean {
    const { revision } = this.#options.journal.cursor();
    const sent = this.#options.sent();
    const awaited = (sent && revisionAwaited(sent)) ?? NO_REVISION;
    return this.#head.revision > revision || awaited > revision;
  }

  async #pull(): Promise<void> {
    const wasAway = this.#lane.problem !== undefined;
    this.#isPullDue = false;
    try {
      await this.#pullToTheEnd();
    } catch (error) {
      this.pullSoon();
      throw error;
    }
    this.#isNewsExpected = this.#isPullDue;
    if (wasAway) this.#options.onRecovered();
  }

  async #pullToTheEnd(): Promise<void> {
    const { journal, remote, isRunning } = this.#options;
    const before = journal.cursor().revision;
    const isFresh = this.#isFresh();
    const wasDiverged = journal.diverged() !== undefined;
    for (let more = true; more && isRunning();) {
      const position = journal.cursor();
      const headBefore = this.#head;
      let page;
      try {
        page = await remote.pull(position, { fresh: isFresh, limit: PULL_ROWS });
      } catch (error) {
        if (!(error instanceof Refused) || error.code !== 'HISTORY_DIVERGED') throw error;
        if (isRunning() && this.#isAt(position)) await this.startOver();
        this.pullSoon();
        return;
      }
      if (!isRunning()) return;
      // An answer is newer than anything heard before the question.
      if (this.#head === headBefore) this.#head = page.head;
      else this.raiseHead(page.head);
      if (!wasDiverged && journal.diverged() !== undefined) {
        this.pullSoon();
        return;
      }
      // A delta was faster.
      if (!this.#isAt(position)) continue;
      more = page.more;
      this.#take(page);
    }
    if (journal.cursor().revision > before) this.#misses = 0;
    if (this.#isBehind()) this.#pullLater();
  }

  #take(page: { readonly rows: readonly Row[]; readonly next: Parameters<Journal['setCursor']>[0]; readonly more: boolean }): void {
    const { journal } = this.#options;
    journal.transaction(() => {
      this.#applyRows(page.rows);
      journal.setCursor(page.next);
      journal.setComplete(!page.more);
      const diverged = journal.diverged();
      if (page.more || !diverged) return;
      divergeRebase(journal.trees, diverged.common ?? undefined);
      journal.setDiverged(undefined);
    });
  }

  #pullLater(): void {
    const { timers, isRunning, wake } = this.#options;
    const wait = Math.min(BEHIND_MS_MAX, BEHIND_MS_MIN * 2 ** Math.min(this.#misses, 10)) * (0.5 + timers.random());
    this.#misses += 1;
    this.#cancelAgain?.();
    this.#cancelAgain = timers.after(wait, () => {
      if (!isRunning() || !this.#isBehind()) return;
      this.pullSoon();
      wake();
    });
  }

  #isAt(position: ReturnType<Journal['cursor']>): boolean {
    const now = this.#options.journal.cursor();
    return now.revision === position.revision && now.entry === position.entry && now.chain === position.chain;
  }

  /** The first pull ever, into nothing: what is gone by then is of no use. */
  #isFresh(): boolean {
    const { journal } = this.#options;
    if (journal.isComplete() || journal.cursors().length > 0 || journal.diverged() || this.#options.sent()) return false;
    for (const _ of journal.trees.syncedChildren(journal.trees.root)) return false;
    return true;
  }

  #applyRows(rows: readonly Row[]): void {
    for (const row of rows) if (row.content && !row.deleted) this.#options.onContent(row.content);
    applyRows(this.#options.journal.trees, rows);
  }
}
