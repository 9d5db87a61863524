import { assert, NO_REVISION, START, type ContentId, type Cursor, type EntryId, type Row } from '@tidemark/domain';
import type { Delta } from '@tidemark/protocol';
import { applyDiskOutcome, applyRows } from '../planner/apply.ts';
import { noteConflicts } from '../planner/conflict-notes.ts';
import { divergeRebase } from '../planner/diverge.ts';
import { revisionAwaited, settleOutcome } from '../planner/outcome.ts';
import { plan, type Decided, type Plan, type PlannedCommit, type Policy } from '../planner/plan.ts';
import { settle } from '../planner/settle.ts';
import { Lane } from './lane.ts';
import {
  Refused,
  type DecisionRecord,
  type Disk,
  type DiskOperation,
  type Journal,
  type Parked,
  type Remote,
  type Sent,
  type Uploader,
} from './ports.ts';
import { contentsOf, entryOf, neededUploads, select, type NeededUpload } from './selection.ts';
import { Stalled } from './stalled.ts';
import type { Timers } from './timers.port.ts';

const PULL_ROWS = 2_000;
const BACKSTOP_MS = 60_000;
/** Files up to here share uploads, downloads and commits; larger ones go one at a time beside them. */
const SMALL_FILE_BYTES_MAX = 8 * 1024 * 1024;
const UPLOADS_AT_ONCE_MAX = 1_000;
const UPLOAD_BYTES_AT_ONCE = 64 * 1024 * 1024;
const DISK_OPERATIONS_AT_ONCE_MAX = 500;
const DISK_BYTES_AT_ONCE = 64 * 1024 * 1024;
const UPLOADED_KNOWN_MAX = 100_000;
/** Share of the time that planning may take while much is dirty: after a plan of d ms the next waits d times this. */
const PLAN_REST_FACTOR = 2;
const RECEIPT_EVERY_MS = 5_000;

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
  /** What cannot be gone on with: told to the person. Undefined: it is over. */
  readonly onProblem: (problem: Error | undefined) => void;
}

export interface SynchronizerStatus {
  readonly cursor: Cursor;
  readonly head: Cursor;
  /** R is complete, nothing is sent, planned, or under way, and the cursor is at the head. */
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
  /** Contents known to be on the server. A cache: losing one costs a question. */
  readonly #uploaded = new Set<ContentId>();
  readonly #uploading = new Set<ContentId>();
  readonly #onDisk = new Set<EntryId>();
  #isRunning = false;
  #isScanned = false;
  #isPullDue = true;
  #isTurnDue = false;
  #restUntil = 0;
  #head: Cursor = START;
  #plan: Plan | undefined;
  #planParked: readonly Parked[] = [];
  #cancelTurn: (() => void) | undefined;
  #cancelBackstop: (() => void) | undefined;
  #planSaid: ReadonlyMap<EntryId, string> = new Map();
  #receiptSaid = '';
  #receiptAt = 0;

