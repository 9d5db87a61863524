import type { Content } from '../content/content.ts';
import type { ConflictId, EntryId } from '../ids.ts';
import type { Attributes, Cursor, EntryKind, EntryState, Revision } from './entry.ts';

export type CreateFolder = { readonly type: 'createFolder'; readonly entry: EntryId; readonly parent: EntryId; readonly name: string };
export type CreateFile = {
  readonly type: 'createFile';
  readonly entry: EntryId;
  readonly parent: EntryId;
  readonly name: string;
  readonly content: Content;
  readonly attributes: Attributes;
};
export type CreateLink = {
  readonly type: 'createLink';
  readonly entry: EntryId;
  readonly parent: EntryId;
  readonly name: string;
  readonly target: string;
};
export type PutContent = {
  readonly type: 'putContent';
  readonly entry: EntryId;
  readonly base: Revision;
  readonly content: Content;
  readonly attributes: Attributes;
};
export type Move = {
  readonly type: 'move';
  readonly entry: EntryId;
  readonly base: Revision;
  readonly parent: EntryId;
  readonly name: string;
};
/** What was seen is said by the commit's `at`. `approval` is reserved for the breaker. */
export type Delete = { readonly type: 'delete'; readonly entry: EntryId };
export type Restore = {
  readonly type: 'restore';
  readonly entry: EntryId;
  /** The live revision that was seen. */
  readonly base: Revision;
  readonly parent: EntryId;
  readonly name: string;
};
export type Rescue = { readonly type: 'rescue'; readonly entry: EntryId };
export type SetAttributes = { readonly type: 'setAttributes'; readonly entry: EntryId; readonly attributes: Attributes };
/** What changes the tree's structure. */
export type TreeMember = CreateFolder | CreateFile | CreateLink | Move | Restore | Delete;
/** With the settling of a conflict go its contents: a copy is deleted only if its content has come to stand where it was wanted. */
export type GroupMember = TreeMember | PutContent | PutTarget | SettleConflict | ReopenConflict;
/** Decided by the state at its end; all or none. */
export type Group = { readonly type: 'group'; readonly operations: readonly GroupMember[] };

/** One side of a recorded conflict, as the planner saw it. */
export interface ConflictSide {
  readonly kind: EntryKind;
  readonly parent: EntryId | null;
  readonly name: string;
  readonly deleted: boolean;
  readonly content?: Content | undefined;
  readonly target?: string | undefined;
  /** Decimal strings, since inputs are stored. */
  readonly revisions?: { readonly content: string; readonly place: string; readonly live: string } | undefined;
}

export const CONFLICT_RULES = [
  'edit-edit',
  'edit-delete',
  'delete-edit',
  'move-move',
  'move-delete',
  'delete-move',
  'name-name',
  'create-create',
  'folder-folder',
  'folder-file',
  'type-edit',
  'folder-deleted-child-changed',
  'folder-deleted-untracked-inside',
  'move-cycle',
  'link-link',
] as const;
export type ConflictRule = (typeof CONFLICT_RULES)[number];

export interface ConflictInputs {
  readonly base: ConflictSide | null;
  readonly mine: ConflictSide | null;
  readonly theirs: ConflictSide | null;
}
/** Never rejected; known already → silent: its id is derived from workspace, rule, entry and inputs. */
export type RecordConflict = {
  readonly type: 'recordConflict';
  readonly rule: ConflictRule;
  readonly entry: EntryId;
  readonly copy?: EntryId | undefined;
  readonly inputs: ConflictInputs;
};

/** Of the two contents: this device's, the other's, both as they are, or a third one made of them. */
export const SETTLINGS = ['mine', 'theirs', 'both', 'merged'] as const;
export type Settling = (typeof SETTLINGS)[number];

/** Says that a conflict is settled, and how. What that means for the entries is said by other operations, in one group with it. */
export type SettleConflict = { readonly type: 'settleConflict'; readonly conflict: ConflictId; readonly how: Settling };
/** Takes a settling back. `base`: the revision at which it was settled, as it was seen. */
export type ReopenConflict = { readonly type: 'reopenConflict'; readonly conflict: ConflictId; readonly base: Revision };

export type Operation =
  | CreateFolder
  | CreateFile
  | CreateLink
  | PutContent
  | PutTarget
  | Move
  | Delete
  | Restore
  | Rescue
  | SetAttributes
  | Group
  | RecordConflict
  | SettleConflict
  | ReopenConflict;

/** A link's new target, judged like `putContent`. */
export type PutTarget = { readonly type: 'putTarget'; readonly entry: EntryId; readonly base: Revision; readonly target: string };

/** 1 to `OPERATIONS_MAX` operations, evaluated in order, answered one by one. */
export interface Commit {
  /** The device's commits in this workspace are numbered 1, 2, 3, … */
  readonly number: number;
  /** The device's cursor when it planned. */
  readonly at: Cursor;
  readonly operations: readonly Operation[];
}

export const OPERATION_REJECTIONS = [
  'PARENT_NOT_FOUND',
  'PARENT_DELETED',
  'NAME_TAKEN',
  'NAME_INVALID',
  'ENTRY_EXISTS',
  'ENTRY_DELETED',
  'ENTRY_NOT_FOUND',
  'ENTRY_LIVE',
  'CHUNKS_MISSING',
  'CONTENT_INVALID',
  'TOO_DEEP',
  'CONTENT_CHANGED',
  'PLACE_CHANGED',
  'LIVE_CHANGED',
  'WOULD_CREATE_CYCLE',
  'SUBTREE_CHANGED',
  'TOO_MUCH_DELETED',
  'CONFLICT_NOT_FOUND',
  'CONFLICT_SETTLED',
] as const;
export type OperationRejection = (typeof OPERATION_REJECTIONS)[number];

/** Of the whole commit; nothing of it is appended. */
export const COMMIT_REJECTIONS = ['WORKSPACE_NOT_FOUND', 'NOT_ALLOWED', 'HISTORY_DIVERGED', 'COMMIT_TOO_LARGE'] as const;
export type CommitRejection = (typeof COMMIT_REJECTIONS)[number];

/** Expected "no": data, never an exception. Changes nothing anywhere. */
export interface Rejection {
  readonly code: OperationRejection;
  /** For people and for the device's explanation; never written into a tree. */
  readonly current?: EntryState | undefined;
  /** Up to `REJECTION_NAMES_MAX` entries or chunk ids that stand in the way. */
  readonly names?: readonly string[] | undefined;
}
export const REJECTION_NAMES_MAX = 100;

/** What became of one operation. `revision`: the workspace's revision that this outcome reflects. */
export type Outcome =
  | { readonly accepted: true; readonly revision: Revision }
  | { readonly accepted: false; readonly revision: Revision; readonly rejection: Rejection };
