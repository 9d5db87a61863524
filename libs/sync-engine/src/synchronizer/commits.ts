import { assert, type Cursor, type EntryId, type Operation } from '@tidemark/domain';
import type { CommitAnswer } from '@tidemark/protocol';
import type { PlannedCommit } from '../planner/plan.ts';
import { fingerprint } from './fingerprint.ts';
import type { Lane } from './lane.ts';
import { Refused, type Journal, type Remote, type Sent } from './ports.ts';
import type { Requests } from './requests.ts';
import { entryOf, firstOf } from './selection.ts';
import type { Stalled, StepKind } from './stalled.ts';
import type { Timers } from './timers.port.ts';

/** Steps between numbers that the server says are taken are doubled up to here, then it is an outage like others. */
const NUMBER_STEP_MAX = 1 << 20;
/** The whole is refused for what it holds: halved until the one operation is found. */
const OF_THE_OPERATIONS = new Set(['COMMIT_TOO_LARGE', 'REQUEST_TOO_LARGE', 'REQUEST_INVALID']);

export interface CommitsOptions {
  readonly journal: Journal;
  readonly remote: Remote;
  readonly timers: Timers;
  readonly stalled: Stalled;
  /** Go ahead of what is planned. */
  readonly requests: Requests;
  readonly pathOf: (entry: EntryId) => string;
  readonly onAnswer: (sent: Sent, answer: CommitAnswer) => void;
  readonly onDiverged: () => Promise<void>;
  /** What the server thinks of us has changed: a pull shows it. */
  readonly onRefused: () => void;
}

/** One commit under way at most: stored before it goes out, and sent again unchanged until there is an answer. */
export class Commits {
  readonly #options: CommitsOptions;
  readonly #lane: Lane;
  #sent: Sent | undefined;
  #numberStep = 1;

  constructor(options: CommitsOptions, lane: Lane) {
    this.#options = options;
    this.#lane = lane;
  }

  /** The journal's, kept at hand since it may be large. */
  get sent(): Sent | undefined {
    return this.#sent;
  }

  /** After a start, and after a transaction that failed. */
  recall(): void {
    this.#sent = this.#options.journal.sent();
  }

  /** Within a transaction. */
  drop(): void {
    this.#set(undefined);
  }

  /** Sends what was stored and not answered. */
  resend(): void {
    const sent = this.#sent;
    if (sent && !sent.answer) this.#lane.run(() => this.#send(sent));
  }

  /** Stores the commit, then sends it: what a person asked for, else what is planned. */
  fill(planned: PlannedCommit): void {
    const { journal, requests } = this.#options;
    if (this.#sent) return;
    const { next } = requests;
    if (next === undefined && planned.operations.length === 0) {
      this.#lane.rest();
      return;
    }
    if (!this.#lane.isFree) return;
    const number = journal.lastNumber() + this.#numberStep;
    if (next === undefined) {
      const { operations, notes, marks } = planned;
      this.#store({ commit: { number, at: cursorOf(journal), operations }, notes, marks });
    } else {
      const { request, at } = next;
      this.#store({ commit: { number, at, operations: request.operations }, notes: [], marks: [], request: { entry: request.entry } });
      requests.sent(number);
    }
    this.resend();
  }

  #store(sent: Sent): void {
    this.#options.journal.transaction(() => this.#set(sent));
  }

  #set(sent: Sent | undefined): void {
    this.#options.journal.setSent(sent);
    this.#sent = sent;
  }

  #isCurrent(sent: Sent): boolean {
    return this.#sent?.commit.number === sent.commit.number && this.#sent.answer === undefined;
  }

  async #send(sent: Sent): Promise<void> {
    const { journal, remote } = this.#options;
    try {
      const answer = await remote.commit(sent.commit);
      if (!this.#isCurrent(sent)) return;
      if (answer.outcomes.length !== sent.commit.operations.length)
        return this.#takeNextNumber(new Error('the answer is to another commit'));
      journal.transaction(() => this.#set({ ...sent, answer }));
      this.#numberStep = 1;
      this.#options.onAnswer(sent, answer);
    } catch (error) {
      if (!(error instanceof Refused) || !this.#isCurrent(sent)) throw error;
      await this.#refused(sent, error);
    }
  }

  async #refused(sent: Sent, refused: Refused): Promise<void> {
    const { code } = refused;
    if (code === 'HISTORY_DIVERGED') return await this.#options.onDiverged();
    if (code === 'COMMIT_OUT_OF_ORDER') return this.#takeNextNumber(refused);
    if (sent.request && (code === 'NOT_ALLOWED' || OF_THE_OPERATIONS.has(code))) return this.#refuseRequest(sent, refused);
    if (OF_THE_OPERATIONS.has(code)) return this.#halve(sent, refused);
    if (code === 'NOT_ALLOWED') {
      // Nothing of it was decided; what it held is planned, or parked, again.
      this.#options.journal.transaction(() => this.drop());
      this.#options.onRefused();
    }
    throw refused;
  }

  /** Nothing of it was decided, and whoever asked hears why. */
  #refuseRequest({ commit }: Sent, refused: Refused): void {
    const { journal, requests, onRefused } = this.#options;
    journal.transaction(() => this.drop());
    if (refused.code === 'NOT_ALLOWED') onRefused();
    requests.answered(commit.number, refused);
  }

  /** The server knows of later commits of ours than this journal does: nothing of this one was decided. */
  #takeNextNumber(why: Error): void {
    this.#options.journal.transaction(() => this.drop());
    this.#options.onRefused();
    this.#numberStep *= 2;
    if (this.#numberStep > NUMBER_STEP_MAX) {
      this.#numberStep = 1;
      throw why;
    }
  }

  /** Nothing of it was decided, so its number is free again. */
  #halve(sent: Sent, refused: Refused): void {
    const { journal, timers, stalled, pathOf } = this.#options;
    const { operations } = sent.commit;
    if (operations.length > 1) {
      const half = firstOf({ operations, notes: sent.notes, marks: sent.marks }, Math.ceil(operations.length / 2));
      journal.transaction(() =>
        this.#set({ commit: { ...sent.commit, operations: half.operations }, notes: half.notes, marks: half.marks }),
      );
      return;
    }
    journal.transaction(() => this.drop());
    const [operation] = operations;
    assert(operation, 'a commit has operations');
    const entry = entryOf(operation);
    const parked = {
      entry,
      path: pathOf(entry),
      code: refused.code,
      message: refused.message,
      nextStep: 'It is tried again now and then, and when the file changes. `tidemark explain` shows what was decided.',
    };
    stalled.failed(entry, commitKind(operation), fingerprint(operation), timers.now(), parked, { pauseMs: 0, isFinal: true });
    // Conflicts that are only told of are not chosen by us, and would come again at once.
    if (operation.type === 'recordConflict') throw refused;
  }
}

export const commitKind = ({ type }: Operation): StepKind => `commit ${type}`;

const cursorOf = (journal: Journal): Cursor => {
  const { revision, chain, entry } = journal.cursor();
  assert(entry === undefined && journal.isComplete(), 'no commit goes out within a pull');
  return { revision, chain };
};