  constructor(options: SynchronizerOptions) {
    this.#options = options;
    const lane = (isRemote: boolean): Lane =>
      new Lane(
        options.timers,
        () => this.wake(),
        (problem) => this.#laneFailed(problem, isRemote),
      );
    this.#lanes = {
      pull: lane(true),
      commit: lane(true),
      uploadSmall: lane(true),
      uploadLarge: lane(true),
      diskSmall: lane(false),
      diskLarge: lane(false),
      receipt: lane(true),
    };
  }

  start(): void {
    assert(!this.#isRunning, 'started twice');
    this.#isRunning = true;
    this.#armBackstop();
    this.wake();
  }

  /** Resolves when nothing of ours touches the disk or the journal any more. Downloads under way are given up by their owners. */
  async stop(): Promise<void> {
    this.#isRunning = false;
    this.#cancelTurn?.();
    this.#cancelBackstop?.();
    for (const lane of Object.values(this.#lanes)) lane.stop();
    while (Object.values(this.#lanes).some((lane) => lane.isBusy)) await new Promise<void>((next) => this.#options.timers.after(5, next));
  }

  /** L has changed; `entries`: what was touched. */
  observed(entries: readonly EntryId[] = []): void {
    for (const entry of entries) this.#stalled.touched(entry);
    this.wake();
  }

  /** The first look at the whole folder has ended: what is missing from L is missing from the disk. */
  scanned(): void {
    this.#isScanned = true;
    this.wake();
  }

  /** From the socket. Applied only if it starts at our cursor and has rows; otherwise we pull. */
  receive(delta: Delta): void {
    this.#raiseHead(delta.to);
    if (!this.#applyDelta(delta)) this.poke();
    else this.wake();
  }

  /** Somebody says there is something to hear. */
  poke(head?: Cursor): void {
    if (head) {
      this.#raiseHead(head);
      if (this.#options.journal.isComplete() && head.revision === this.#options.journal.cursor().revision) {
        if (head.chain === this.#options.journal.cursor().chain) return;
      }
    }
    this.#isPullDue = true;
    this.#lanes.pull.forgive();
    this.wake();
  }

  /** The way to the server has come back. */
  online(): void {
    for (const lane of Object.values(this.#lanes)) lane.forgive();
    this.poke();
  }

  status(): SynchronizerStatus {
    const { journal } = this.#options;
    const cursor = journal.cursor();
    const parked = [...this.#planParked, ...this.#stalled.parked()];
    const parkedIds = new Set(parked.map((one) => one.entry));
    const upload = { entries: 0, bytes: 0 };
    const download = { entries: 0, bytes: 0 };
    let open = 0;
    for (const id of journal.trees.dirty()) {
      if (parkedIds.has(id)) continue;
      const local = journal.trees.local(id);
      const remote = journal.trees.remote(id);
      const synced = journal.trees.synced(id);
      if (!local && !synced && !remote) continue;
      open += 1;
      const isLive = remote !== undefined && !remote.deleted;
      if (isLive && (!local || (remote.content && remote.content.id !== local.content?.id && synced?.content?.key !== remote.content.id))) {
        download.entries += 1;
        if (remote.kind === 'file' && remote.content?.id !== local?.content?.id) download.bytes += remote.content?.size ?? 0;
      } else {
        upload.entries += 1;
        if (local?.content && local.content.id !== remote?.content?.id) upload.bytes += local.content.size;
      }
    }
    const isBusy = Object.entries(this.#lanes).some(([name, lane]) => lane.isBusy && name !== 'receipt');
    return {
      cursor,
      head: this.#head,
      isSettled:
        this.#isScanned &&
        !isBusy &&
        !this.#isPullDue &&
        !this.#isTurnDue &&
        journal.isComplete() &&
        journal.sent() === undefined &&
        journal.intents().length === 0 &&
        (open === 0 || (this.#plan !== undefined && this.#plan.disk.length === 0 && this.#plan.commit.operations.length === 0)) &&
        cursor.revision === this.#head.revision,
      isOffline: this.#lanes.pull.isFailing || this.#lanes.commit.isFailing,
      parked,
      upload,
      download,
    };
  }

  /** Something may have become possible: take a turn soon. */
  wake(): void {
    if (!this.#isRunning || this.#isTurnDue) return;
    this.#isTurnDue = true;
    const wait = Math.max(0, this.#restUntil - this.#options.timers.now());
    this.#cancelTurn = this.#options.timers.after(wait, () => {
      this.#isTurnDue = false;
      if (this.#isRunning) this.#turn();
    });
  }

  // ---- one turn: settle, plan, fill the lanes

  #turn(): void {
    const { journal, timers } = this.#options;
    if (this.#isPullDue || !journal.isComplete()) this.#lanes.pull.run(() => this.#pull());
    if (!journal.isComplete()) {
      this.#options.onChange();
      return;
    }
    const started = timers.now();
    const planned = journal.transaction(() => {
      this.#settle();
      if (!this.#isScanned) return undefined;
      const made = plan(journal.trees, this.#options.policy(), journal.sent());
      noteConflicts(journal.trees, made.conflicts);
      return made;
    });
    this.#plan = planned;
    if (planned) {
      this.#restUntil = timers.now() + (timers.now() - started) * PLAN_REST_FACTOR;
      this.#planParked = planned.parked;
      this.#noteNew(planned.decisions);
      const open = new Set([...planned.disk.map((one) => one.entry), ...planned.commit.operations.map((one) => entryOf(one))]);
      this.#stalled.keepOnly(open);
      this.#fillDisk(planned.disk);
      this.#fillUploads(planned.commit);
      this.#fillCommit(planned.commit);
      this.#fillReceipt(open.size === 0);
      const next = this.#stalled.nextTrial();
      if (next !== undefined) timers.after(Math.max(50, next - timers.now()), () => this.wake());
    }
    this.#options.onChange();
  }

  #settle(): void {
    const { journal } = this.#options;
    const sent = journal.sent();
    const awaited = sent && revisionAwaited(sent);
    if (sent && awaited !== undefined && awaited <= journal.cursor().revision) {
      this.#noteOutcomes(sent);
      settleOutcome(journal.trees, sent);
      journal.setSent(undefined);
    }
    this.#noteAll(settle(journal.trees, journal.sent(), { policy: this.#options.policy(), busy: (entry) => this.#onDisk.has(entry) }));
  }

  // ---- hearing

  #raiseHead(head: Cursor): void {
    if (head.revision > this.#head.revision) this.#head = head;
  }

  #armBackstop(): void {
    const wait = BACKSTOP_MS * (0.75 + this.#options.timers.random() / 2);
    this.#cancelBackstop = this.#options.timers.after(wait, () => {
      if (!this.#isRunning) return;
      this.#isPullDue = true;
      this.wake();
      this.#armBackstop();
    });
  }

  #applyDelta(delta: Delta): boolean {
    const { journal } = this.#options;
    const cursor = journal.cursor();
    if (delta.to.revision <= cursor.revision && journal.isComplete()) return true;
    if (!delta.rows || !journal.isComplete() || delta.from.revision !== cursor.revision || delta.from.chain !== cursor.chain) return false;
    const rows = delta.rows;
    journal.transaction(() => {
      this.#applyRows(rows);
      journal.setCursor(delta.to);
    });
    return true;
  }

  #applyRows(rows: readonly Row[]): void {
    for (const row of rows) {
      if (row.content && !row.deleted) this.#know(row.content.id);
    }
    applyRows(this.#options.journal.trees, rows);
  }

  async #pull(): Promise<void> {
    const { journal, remote } = this.#options;
    this.#isPullDue = false;
    try {
      for (;;) {
        const position = journal.cursor();
        const isFresh = position.revision === NO_REVISION && journal.diverged() === undefined;
        const page = await remote.pull(position, { fresh: isFresh, limit: PULL_ROWS });
        if (!this.#isRunning) return;
        this.#raiseHead(page.head);
        const now = journal.cursor();
        if (now.revision !== position.revision || now.entry !== position.entry || now.chain !== position.chain) continue;
        journal.transaction(() => {
          this.#applyRows(page.rows);
          journal.setCursor(page.next);
          journal.setComplete(!page.more);
          const diverged = journal.diverged();
          if (!page.more && diverged) {
            divergeRebase(journal.trees, diverged.common ?? undefined);
            journal.setDiverged(undefined);
          }
        });
        if (page.more) continue;
        // What came meanwhile may be ahead of the read model that answered: the head says so, and a delta or the next pull brings it.
        if (page.next.revision < page.head.revision) this.#isPullDue = true;
        break;
      }
      this.#options.onProblem(undefined);
      this.#lanes.commit.forgive();
    } catch (error) {
      this.#isPullDue = true;
      if (error instanceof Refused && error.code === 'HISTORY_DIVERGED') await this.#startOver();
      else throw error;
    }
  }

  /** The server was restored or forked: R is built again from zero, and what S has beyond the common point is no longer agreed. */
  async #startOver(): Promise<void> {
    const { journal, remote } = this.#options;
    const known = journal.diverged();
    const answer = known ? undefined : await remote.common(journal.cursors());
    journal.transaction(() => {
      if (answer) journal.setDiverged({ common: answer.common });
      journal.setSent(undefined);
      journal.trees.clearRemote();
      journal.setCursor(START);
      journal.setComplete(false);
      journal.forgetCursorsAfter(answer?.common ?? known?.common ?? undefined);
    });
    this.#uploaded.clear();
    this.#head = answer?.head ?? START;
  }

  // ---- sending

  #know(content: ContentId): void {
    if (this.#uploaded.size >= UPLOADED_KNOWN_MAX) {
      const [oldest] = this.#uploaded;
      if (oldest) this.#uploaded.delete(oldest);
    }
    this.#uploaded.add(content);
  }

  #fillUploads(commit: PlannedCommit): void {
    const needed = neededUploads(commit, (content) => this.#uploaded.has(content) || this.#uploading.has(content));
    if (needed.length === 0) return;
    const small: NeededUpload[] = [];
    let bytes = 0;
    for (const one of needed) {
      if (one.size > SMALL_FILE_BYTES_MAX || small.length >= UPLOADS_AT_ONCE_MAX || bytes >= UPLOAD_BYTES_AT_ONCE) continue;
      small.push(one);
      bytes += one.size;
    }
    const [large] = needed.filter((one) => one.size > SMALL_FILE_BYTES_MAX).toSorted((a, b) => a.size - b.size);
    if (small.length > 0) this.#lanes.uploadSmall.run(() => this.#upload(small));
    if (large) this.#lanes.uploadLarge.run(() => this.#upload([large]));
  }

  async #upload(needed: readonly NeededUpload[]): Promise<void> {
    const { journal, uploader } = this.#options;
    for (const one of needed) this.#uploading.add(one.content.id);
    try {
      const { stale } = await uploader.upload(
        needed.map(({ entry, content }) => ({ entry, content, base: journal.trees.synced(entry)?.content?.value })),
      );
      const staleIds = new Set(stale);
      for (const { entry, content } of needed) if (!staleIds.has(entry)) this.#know(content.id);
      if (stale.length > 0) this.#options.lookAgain(stale);
    } finally {
      for (const one of needed) this.#uploading.delete(one.content.id);
    }
  }

  #fillCommit(planned: PlannedCommit): void {
    const { journal, timers } = this.#options;
    const sent = journal.sent();
    if (sent) {
      if (!sent.answer) this.#lanes.commit.run(() => this.#send(sent));
      return;
    }
    if (!this.#lanes.commit.isFree) return;
    const now = timers.now();
    const going = select(
      planned,
      (operation) =>
        contentsOf(operation).every((content) => this.#uploaded.has(content.id)) &&
        this.#stalled.mayTry(entryOf(operation), fingerprint(operation), now),
    );
    if (going.operations.length === 0) return;
    const next: Sent = {
      commit: { number: journal.lastNumber() + 1, at: cursorOf(journal), operations: going.operations },
      marks: going.marks,
      notes: going.notes,
    };
    journal.transaction(() => journal.setSent(next));
    this.#lanes.commit.run(() => this.#send(next));
  }

  async #send(sent: Sent): Promise<void> {
    const { journal, remote } = this.#options;
    try {
      const answer = await remote.commit(sent.commit);
      const [delta] = [answer.delta];
      if (delta) this.#raiseHead(delta.to);
      journal.transaction(() => {
        const current = journal.sent();
        if (current?.commit.number !== sent.commit.number || current.answer) return;
        journal.setSent({ ...current, answer });
      });
      for (const outcome of answer.outcomes) this.#raiseHeadTo(outcome.revision);
      if (!delta || !this.#applyDelta(delta)) {
        if (answer.outcomes.some((outcome) => outcome.revision > journal.cursor().revision)) this.#isPullDue = true;
      }
      this.#tellSent(sent, answer.outcomes);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      if (error.code === 'HISTORY_DIVERGED') await this.#startOver();
      else if (error.code === 'COMMIT_TOO_LARGE' && sent.commit.operations.length > 1) this.#halve(sent);
      else throw error;
    }
  }

  /** Nothing of it was decided, so its number is free again. */
  #halve(sent: Sent): void {
    const { journal } = this.#options;
    const whole = { operations: sent.commit.operations, notes: sent.notes, marks: sent.marks };
    const half = select(whole, (_operation, index) => index < sent.commit.operations.length / 2);
    journal.transaction(() =>
      journal.setSent({ commit: { ...sent.commit, operations: half.operations }, notes: half.notes, marks: half.marks }),
    );
  }

  #raiseHeadTo(revision: bigint): void {
    // The chain comes with the rows; until then the head only says that there is more.
    if (revision > this.#head.revision) this.#isPullDue = true;
  }

  #tellSent(sent: Sent, outcomes: NonNullable<Sent['answer']>['outcomes']): void {
    const now = this.#options.timers.now();
    sent.commit.operations.forEach((operation, index) => {
      const outcome = outcomes[index];
      const entry = entryOf(operation);
      const path = this.#options.pathOf(entry);
      if (outcome?.accepted) {
        this.#stalled.progressed(entry);
        this.#options.onActivity({ direction: 'up', path, what: SAID[operation.type] });
        return;
      }
      if (outcome?.accepted === false) {
        const { code } = outcome.rejection;
        if (code === 'CHUNKS_MISSING') for (const content of contentsOf(operation)) this.#uploaded.delete(content.id);
        this.#stalled.refused(entry, fingerprint(operation), now, {
          entry,
          path,
          code,
          message: `the server does not take this change (${code})`,
          nextStep: 'It is tried again now and then, and when the file changes. `tidemark explain` shows what was decided.',
        });
      }
    });
  }

  // ---- the disk

  #fillDisk(operations: readonly DiskOperation[]): void {
    const now = this.#options.timers.now();
    const open = operations.filter((one) => !this.#onDisk.has(one.entry) && this.#stalled.mayTry(one.entry, fingerprint(one), now));
    const isLarge = (one: DiskOperation): boolean => bytesOf(one) > SMALL_FILE_BYTES_MAX;
    const [large] = open.filter((one) => isLarge(one)).toSorted((a, b) => bytesOf(a) - bytesOf(b));
    const small: DiskOperation[] = [];
    let bytes = 0;
    const light = open.filter((one) => !isLarge(one));
    const isRemoval = (one: DiskOperation): boolean => one.type === 'removeFile' || one.type === 'removeFolder';
    // A doomed file may still be a source of what is to be written: removals wait while small files are to come.
    const others = light.filter((one) => !isRemoval(one));
    for (const one of others.length > 0 ? others : light) {
      if (small.length >= DISK_OPERATIONS_AT_ONCE_MAX || bytes >= DISK_BYTES_AT_ONCE) break;
      small.push(one);
      bytes += bytesOf(one);
    }
    if (small.length > 0) this.#lanes.diskSmall.run(() => this.#perform(small));
    if (large) this.#lanes.diskLarge.run(() => this.#perform([large]));
  }

  async #perform(operations: readonly DiskOperation[]): Promise<void> {
    const { journal, disk, timers } = this.#options;
    for (const one of operations) this.#onDisk.add(one.entry);
    try {
      const outcomes = await disk.perform(operations, (intents) => journal.transaction(() => journal.addIntents(intents)));
      const again: EntryId[] = [];
      const said: Activity[] = [];
      journal.transaction(() => {
        operations.forEach((operation, index) => {
          const outcome = outcomes[index];
          const path = this.#options.pathOf(operation.entry);
          if (!outcome) return;
          journal.dropIntent(operation.entry);
          if ('fault' in outcome) {
            this.#stalled.failed(operation.entry, fingerprint(operation), timers.now(), {
              entry: operation.entry,
              path: path || ('name' in operation ? operation.name : ''),
              code: 'DISK',
              message: outcome.fault.message,
              nextStep: 'Nothing was changed; it is tried again by itself.',
            });
            this.#note(operation.entry, path, 'refused', outcome.fault.message);
            return;
          }
          if (!outcome.done) {
            again.push(operation.entry);
            this.#note(operation.entry, path, 'refused', `${operation.type}: ${outcome.reason} on disk; it is looked at again`);
            this.#stalled.refused(operation.entry, fingerprint(operation), timers.now(), {
              entry: operation.entry,
              path: path || ('name' in operation ? operation.name : ''),
              code: `DISK_${outcome.reason.toUpperCase().replaceAll('-', '_')}`,
              message: SAID_REASON[outcome.reason],
              nextStep: 'It is tried again when something changes there, and now and then.',
            });
            return;
          }
          applyDiskOutcome(journal.trees, operation, outcome);
          this.#stalled.progressed(operation.entry);
          const shown = this.#options.pathOf(operation.entry) || path;
          this.#note(operation.entry, shown, 'done', operation.type);
          said.push({ direction: 'down', path: shown, what: SAID_DISK[operation.type] });
        });
      });
      if (again.length > 0) this.#options.lookAgain(again);
      for (const activity of said) this.#options.onActivity(activity);
    } finally {
      for (const one of operations) this.#onDisk.delete(one.entry);
    }
  }

  // ---- telling

  #fillReceipt(isQuiet: boolean): void {
    const { journal, remote, timers } = this.#options;
    if (!this.#lanes.receipt.isFree || journal.cursor().revision === NO_REVISION || journal.cursor().entry !== undefined) return;
    const parked = [...this.#planParked, ...this.#stalled.parked()]
      .slice(0, 1_000)
      .map(({ entry, message }) => ({ entry, reason: message.slice(0, 200) }));
    const quiet = isQuiet && journal.sent() === undefined && this.#onDisk.size === 0 && journal.intents().length === 0;
    const said = JSON.stringify([String(journal.cursor().revision), parked, quiet]);
    if (said === this.#receiptSaid || (!quiet && timers.now() - this.#receiptAt < RECEIPT_EVERY_MS)) return;
    const fetching = [...this.#onDisk].slice(0, 100).map((entry) => ({ entry, bytes: journal.trees.remote(entry)?.content?.size ?? 0 }));
    this.#lanes.receipt.run(async () => {
      await remote.receipt({ revision: journal.cursor().revision.toString(), fetching, parked, quiet });
      this.#receiptSaid = said;
      this.#receiptAt = timers.now();
    });
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
    const said = new Map(decisions.map((one) => [one.entry, `${one.what} ${one.rule ?? ''} ${one.detail}`]));
    this.#noteAll(decisions.filter((one) => this.#planSaid.get(one.entry) !== said.get(one.entry)));
    this.#planSaid = said;
  }

  #noteOutcomes(sent: Sent): void {
    sent.commit.operations.forEach((operation, index) => {
      const outcome = sent.answer?.outcomes[index];
      if (!outcome) return;
      const entry = entryOf(operation);
      const detail = outcome.accepted
        ? `${operation.type} is in the history at revision ${outcome.revision}`
        : `${operation.type} was not taken (${outcome.rejection.code}); it is planned again`;
      this.#note(entry, this.#options.pathOf(entry), outcome.accepted ? 'accepted' : 'rejected', detail);
    });
  }

  #laneFailed(problem: Error, isRemote: boolean): void {
    if (isRemote) this.#isPullDue = true;
    this.#options.onProblem(problem);
    this.#options.onChange();
  }
}

