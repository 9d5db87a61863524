import { START, type Cursor, type EntryId } from '@tidemark/domain';
import type { PullPosition } from '@tidemark/protocol';
import { MemoryTrees } from '../../trees/memory-trees.ts';
import type { DecisionRecord, Intent, Journal, Sent } from '../ports.ts';

/** A journal in memory: what a restart keeps. */
export class MemoryJournal implements Journal {
  readonly trees: MemoryTrees;
  readonly decisions: DecisionRecord[] = [];
  /** Called at the end of each outermost transaction: a test looks, or throws. */
  onTransaction: () => void = () => undefined;
  #depth = 0;
  #cursor: PullPosition = START;
  #cursors: Cursor[] = [];
  #diverged: { readonly common: Cursor | null } | undefined;
  #isComplete = false;
  #lastNumber = 0;
  #sent: Sent | undefined;
  readonly #intents = new Map<EntryId, Intent>();

  constructor(root: EntryId) {
    this.trees = new MemoryTrees(root, 'portable');
  }

  transaction<Result>(work: () => Result): Result {
    this.#depth += 1;
    try {
      return work();
    } finally {
      this.#depth -= 1;
      if (this.#depth === 0) this.onTransaction();
    }
  }

  cursor = (): PullPosition => this.#cursor;
  setCursor(cursor: PullPosition): void {
    this.#cursor = cursor;
    if (cursor.entry === undefined && cursor.revision >= 0n) this.#cursors.unshift({ revision: cursor.revision, chain: cursor.chain });
  }
  cursors = (): readonly Cursor[] => this.#cursors;
  forgetCursorsAfter(cursor: Cursor | undefined): void {
    this.#cursors = this.#cursors.filter(({ revision }) => cursor !== undefined && revision <= cursor.revision);
  }
  diverged = (): { readonly common: Cursor | null } | undefined => this.#diverged;
  setDiverged(diverged: { readonly common: Cursor | null } | undefined): void {
    this.#diverged = diverged;
  }
  isComplete = (): boolean => this.#isComplete;
  setComplete(complete: boolean): void {
    this.#isComplete = complete;
  }
  lastNumber = (): number => this.#lastNumber;
  sent = (): Sent | undefined => this.#sent;
  setSent(sent: Sent | undefined): void {
    this.#sent = sent;
    if (sent) this.#lastNumber = Math.max(this.#lastNumber, sent.commit.number);
  }
  intents = (): readonly Intent[] => [...this.#intents.values()];
  addIntents(intents: readonly Intent[]): void {
    for (const intent of intents) this.#intents.set(intent.operation.entry, intent);
  }
  dropIntent(entry: EntryId): void {
    this.#intents.delete(entry);
  }
  note(decision: DecisionRecord): void {
    this.decisions.push(decision);
  }
}
