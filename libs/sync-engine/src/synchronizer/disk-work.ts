import { Fault, type EntryId } from '@tidemark/domain';
import { applyDiskOutcome } from '../planner/apply.ts';
import { fingerprint } from './fingerprint.ts';
import type { Lane } from './lane.ts';
import type { DiskOperation, DiskOutcome, Disk, Journal, Parked } from './ports.ts';
import type { Stalled, StepKind } from './stalled.ts';
import type { Timers } from './timers.port.ts';
import { SAID_DONE, SAID_REASON } from './words.ts';

/** Files up to here share batches; larger ones go one at a time beside them. */
const SMALL_FILE_BYTES_MAX = 8 * 1024 * 1024;
const OPERATIONS_AT_ONCE_MAX = 500;
const BYTES_AT_ONCE = 64 * 1024 * 1024;
/** Until the Indexer has looked at what was not as expected. */
const LOOK_MS = 1_000;
const FAULT_PAUSE_MS = 1_000;

export interface DiskWorkOptions {
  readonly journal: Journal;
  readonly disk: Disk;
  readonly timers: Timers;
  readonly stalled: Stalled;
  readonly pathOf: (entry: EntryId) => string;
  readonly lookAgain: (entries: readonly EntryId[]) => void;
  readonly isRunning: () => boolean;
  readonly wake: () => void;
  readonly onDone: (path: string, what: string) => void;
  readonly note: (entry: EntryId, path: string, what: 'done' | 'refused', detail: string) => void;
}

/** Carries out what the plan says for this disk, in two lanes; an entry that is being worked on is left alone meanwhile. */
export class DiskWork {
  readonly #options: DiskWorkOptions;
  readonly #lanes: { readonly small: Lane; readonly large: Lane };
  readonly #underWay = new Set<EntryId>();
  #writes: DiskOperation[] = [];
  #removals: DiskOperation[] = [];
  #large: DiskOperation[] = [];

  constructor(options: DiskWorkOptions, lanes: { readonly small: Lane; readonly large: Lane }) {
    this.#options = options;
    this.#lanes = lanes;
  }

  get isBusy(): boolean {
    return this.#underWay.size > 0;
  }

  isUnderWay(entry: EntryId): boolean {
    return this.#underWay.has(entry);
  }

  /** What the plan says, in place of what the one before said. */
  fill(operations: readonly DiskOperation[]): void {
    const { stalled, timers } = this.#options;
    const now = timers.now();
    const open = operations.filter(
      (one) => !this.#underWay.has(one.entry) && stalled.mayTry(one.entry, diskKind(one), () => fingerprint(one), now),
    );
    const light = open.filter((one) => bytesOf(one) <= SMALL_FILE_BYTES_MAX);
    this.#large = open.filter((one) => bytesOf(one) > SMALL_FILE_BYTES_MAX).toSorted((a, b) => bytesOf(a) - bytesOf(b));
    const isLargeToCome = this.#large.length > 0 || this.#lanes.large.isBusy;
    this.#writes = light.filter((one) => !isRemoval(one));
    // A doomed file may still be a source of what is to be written, also of what is planned after it; only a large one is of use to a large one.
    const removals = this.#writes.length > 0 ? [] : light.filter((one) => isRemoval(one));
    this.#removals = removals.filter((one) => !(isLargeToCome && this.#isLargeHere(one.entry)));
    if (this.#large.length > 0) this.#lanes.large.run(() => this.#rounds(() => this.#large.splice(0, 1)));
    else this.#lanes.large.rest();
    if (this.#writes.length + this.#removals.length > 0) this.#lanes.small.run(() => this.#rounds(() => this.#takeSmall()));
    else this.#lanes.small.rest();
  }

  /** The plan does not hold any more. */
  clear(): void {
    this.#large = [];
    this.#writes = [];
    this.#removals = [];
  }

  /** The lane goes on within the plan as long as there is no newer one, so that it need not wait for planning. */
  async #rounds(take: () => readonly DiskOperation[]): Promise<void> {
    const { isRunning, journal, wake } = this.#options;
    while (isRunning() && journal.isComplete()) {
      const batch = take();
      if (batch.length === 0) return;
      await this.#perform(batch);
      wake();
    }
  }

  #takeSmall(): readonly DiskOperation[] {
    const queue = this.#writes.length > 0 ? this.#writes : this.#removals;
    let bytes = 0;
    const end = queue.findIndex((one, at) => {
      bytes += bytesOf(one);
      return at >= OPERATIONS_AT_ONCE_MAX || (at > 0 && bytes > BYTES_AT_ONCE);
    });
    return queue.splice(0, end === -1 ? queue.length : end);
  }

