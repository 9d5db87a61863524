import { assert, Fault, type Cursor, type EntryId, type Operation, type Outcome } from '@tidemark/domain';
import type { CommitAnswer, Delta } from '@tidemark/protocol';
import { NOTHING_TO_COMMIT } from '../planner/commit.ts';
import { noteConflicts } from '../planner/conflict-notes.ts';
import { revisionAwaited, settleOutcome } from '../planner/outcome.ts';
import { plan, type Decided, type Plan, type Policy, type Step } from '../planner/plan.ts';
import { settle } from '../planner/settle.ts';
import type { Impossible } from '../settling/settling.ts';
import { commitKind, Commits } from './commits.ts';
import { bytesOf, diskKind, DiskWork } from './disk-work.ts';
import { Feed } from './feed.ts';
import { fingerprint } from './fingerprint.ts';
import { Lane } from './lane.ts';
import type { Pending, Trees } from '../trees/trees.port.ts';
import { pendingWithout } from './pending.ts';
import { Refused, type DecisionRecord, type Disk, type Journal, type Parked, type Remote, type Sent, type Uploader } from './ports.ts';
import { Receipts } from './receipts.ts';
import { Requests, type Request } from './requests.ts';
import { choose, entryOf, membersOf } from './selection.ts';
import { Stalled } from './stalled.ts';
import type { Timers } from './timers.port.ts';
import { Uploads } from './uploads.ts';
import { SAID_SENT } from './words.ts';

const BACKSTOP_MS = 60_000;
/** Share of the time that planning may take beside transfers while much is dirty: after a turn of d ms the next waits this times d. */
const TURN_REST_FACTOR = 2;
/** Counting what is pending may take this share of the time while it changes: after a count of d ms the next waits this times d. */
const PENDING_REST_FACTOR = 20;
/** So many of what stands alone are settled and planned in one turn: some commits' worth, so that a turn costs the same whether ten thousand files are new or a million. */
export const ALONE_MAX = 2_000;
/** After a turn that failed: the journal's disk is full, say. */
const TURN_FAILED_MS = 5_000;

export type Activity = { readonly direction: 'up' | 'down' | 'local'; readonly path: string; readonly what: string };

export interface SynchronizerOptions {
  readonly journal: Journal;
  readonly disk: Disk;
  readonly remote: Remote;
  readonly uploader: Uploader;
  readonly policy: () => Policy;
  readonly timers: Timers;
  readonly pathOf: (entry: EntryId) => string;
  /** The Indexer is to look at these entries' places again. */
  readonly lookAgain: (entries: readonly EntryId[]) => void;
  readonly onActivity: (activity: Activity) => void;
  readonly onChange: () => void;
  /** What cannot be gone on with: told to the person when it changes. Undefined: it is over. */
  readonly onProblem: (problem: Error | undefined) => void;
}

export interface SynchronizerStatus {
  readonly cursor: Cursor;
  readonly head: Cursor;
  /** R is complete and at the head, nothing is sent, under way, or left to do but for what is parked. */
  readonly isSettled: boolean;
  readonly isOffline: boolean;
  readonly parked: readonly Parked[];
  readonly upload: { readonly entries: number; readonly bytes: number };
  readonly download: { readonly entries: number; readonly bytes: number };
}

/**
 * Observe, plan, act, remember. Brings one workspace's local and remote together: hears of observations and deltas, settles, plans, and runs what the plan says in
 * lanes that do not wait for each other. Holds no plan: after anything has happened it is worked out again from the three trees.
 *
 *     turn ──► settle ──► plan ──► lanes: pull · commit · upload small/large · disk small/large · receipt ──► turn
 */
export class Synchronizer {
  readonly #options: SynchronizerOptions;
  readonly #stalled = new Stalled();
  readonly #lanes: Record<'pull' | 'commit' | 'uploadSmall' | 'uploadLarge' | 'diskSmall' | 'diskLarge' | 'receipt', Lane>;
  readonly #feed: Feed;
  readonly #commits: Commits;
  readonly #uploads: Uploads;
  readonly #diskWork: DiskWork;
  readonly #receipts: Receipts;
  readonly #requests: Requests;
  #isRunning = false;
  #isScanned = false;
  #isTurnDue = false;
  /** Something else than the feed asked for the turn that is due. */
  #isPlanDue = false;
  #restUntil = 0;
  /** Grows while nothing can be done with what a turn looks at, so that much that is parked does not hold up the rest. */
  #aloneMax = ALONE_MAX;
  /** What the last turn found: nothing left but what is parked. For telling only. */
  #isNothingLeft = false;
  #planParked: readonly Parked[] = [];
  #pending: Pending | undefined;
  #isPendingOld = true;
  #pendingUntil = 0;
  #turnProblem: Error | undefined;
  #problemTold: Error | undefined;
  #cancelTurn: (() => void) | undefined;
  #cancelBackstop: (() => void) | undefined;
  #cancelLater: (() => void) | undefined;
  #planSaid: ReadonlyMap<string, string> = new Map();

