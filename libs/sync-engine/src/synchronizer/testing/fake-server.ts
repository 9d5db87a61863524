import {
  changedAt,
  changesOf,
  decideCommit,
  GENESIS,
  MemoryWorkspaceView,
  START,
  type Chain,
  type Commit,
  type Cursor,
  type EntryId,
  type Row,
  type WorkspaceEvent,
} from '@tidemark/domain';
import { factsOf, happened, WORKSPACE } from '@tidemark/domain/testing';
import type { ChangesAnswer, CommitAnswer, CommonAnswer, Delta, PullPosition, ReceiptQuestion } from '@tidemark/protocol';
import { Refused, type Remote, type Uploader } from '../ports.ts';

export type Call = 'pull' | 'common' | 'commit' | 'receipt' | 'upload';
type Needed = Parameters<Uploader['upload']>[0];

/** The real decider behind the ports of the synchronizer, with a place to fail or wait before each call and after it. */
export class FakeServer implements Remote, Uploader {
  readonly calls: Call[] = [];
  readonly commits: Commit[] = [];
  readonly uploads: Needed[] = [];
  readonly receipts: ReceiptQuestion[] = [];
  readonly pulls: { readonly position: PullPosition; readonly fresh: boolean }[] = [];
  /** Contents that are stored. */
  readonly contents = new Set<string>();
  before: Partial<Record<Call, () => void | Promise<void>>> = {};
  /** The request was done, and the answer may still be lost. */
  after: Partial<Record<Call, () => void | Promise<void>>> = {};
  /** Rows are left out of answers to commits, which makes pokes of them. */
  tellsRows = true;
  pageRows = 1_000;
  /** The read model gives only what is up to here. */
  readableUpTo: bigint | undefined;
  stale: readonly EntryId[] = [];
  #view = new MemoryWorkspaceView();
  #events: WorkspaceEvent[] = [];
  #chains: Chain[] = [];
  #answers = new Map<number, CommitAnswer>();
  #epoch = 0;

  constructor() {
    this.append(happened.workspaceCreated());
  }

  get head(): Cursor {
    return this.#view.head;
  }

  /** Somebody else did something. */
  append(...events: readonly WorkspaceEvent[]): Delta {
    const from = this.head;
    for (const event of events) {
      const revision = this.#view.head.revision + 1n;
      const chain = `${this.#epoch}${revision.toString(16)}`.padStart(64, 'c') as Chain;
      this.#view.apply(event, revision, chain);
      this.#events.push(event);
      this.#chains.push(chain);
      for (const change of changesOf(event)) {
        const { content } = this.#view.entry(change.entry) ?? {};
        if (content) this.contents.add(content.id);
      }
    }
    return { workspace: WORKSPACE, from, to: this.head, rows: this.#rows(from.revision) };
  }

  /** Restored from a backup: what came after is forgotten, and another history begins. */
  restoreTo(revision: bigint): void {
    const events = this.#events.slice(0, Number(revision) + 1);
    const chains = this.#chains.slice(0, Number(revision) + 1);
    this.#view = new MemoryWorkspaceView();
    events.forEach((event, index) => this.#view.apply(event, BigInt(index), chains[index] ?? GENESIS));
    this.#events = events;
    this.#chains = chains;
    this.#answers = new Map();
    this.#epoch += 1;
  }

  live(): string[] {
    return [...this.#view.entries()].flatMap(({ name, deleted, parent }) => (deleted || parent === null ? [] : [name])).toSorted();
  }

  async pull(position: PullPosition, { fresh }: { readonly fresh: boolean }): Promise<ChangesAnswer> {
    await this.#called('pull');
    this.pulls.push({ position, fresh });
    this.#mustKnow(position);
    const bound = this.readableUpTo ?? this.head.revision;
    const due = this.#rows(position.revision - 1n)
      .filter(({ feed, id }) => feed <= bound && (feed > position.revision || (position.entry !== undefined && id > position.entry)))
      .toSorted((a, b) => (a.feed < b.feed ? -1 : a.feed > b.feed ? 1 : a.id < b.id ? -1 : 1));
    const rows = due.slice(0, this.pageRows);
    const last = rows.at(-1);
    const more = due.length > rows.length;
    const next = more && last ? { ...this.#cursorAt(last.feed), entry: last.id } : this.#cursorAt(bound);
    const answer = { rows: rows.filter((row) => !fresh || !row.deleted), next, more, head: this.head };
    await this.after.pull?.();
    return answer;
  }

  async common(cursors: readonly Cursor[]): Promise<CommonAnswer> {
    await this.#called('common');
    if (cursors.length === 0) throw new Refused('REQUEST_INVALID', 'no cursors');
    return { common: cursors.find((one) => this.#isKnown(one)) ?? null, head: this.head };
  }

  async commit(commit: Commit): Promise<CommitAnswer> {
    await this.#called('commit');
    this.commits.push(commit);
    const answer = this.#answers.get(commit.number) ?? this.#decide(commit);
    await this.after.commit?.();
    return answer;
  }

  async receipt(receipt: ReceiptQuestion): Promise<void> {
    await this.#called('receipt');
    this.receipts.push(receipt);
  }

  async upload(needed: Needed): Promise<{ readonly stale: readonly EntryId[] }> {
    this.uploads.push(needed);
    await this.#called('upload');
    const stale = needed.flatMap(({ entry }) => (this.stale.includes(entry) ? [entry] : []));
    for (const { entry, content } of needed) if (!stale.includes(entry)) this.contents.add(content.id);
    return { stale };
  }

  async #called(call: Call): Promise<void> {
    this.calls.push(call);
    await this.before[call]?.();
  }

  #decide(commit: Commit): CommitAnswer {
    this.#mustKnow(commit.at);
    const facts = factsOf(commit.at.revision, {
      contentState: (content) => (this.contents.has(content.id) ? { known: true } : { missing: [] }),
    });
    const decided = decideCommit(commit, this.#view, facts);
    this.append(...decided.events.map(({ event }) => event));
    const delta: Delta = {
      workspace: WORKSPACE,
      from: commit.at,
      to: this.head,
      ...(this.tellsRows ? { rows: this.#rows(commit.at.revision) } : {}),
    };
    const answer = { number: commit.number, outcomes: [...decided.outcomes], delta };
    this.#answers.set(commit.number, answer);
    return answer;
  }

  #mustKnow(cursor: Cursor): void {
    if (!this.#isKnown(cursor)) throw new Refused('HISTORY_DIVERGED', 'this cursor is not in the history');
  }

  #isKnown({ revision, chain }: Cursor): boolean {
    return this.#cursorAt(revision).chain === chain && revision <= this.head.revision;
  }

  #cursorAt(revision: bigint): Cursor {
    if (revision < 0n) return START;
    return { revision, chain: this.#chains[Number(revision)] ?? ('' as Chain) };
  }

  #rows(after: bigint): Row[] {
    return [...this.#view.entries()].flatMap((entry) => {
      const feed = changedAt(entry);
      return feed > after ? [{ ...entry, feed }] : [];
    });
  }
}
