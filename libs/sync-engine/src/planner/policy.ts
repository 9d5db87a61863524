import type { EntryId } from '@tidemark/domain';
import type { DecisionRecord } from '../synchronizer/ports.ts';
import type { RemoteEntry } from '../trees/trees.port.ts';

/** What the planner must know besides the trees. */
export interface Policy {
  /** As its person calls it: stands in the names of conflict copies. */
  readonly deviceName: string;
  /** A viewer's local changes are parked, never reverted and never sent. */
  readonly mayWrite: boolean;
  /** Out of this device's scope. A folder's word counts for everything in it. */
  excluded(entry: RemoteEntry): boolean;
  /** The topmost excluded entries: what this device still has of them is looked at though nothing differs. */
  readonly excludedTops?: readonly EntryId[] | undefined;
  /** Why this platform cannot hold the name, in words that finish "the name …". */
  platformProblem(name: string): string | undefined;
  /** Of one commit; `OPERATIONS_MAX` unless told. */
  readonly operationsMax?: number | undefined;
  /** Of what stands alone (see `Alone`) at most so many of a kind are settled and planned in one turn; all of it unless told. */
  readonly aloneMax?: number | undefined;
}

/** A decision before anybody has looked at the clock. */
export type Decided = Omit<DecisionRecord, 'at'>;