  constructor(options: SynchronizerOptions) {
    this.#options = options;
    const { journal, remote, timers, pathOf, lookAgain, uploader, disk } = options;
    const lane = (): Lane => new Lane(timers, () => this.#laneEnded());
    const feedLane = (): Lane => new Lane(timers, () => this.#feedLaneEnded());
    const lanes = {
      pull: feedLane(),
      commit: feedLane(),
      uploadSmall: lane(),
      uploadLarge: lane(),
      diskSmall: lane(),
      diskLarge: lane(),
      receipt: lane(),
    };
    this.#lanes = lanes;
    const stalled = this.#stalled;
    const requests = new Requests(timers);
    this.#requests = requests;
    const isRunning = (): boolean => this.#isRunning;
    const wake = (): void => this.wake();
    this.#feed = new Feed(
      {
        journal,
        remote,
        timers,
        isRunning,
        wake: () => this.#wakeForFeed(),
        sent: () => this.#commits.sent,
        dropSent: () => this.#commits.drop(),
        onContent: ({ id }) => this.#uploads.know(id),
        onDiverged: () => {
          this.#uploads.forgetAll();
          requests.refuseAll(new Refused('HISTORY_DIVERGED', 'the server has another history than when this was asked; look again'));
        },
        onRecovered: () => this.#recovered(),
      },
      lanes.pull,
    );
    this.#commits = new Commits(
      {
        journal,
        remote,
        timers,
        stalled,
        requests,
        pathOf,
        onAnswer: (sent, answer) => this.#answered(sent, answer),
        onDiverged: () => this.#feed.startOver(),
        onRefused: () => this.#feed.pullSoon(),
      },
      lanes.commit,
    );
    this.#uploads = new Uploads(
      { journal, uploader, timers, stalled, pathOf, lookAgain, isRunning, wake },
      { small: lanes.uploadSmall, large: lanes.uploadLarge },
    );
    this.#diskWork = new DiskWork(
      {
        journal,
        disk,
        timers,
        stalled,
        pathOf,
        lookAgain,
        isRunning,
        wake,
        onDone: (path, what) => options.onActivity({ direction: 'down', path, what }),
        note: (entry, path, what, detail) => this.#note(entry, path, what, detail),
      },
      { small: lanes.diskSmall, large: lanes.diskLarge },
    );
    this.#receipts = new Receipts({ journal, remote, timers }, lanes.receipt);
  }

  start(): void {
    assert(!this.#isRunning, 'started twice');
    this.#isRunning = true;
    for (const lane of Object.values(this.#lanes)) lane.start();
    this.#commits.recall();
    this.#feed.pullSoon();
    this.#armBackstop();
    this.wake();
  }

  /** Resolves when nothing of ours touches the disk or the journal any more. Transfers under way are given up by their owners. */
  async stop(): Promise<void> {
    this.#isRunning = false;
    this.#isTurnDue = false;
    this.#cancelTurn?.();
    this.#cancelBackstop?.();
    this.#cancelLater?.();
    this.#feed.stop();
    await Promise.all(Object.values(this.#lanes).map((lane) => lane.stop()));
    this.#requests.refuseAll();
  }

  /** L has changed; `entries`: what was touched. */
  observed(entries: readonly EntryId[] = []): void {
    for (const entry of entries) this.#stalled.touched(entry);
    this.wake();
  }

  /**
   * The first look at the whole folder has ended: what is missing from L is missing from the disk. Before that only what was found new is sent, nothing is done on
   * disk, and no conflict is decided.
   */
  scanned(): void {
    this.#isScanned = true;
    this.wake();
  }

  /** From the socket. Applied only if it starts at our cursor and has rows; otherwise we pull. */
  receive(delta: Delta): void {
    if (!this.#isRunning) return;
    this.#feed.raiseHead(delta.to);
    let isApplied = false;
    try {
      isApplied = this.#feed.apply(delta);
    } catch (error) {
      this.#turnFailed(error);
    }
    if (!isApplied) this.poke();
    else if (this.#commits.sent?.answer && !this.#isAwaiting()) this.#wakeAtOnce();
    else this.wake();
  }

  /** Somebody says there is something to hear. */
  poke(head?: Cursor): void {
    this.#feed.poke(head);
  }

  /** The way to the server has come back. */
  online(): void {
    this.#stalled.forgiveFaults();
    for (const lane of Object.values(this.#lanes)) lane.forgive();
    this.poke();
  }

  /**
   * What a person asks for, as an ordinary commit of its own, ahead of what is planned. `make` is called at once and sees R; the commit says that it has seen R as it
   * is now, so whatever comes to the server after that is unseen. Gives what the server decided, operation by operation. What it changes comes here as everybody's
   * changes do, and may not be here yet.
   * @throws {Refused} as a whole: nothing was changed. `NOT_POSSIBLE` where `make` says so.
   * @throws {Fault} `retry: 'later'`: not sent, and nothing was changed; or sent and not answered in time, then it is sent again until it is, also after a restart.
   */
  async request(make: (trees: Trees) => Request | Impossible): Promise<readonly Outcome[]> {
    const { journal } = this.#options;
    if (!this.#isRunning || this.#isOffline()) throw new Fault('the server cannot be reached now; nothing was changed', { retry: 'later' });
    const { revision, chain } = journal.cursor();
    if (!journal.isComplete())
      throw new Fault('this device is still being told what the server has; nothing was changed', { retry: 'later' });
    const made = make(journal.trees);
    if ('impossible' in made) throw new Refused('NOT_POSSIBLE', made.impossible);
    const answer = this.#requests.ask(made, { revision, chain });
    this.#lanes.commit.forgive();
    this.#wakeAtOnce();
    return await answer;
  }

  status(): SynchronizerStatus {
    const parked = this.#parked();
    const isSettled = !this.#isTurnDue && this.#isQuiet();
    const { upload, download } = this.#pendingNow(parked, isSettled);
    return {
      cursor: this.#options.journal.cursor(),
      head: this.#feed.head,
      isSettled,
      isOffline: this.#isOffline(),
      parked,
      upload: { ...upload },
      download: { ...download },
    };
  }

  /** Something may have become possible: take a turn soon. */
  wake(): void {
    this.#isPlanDue = true;
    this.#wakeForFeed();
  }

  /** There may be something to pull; whether there is anything new to plan, shows then. */
  #wakeForFeed(): void {
    this.#isPendingOld = true;
    if (!this.#isRunning || this.#isTurnDue) return;
    this.#isTurnDue = true;
    const wait = Math.max(0, this.#restUntil - this.#options.timers.now());
    this.#cancelTurn = this.#options.timers.after(wait, () => this.#turn());
  }

  /** What the next commit waited for is there: nothing is gained by resting. */
  #wakeAtOnce(): void {
    this.#restUntil = this.#turnProblem ? this.#restUntil : 0;
    this.#cancelTurn?.();
    this.#isTurnDue = false;
    this.wake();
  }

  /** Exact when everything is settled; else a moment old where counting takes long. */
  #pendingNow(parked: readonly Parked[], isSettled: boolean): Pending {
    const { journal, timers } = this.#options;
    const began = timers.now();
    if (this.#pending && !(this.#isPendingOld && (isSettled || began >= this.#pendingUntil))) return this.#pending;
    const ids = new Set(parked.map((one) => one.entry));
    this.#pending = pendingWithout(journal.trees, ids);
    this.#isPendingOld = false;
    const now = timers.now();
    this.#pendingUntil = now + (now - began) * PENDING_REST_FACTOR;
    return this.#pending;
  }

  // ---- one turn: settle, plan, fill the lanes

  #turn(): void {
    this.#isTurnDue = false;
    if (!this.#isRunning) return;
    const { timers, onChange } = this.#options;
    const began = timers.now();
    try {
      this.#takeTurn();
      this.#turnProblem = undefined;
    } catch (error) {
      this.#turnFailed(error);
    }
    const now = timers.now();
    const rest = this.#isTransferring() ? (now - began) * TURN_REST_FACTOR : 0;
    this.#restUntil = now + (this.#turnProblem ? TURN_FAILED_MS : rest);
    if (this.#turnProblem) this.wake();
    this.#tellProblem();
    onChange();
  }

  #takeTurn(): void {
    const { journal } = this.#options;
    this.#isPendingOld = true;
    this.#feed.fill(this.#diskWork.isBusy);
    if (journal.isComplete() && !this.#isPlanDue && this.#isAwaiting()) return;
    this.#isPlanDue = false;
    this.#isNothingLeft = false;
    if (!journal.isComplete()) {
      this.#diskWork.clear();
      return;
    }
    this.#commits.resend();
    let left: readonly Step[] = [];
    const made = journal.transaction(() => {
      this.#settle();
      const planned = plan(journal.trees, this.#policy(), this.#commits.sent, (steps) => {
        const chosen = choose(steps, (operation) => this.#mayGo(operation));
        left = chosen.left;
        return chosen.going;
      });
      if (!this.#isScanned) return withoutDisk(planned);
      noteConflicts(journal.trees, planned.conflicts);
      return planned;
    });
    this.#noteNew(made.decisions);
    this.#keepTrials(made);
    this.#planParked = [...made.parked, ...this.#waitingForParked(left)];
    const isAllParked = this.#isAllParked(made, left);
    this.#isNothingLeft = this.#isScanned && isAllParked && made.isAll;
    const isStuck = isAllParked && !made.isAll && !this.#commits.sent;
    if (isStuck) this.#aloneMax *= 2;
    else if (this.#aloneMax > ALONE_MAX && journal.trees.dirtyWithin(ALONE_MAX).cut.length === 0) this.#aloneMax = ALONE_MAX;
    this.#diskWork.fill(made.disk);
    this.#uploads.fill(made.steps);
    this.#commits.fill(made.commit);
    this.#fillReceipt(made);
    if (isStuck) this.wake();
  }

  #policy(): Policy {
    return { ...this.#options.policy(), aloneMax: this.#aloneMax };
  }

  #settle(): void {
    const { journal } = this.#options;
    const { sent } = this.#commits;
    journal.trees.leaveOut(this.#options.policy().excludedTops ?? []);
    const awaited = sent && revisionAwaited(sent);
    if (sent && awaited !== undefined && awaited <= journal.cursor().revision) {
      this.#noteOutcomes(sent);
      settleOutcome(journal.trees, sent);
      this.#commits.drop();
    }
    const busy = (entry: EntryId): boolean => this.#diskWork.isUnderWay(entry);
    this.#noteAll(settle(journal.trees, this.#commits.sent, { policy: this.#policy(), busy }));
  }

  #mayGo(operation: Operation): boolean {
    if (!this.#isScanned && !isCreation(operation)) return false;
    if (!this.#uploads.isThere(operation)) return false;
    return this.#stalled.mayTry(entryOf(operation), commitKind(operation), () => fingerprint(operation), this.#options.timers.now());
  }

  /** While a commit is under way the plan is silent on what it holds, so that nothing is forgotten then. */
  #keepTrials({ disk, steps }: Plan): void {
    if (this.#commits.sent) return;
    const open = new Set<string>(disk.map((one) => `${one.entry} ${diskKind(one)}`));
    for (const { operation, copyOf } of steps) {
      open.add(`${entryOf(operation)} ${commitKind(operation)}`);
      for (const member of operation.type === 'group' ? operation.operations : [operation])
        open.add(`${copyOf?.entry ?? member.entry} upload`);
    }
    this.#stalled.keepOnly((entry, kind) => open.has(`${entry} ${kind}`));
  }

  #isStepParked({ operation, copyOf }: Step): boolean {
    if (this.#stalled.isParked(entryOf(operation), commitKind(operation))) return true;
    const members = operation.type === 'group' ? operation.operations : [operation];
    return members.some((member) => this.#stalled.isParked(copyOf?.entry ?? member.entry, 'upload'));
  }

  /** Left out with something that is parked, such as what lies in a folder that is refused. */
  #waitingForParked(left: readonly Step[]): Parked[] {
    const isParked = new Set(left.filter((step) => this.#isStepParked(step)).map(({ operation }) => entryOf(operation)));
    if (isParked.size === 0) return [];
    const waiting: Parked[] = [];
    for (const step of left) {
      const { operation } = step;
      const entry = entryOf(operation);
      const members = operation.type === 'group' ? operation.operations : [operation];
      if (!members.some((one) => ('parent' in one && isParked.has(one.parent)) || (one.type === 'restore' && isParked.has(one.entry))))
        continue;
      isParked.add(entry);
      const message = 'it waits for another entry that is parked';
      waiting.push({ entry, path: this.#options.pathOf(entry), code: 'WAITS_FOR_PARKED', message, nextStep: 'It follows by itself.' });
    }
    return waiting;
  }

  /** Steps that are not possible yet count for nothing by themselves: they wait for one that is. */
  #isAllParked({ disk, commit }: Plan, left: readonly Step[]): boolean {
    const waiting = new Set(this.#planParked.map(({ entry }) => entry));
    return (
      commit.operations.length === 0 &&
      disk.every((one) => this.#stalled.isParked(one.entry, diskKind(one))) &&
      left.every((step) => waiting.has(entryOf(step.operation)) || this.#isStepParked(step))
    );
  }

  #isQuiet(): boolean {
    return (
      this.#isNothingLeft &&
      this.#feed.isUpToDate &&
      this.#commits.sent === undefined &&
      !Object.entries(this.#lanes).some(([name, lane]) => lane.isBusy && name !== 'receipt' && name !== 'pull') &&
      this.#options.journal.intents().length === 0
    );
  }

  #fillReceipt({ disk }: Plan): void {
    const isQuiet = this.#isQuiet();
    const fetching = disk.flatMap((one) => (bytesOf(one) > 0 ? [{ entry: one.entry, bytes: bytesOf(one) }] : []));
    const due = this.#receipts.tell({ isQuiet, parked: this.#parked(), fetching });
    this.#wakeLater(due, this.#stalled.nextTrial(this.#options.timers.now()));
  }

  #parked(): readonly Parked[] {
    const parked = new Map<EntryId, Parked>();
    for (const one of [...this.#stalled.parked(), ...this.#planParked]) if (!parked.has(one.entry)) parked.set(one.entry, one);
    return [...parked.values()];
  }

  /** One timer for whatever waits for the time. */
  #wakeLater(...times: readonly (number | undefined)[]): void {
    this.#cancelLater?.();
    this.#cancelLater = undefined;
    const next = Math.min(...times.map((time) => time ?? Infinity));
    if (next === Infinity) return;
    const { timers } = this.#options;
    this.#cancelLater = timers.after(Math.max(1, next - timers.now()), () => this.wake());
  }

  #armBackstop(): void {
    const wait = BACKSTOP_MS * (0.75 + this.#options.timers.random() / 2);
    this.#cancelBackstop = this.#options.timers.after(wait, () => {
      if (!this.#isRunning) return;
      this.#feed.pullSoon(false);
      this.wake();
      this.#armBackstop();
    });
  }

  // ---- hearing

  #answered(sent: Sent, { outcomes, delta }: CommitAnswer): void {
    if (delta) this.#feed.raiseHead(delta.to);
    this.#tellSent(sent, outcomes);
    const awaited = revisionAwaited({ ...sent, answer: { number: sent.commit.number, outcomes } });
    const isThere = delta !== undefined && this.#feed.apply(delta);
    if (isThere) this.wake();
    if (!isThere && awaited !== undefined && awaited > this.#options.journal.cursor().revision) this.#feed.pullSoon();
  }

  #recovered(): void {
    this.#stalled.forgiveFaults();
    for (const lane of Object.values(this.#lanes)) if (lane.isAway) lane.forgive();
  }

  #tellSent(sent: Sent, outcomes: CommitAnswer['outcomes']): void {
    const { timers, pathOf, onActivity } = this.#options;
    if (sent.request) return this.#tellRequest(sent, sent.request.entry, outcomes);
    sent.commit.operations.forEach((operation, index) => {
      const outcome = outcomes[index];
      if (!outcome) return;
      const entry = entryOf(operation);
      const path = pathOf(entry);
      if (outcome.accepted) {
        this.#stalled.progressed(entry, commitKind(operation));
        onActivity({ direction: 'up', path, what: SAID_SENT[operation.type] });
        return;
      }
      const { code } = outcome.rejection;
      if (code === 'CHUNKS_MISSING') this.#uploads.doubt(operation);
      const message = `the server does not take this change (${code})`;
      const nextStep = 'It is tried again now and then, and when the file changes. `tidemark explain` shows what was decided.';
      this.#stalled.failed(
        entry,
        commitKind(operation),
        fingerprint(operation),
        timers.now(),
        { entry, path, code, message, nextStep },
        { pauseMs: 0 },
      );
    });
  }

  #tellRequest({ commit }: Sent, entry: EntryId, outcomes: CommitAnswer['outcomes']): void {
    const { pathOf, onActivity } = this.#options;
    commit.operations.forEach((operation, index) => {
      if (outcomes[index]?.accepted === true)
        onActivity({ direction: 'up', path: pathOf(entry), what: SAID_SENT[requestedType(operation)] });
    });
    this.#requests.answered(commit.number, outcomes);
  }

  // ---- telling

  #laneEnded(): void {
    if (!this.#isRunning) return;
    this.#tellProblem();
    this.wake();
  }

  #turnFailed(error: unknown): void {
    this.#turnProblem = error instanceof Error ? error : new Error(String(error));
    this.#commits.recall();
  }

  /** Of these two nothing new comes that was not in the plan, as long as only what was committed is waited for. */
  #feedLaneEnded(): void {
    if (!this.#isRunning) return;
    this.#tellProblem();
    if (this.#isAwaiting()) this.#wakeForFeed();
    else if (this.#commits.sent?.answer) this.#wakeAtOnce();
    else this.wake();
  }

  /** The commit was answered, and what it did is not yet in R. */
  #isAwaiting(): boolean {
    const { sent } = this.#commits;
    const awaited = sent && revisionAwaited(sent);
    return awaited !== undefined && awaited > this.#options.journal.cursor().revision;
  }

  #isOffline(): boolean {
    return this.#lanes.pull.isAway || this.#lanes.commit.isAway;
  }

  #isTransferring(): boolean {
    const { uploadSmall, uploadLarge, diskSmall, diskLarge } = this.#lanes;
    return uploadSmall.isBusy || uploadLarge.isBusy || diskSmall.isBusy || diskLarge.isBusy;
  }

  /** The first of what goes wrong; once. */
  #tellProblem(): void {
    const problem = this.#turnProblem ?? Object.values(this.#lanes).find((lane) => lane.problem)?.problem;
    if (problem === this.#problemTold) return;
    this.#problemTold = problem;
    this.#options.onProblem(problem);
  }

  #note(entry: EntryId, path: string, what: DecisionRecord['what'], detail: string, rule?: string): void {
    this.#options.journal.note({ at: this.#options.timers.now(), entry, path, what, detail, rule });
  }

  #noteAll(decisions: readonly Decided[]): void {
    const at = this.#options.timers.now();
    for (const decided of decisions) this.#options.journal.note({ ...decided, at });
  }

  /** The same plan again is no news. */
  #noteNew(decisions: readonly Decided[]): void {
    const news: Decided[] = [];
    const said = new Map<string, string>();
    for (const one of decisions) {
      const key = `${one.entry} ${one.what} ${one.rule ?? ''}`;
      said.set(key, one.detail);
      if (this.#planSaid.get(key) !== one.detail) news.push(one);
    }
    this.#planSaid = said;
    if (news.length > 0) this.#options.journal.transaction(() => this.#noteAll(news));
  }

  #noteOutcomes(sent: Sent): void {
    sent.commit.operations.forEach((operation, index) => {
      const outcome = sent.answer?.outcomes[index];
      if (!outcome) return;
      const entry = sent.request?.entry ?? entryOf(operation);
      const type = sent.request ? requestedType(operation) : operation.type;
      const next = sent.request ? 'nothing was changed' : 'it is planned again';
      const detail = outcome.accepted
        ? `${type} is in the history at revision ${outcome.revision}`
        : `${type} was not taken (${outcome.rejection.code}); ${next}`;
      this.#note(entry, this.#options.pathOf(entry), outcome.accepted ? 'accepted' : 'rejected', detail);
    });
  }
}

/** A group that a person asked for is called by its first member. */
const requestedType = (operation: Operation): Operation['type'] => membersOf(operation)[0]?.type ?? operation.type;

const isCreation = ({ type }: Operation): boolean => type === 'createFolder' || type === 'createFile' || type === 'createLink';

/** What may be done of a plan that was made before the whole folder was looked at. */
function withoutDisk(planned: Plan): Plan {
  return { ...planned, disk: [], conflicts: [], commit: planned.conflicts.length === 0 ? planned.commit : NOTHING_TO_COMMIT };
}
