import type { EntryId } from '../../ids.ts';
import type { EntryState } from '../entry.ts';
import { REJECTION_NAMES_MAX, type Delete } from '../operations.ts';
import { isLive, isLiveWithin } from '../tree.ts';
import type { Decision } from '../view.ts';
import { accepted, rejected, SILENT, type Deciding } from './deciding.ts';

/** One event for the whole subtree, if the device had seen all of it. The root folder is everything there is, so too much. */
export function deleteEntry(operation: Delete, deciding: Deciding): Decision {
  const { view } = deciding;
  const entry = view.entry(operation.entry);
  if (entry === undefined) return rejected('ENTRY_NOT_FOUND');
  if (!isLive(view, entry.id)) return SILENT;
  if (entry.parent === null) return rejected('TOO_MUCH_DELETED', { current: entry });
  const names = unseenWithin(deciding, entry.id);
  if (names.length > 0) return rejected('SUBTREE_CHANGED', { current: entry, names });
  return accepted({ type: 'EntryDeleted', v: 1, data: { entry: entry.id } });
}

/** What changed content or place, or came in, since what the device had seen. */
function unseenWithin(deciding: Deciding, folder: EntryId): readonly EntryId[] {
  const names: EntryId[] = [];
  for (const entry of deciding.view.changedSince(deciding.facts.seen)) {
    if (!isUnseen(deciding, entry) || !isLiveWithin(deciding.view, entry.id, folder)) continue;
    names.push(entry.id);
    if (names.length === REJECTION_NAMES_MAX) break;
  }
  return names;
}

/** Revisions of this very commit come from the device that asks: they are after its cursor, and seen all the same. */
function isUnseen({ before, facts }: Deciding, { revisions }: EntryState): boolean {
  const isForeign = (revision: bigint): boolean => revision > facts.seen && revision <= before.head.revision;
  return isForeign(revisions.content) || isForeign(revisions.place) || isForeign(revisions.live);
}
