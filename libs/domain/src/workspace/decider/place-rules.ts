import { DEPTH_MAX } from '../../limits.ts';
import type { EntryId } from '../../ids.ts';
import { isName } from '../../names/name.ts';
import type { EntryState } from '../entry.ts';
import type { Rejection } from '../operations.ts';
import { depthOf, heightOf, isLive, isWithin } from '../tree.ts';
import type { WorkspaceView } from '../view.ts';
import { otherHolder, rejectionOf, type Deciding } from './deciding.ts';

/** Why the entry, new or known, cannot stand there. */
export function placeProblem(deciding: Deciding, entry: EntryId, parent: EntryId, name: string): Rejection | undefined {
  const { view, lax } = deciding;
  const folder = view.entry(parent);
  if (folder === undefined || folder.kind !== 'folder') return rejectionOf('PARENT_NOT_FOUND', { names: [parent] });
  if (!lax && !isLive(view, parent)) return rejectionOf('PARENT_DELETED', { current: folder, names: [parent] });
  if (!isName(name)) return rejectionOf('NAME_INVALID', { current: view.entry(entry) });
  if (lax) return undefined;
  if (isWithin(view, parent, entry)) return rejectionOf('WOULD_CREATE_CYCLE', { current: view.entry(entry) });
  const holder = otherHolder(view, parent, name, entry);
  if (holder !== undefined) return rejectionOf('NAME_TAKEN', { current: holder, names: [holder.id] });
  return depthProblem(view, view.entry(entry), depthOf(view, parent) + 1, view);
}

/** Its subtree counts; it is walked only when it comes to stand deeper than it did in `before`. */
export function depthProblem(
  view: WorkspaceView,
  entry: EntryState | undefined,
  depth: number,
  before: WorkspaceView,
): Rejection | undefined {
  if (depth > DEPTH_MAX) return rejectionOf('TOO_DEEP', { current: entry });
  if (entry === undefined || entry.kind !== 'folder') return undefined;
  if (before.entry(entry.id) !== undefined && depth <= depthOf(before, entry.id)) return undefined;
  const left = DEPTH_MAX - depth;
  return heightOf(view, entry.id, left) > left ? rejectionOf('TOO_DEEP', { current: entry }) : undefined;
}
