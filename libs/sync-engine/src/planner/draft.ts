import type { Content, EntryId, EntryKind, Group, Operation, ReopenConflict, SettleConflict, TreeMember } from '@tidemark/domain';
import type { NotedConflict } from '../trees/trees.port.ts';

/** What the planner brings about. The settling of a conflict is a person's. */
export type PlannedOperation =
  Exclude<Operation, Group | SettleConflict | ReopenConflict> | { readonly type: 'group'; readonly operations: readonly TreeMember[] };

/** An operation that is planned, and what is remembered of it beside. */
export interface Step {
  readonly operation: PlannedOperation;
  /** It feeds a conflict copy of this entry. */
  readonly copyOf?: { readonly entry: EntryId; readonly base: bigint; readonly value?: Content | undefined } | undefined;
  /** What it settles, by the entry of the operation or of the group's member. */
  readonly settles?: readonly { readonly entry: EntryId; readonly conflict: NotedConflict }[] | undefined;
  readonly rule: string;
}

/** A step that takes a place: ordered by playing it on what the workspace will be. */
export interface PlacedStep extends Step {
  readonly operation: Exclude<TreeMember, { type: 'delete' }>;
  readonly kind: EntryKind;
  /** What goes with a restored entry. */
  readonly next?: Step | undefined;
}
