import { must } from '../../kernel/assert.ts';
import { nameKey } from '../../names/name.ts';
import type { EntryId } from '../../ids.ts';
import { BatchView } from '../batch-view.ts';
import type { EntryState } from '../entry.ts';
import type { WorkspaceEvent } from '../events.ts';
import { REJECTION_NAMES_MAX, type OperationRejection, type Rejection } from '../operations.ts';
import type { Decision, Facts, WorkspaceFacts, WorkspaceView } from '../view.ts';

/** What every rule sees. */
export interface Deciding {
  /** With everything decided so far in this commit. */
  readonly view: WorkspaceView;
  /** As it was before this commit: an aspect that changed after its head was changed by the very device that asks. */
  readonly before: WorkspaceView;
  readonly facts: Facts;
  /** In a group: names, cycles, depth and whether parents live are judged at its end. */
  readonly lax: boolean;
}

export const accepted = (...events: readonly WorkspaceEvent[]): Decision => ({ events });
/** What is so already is accepted without events. */
export const SILENT: Decision = { events: [] };

export function rejected(code: OperationRejection, why: { current?: EntryState | undefined; names?: readonly string[] } = {}): Decision {
  return { rejection: rejectionOf(code, why) };
}

export function rejectionOf(
  code: OperationRejection,
  why: { current?: EntryState | undefined; names?: readonly string[] } = {},
): Rejection {
  return {
    code,
    ...(why.current === undefined ? {} : { current: why.current }),
    ...(why.names === undefined || why.names.length === 0 ? {} : { names: why.names.slice(0, REJECTION_NAMES_MAX) }),
  };
}

export const workspaceOf = (view: WorkspaceView): WorkspaceFacts => must(view.workspace, 'a decision needs the workspace to exist');

/** The child, other than `except`, that holds the name. */
export function otherHolder(view: WorkspaceView, parent: EntryId, name: string, except?: EntryId): EntryState | undefined {
  const key = nameKey(name, workspaceOf(view).format.names);
  const holders = view instanceof BatchView ? view.holders(parent, key) : [view.childByKey(parent, key)];
  return holders.find((holder) => holder !== undefined && holder.id !== except);
}
