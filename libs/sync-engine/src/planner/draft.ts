import type { Content, EntryId, EntryKind, GroupMember, Operation } from '@tidemark/domain';
import type { NotedConflict } from '../trees/trees.port.ts';

/** An operation that is planned, and what is remembered of it beside. */
export interface Step {
  readonly operation: Operation;
  /** It feeds a conflict copy of this entry. */
  readonly copyOf?: { readonly entry: EntryId; readonly base: bigint; readonly value?: Content | undefined } | undefined;
  /** What it settles, by the entry of the operation or of the group's member. */
  readonly settles?: readonly { readonly entry: EntryId; readonly conflict: NotedConflict }[] | undefined;
  readonly rule: string;
}

/** A step that takes a place: ordered by playing it on what the workspace will be. */
export interface PlacedStep extends Step {
  readonly operation: Exclude<GroupMember, { type: 'delete' }>;
  readonly kind: EntryKind;
  /** What goes with a restored entry. */
  readonly next?: Step | undefined;
}