const cursorOf = (journal: Journal): Cursor => {
  const { revision, chain, entry } = journal.cursor();
  assert(entry === undefined && journal.isComplete(), 'no commit goes out within a pull');
  return { revision, chain };
};

const fingerprint = (operation: object): string =>
  JSON.stringify(operation, (_key, value: unknown) => (typeof value === 'bigint' ? value.toString() : value));

const bytesOf = (operation: DiskOperation): number =>
  operation.type === 'createFile' || operation.type === 'replaceFile' ? operation.content.size : 0;

const SAID = {
  createFolder: 'created',
  createFile: 'sent',
  createLink: 'sent',
  putContent: 'sent',
  putTarget: 'sent',
  move: 'moved',
  delete: 'deleted',
  restore: 'restored',
  rescue: 'kept',
  setAttributes: 'changed',
  group: 'moved',
  recordConflict: 'conflict recorded for',
} as const;

const SAID_DISK = {
  createFolder: 'created',
  createFile: 'received',
  createLink: 'received',
  replaceFile: 'received',
  replaceLink: 'received',
  setAttributes: 'changed',
  rename: 'moved',
  removeFile: 'deleted',
  removeFolder: 'deleted',
} as const;

const SAID_REASON = {
  changed: 'It was changed here meanwhile.',
  missing: 'It is no longer where it was.',
  occupied: 'Something else has that name here.',
  'parent-missing': 'Its folder is not here.',
  'not-empty': 'The folder still holds something.',
  'link-on-the-way': 'A symbolic link stands on the way to it; nothing is written through links.',
} as const;