  #isLargeHere(entry: EntryId): boolean {
    return (this.#options.journal.trees.local(entry)?.content?.size ?? 0) > SMALL_FILE_BYTES_MAX;
  }

  async #perform(operations: readonly DiskOperation[]): Promise<void> {
    const { journal, disk, lookAgain, onDone } = this.#options;
    for (const one of operations) this.#underWay.add(one.entry);
    const intended = new Set<EntryId>();
    const again: EntryId[] = [];
    const said: { readonly path: string; readonly what: string }[] = [];
    try {
      const outcomes = await disk.perform(operations, (intents) => {
        journal.transaction(() => journal.addIntents(intents));
        for (const { operation } of intents) intended.add(operation.entry);
      });
      journal.transaction(() => {
        operations.forEach((operation, index) => {
          const outcome = outcomes[index];
          if (!outcome) return;
          journal.dropIntent(operation.entry);
          if (!('fault' in outcome) && outcome.done) said.push(this.#take(operation, outcome));
          else if (this.#notDone(operation, outcome) || intended.has(operation.entry)) again.push(operation.entry);
        });
      });
      for (const { path, what } of said) onDone(path, what);
    } catch (error) {
      // What of it was done, a look at the disk shows.
      journal.transaction(() => intended.forEach((entry) => journal.dropIntent(entry)));
      again.push(...intended);
      throw error;
    } finally {
      for (const one of operations) this.#underWay.delete(one.entry);
      if (again.length > 0) lookAgain(again);
    }
  }

  #take(operation: DiskOperation, outcome: DiskOutcome): { readonly path: string; readonly what: string } {
    const { journal, stalled, pathOf, note } = this.#options;
    const doomed = isRemoval(operation) ? pathOf(operation.entry) : '';
    applyDiskOutcome(journal.trees, operation, outcome);
    stalled.progressed(operation.entry, diskKind(operation));
    const path = doomed || pathOf(operation.entry);
    note(operation.entry, path, 'done', operation.type);
    return { path, what: SAID_DONE[operation.type] };
  }

  /** Whether the disk is to be looked at. */
  #notDone(operation: DiskOperation, outcome: DiskOutcome | { readonly fault: Error }): boolean {
    const { entry } = operation;
    const path = this.#options.pathOf(entry) || ('name' in operation ? operation.name : '');
    if ('fault' in outcome) {
      const { fault } = outcome;
      this.#options.note(entry, path, 'refused', fault.message);
      const nextStep = 'Nothing was changed; it is tried again by itself.';
      const isFinal = !(fault instanceof Fault) || fault.retry === 'never';
      this.#stall(
        operation,
        { entry, path, code: 'DISK', message: fault.message, nextStep },
        { pauseMs: FAULT_PAUSE_MS, isFault: true, isFinal },
      );
      return false;
    }
    if (outcome.done) return false;
    const { reason } = outcome;
    this.#options.note(entry, path, 'refused', `${operation.type}: ${reason} on disk; it is looked at again`);
    const code = `DISK_${reason.toUpperCase().replaceAll('-', '_')}`;
    const nextStep = 'It is tried again when something changes there, and now and then.';
    this.#stall(operation, { entry, path, code, message: SAID_REASON[reason], nextStep }, { pauseMs: LOOK_MS });
    return true;
  }

  #stall(operation: DiskOperation, parked: Parked, how: Parameters<Stalled['failed']>[5]): void {
    const { stalled, timers } = this.#options;
    stalled.failed(operation.entry, diskKind(operation), fingerprint(operation), timers.now(), parked, how);
  }
}

export const diskKind = ({ type }: DiskOperation): StepKind => `disk ${type}`;

export const bytesOf = (operation: DiskOperation): number =>
  operation.type === 'createFile' || operation.type === 'replaceFile' ? operation.content.size : 0;

const isRemoval = (one: DiskOperation): boolean => one.type === 'removeFile' || one.type === 'removeFolder';
