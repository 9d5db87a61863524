import {
  contentKeyOf,
  nameKey,
  type ConflictId,
  type ConflictInputs,
  type ConflictRule,
  type EntryId,
  type EntryState,
} from '@tidemark/domain';
import type { RemoteEntry, Trees } from '../trees/trees.port.ts';

/** A conflict as it was recorded, and as the query API tells it. */
export interface RecordedConflict {
  readonly conflict: ConflictId;
  readonly rule: ConflictRule;
  readonly entry: EntryId;
  readonly copy?: EntryId | undefined;
  /** {@link ConflictInputs}; trusted, since the server took them. */
  readonly inputs: unknown;
}

/** An entry as the server has it. */
export interface EntryNow {
  readonly state: EntryState;
  /** Neither it nor anything above it is deleted. */
  readonly isLive: boolean;
  /** Its content was changed, or it was removed, on this disk, and that was not sent yet. */
  readonly isChangedHere: boolean;
}

/** The two entries that hold a conflict's two contents: under the name that both wanted, and beside it. */
export interface ConflictRows {
  readonly entry: EntryNow | undefined;
  readonly copy: EntryNow | undefined;
}

/** From R, to be read when it is complete. A device that came later has not heard of what was deleted before. */
export function rowsOfConflict(trees: Trees, conflict: RecordedConflict): ConflictRows {
  const { entry, copy } = pairOf(trees, conflict);
  return { entry: entryNow(trees, entry), copy: entryNow(trees, copy) };
}

/** Of two files made under one name each is an entry of its own, and the second, which gave way, is the one the conflict is about. */
function pairOf(trees: Trees, { rule, entry, copy, inputs }: RecordedConflict): Partial<Record<'entry' | 'copy', EntryId>> {
  if (rule !== 'create-create') return { entry, ...(copy === undefined ? {} : { copy }) };
  const { theirs } = inputs as ConflictInputs;
  if (theirs === null || theirs.parent === null) return { copy: entry };
  const first = trees.remoteByKey(theirs.parent, nameKey(theirs.name, trees.names));
  // What has that name by now is the one that was met only if it has stood there since.
  const isSame = first !== undefined && first.id !== entry && first.revisions.place.toString() === theirs.revisions?.place;
  return { ...(isSame ? { entry: first.id } : {}), copy: entry };
}

function entryNow(trees: Trees, id: EntryId | undefined): EntryNow | undefined {
  const row = id === undefined ? undefined : trees.remote(id);
  if (row === undefined) return undefined;
  const { feed: _feed, ...state } = row;
  return { state, isLive: isLive(trees, row.id), isChangedHere: isChangedHere(trees, row.id) };
}

function isLive(trees: Trees, id: EntryId): boolean {
  for (let at: EntryId | null = id; at !== trees.root;) {
    const row: RemoteEntry | undefined = at === null ? undefined : trees.remote(at);
    if (row === undefined || row.deleted) return false;
    at = row.parent;
  }
  return true;
}

function isChangedHere(trees: Trees, id: EntryId): boolean {
  const [local, synced] = [trees.local(id), trees.synced(id)];
  if (synced === undefined) return local !== undefined;
  return local === undefined || contentKeyOf(local) !== synced.content?.key;
}
