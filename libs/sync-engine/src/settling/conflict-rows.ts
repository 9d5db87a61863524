import {
  contentKeyOf,
  nameKey,
  type ConflictId,
  type ConflictInputs,
  type ConflictRule,
  type EntryId,
  type EntryState,
} from '@tidemark/domain';
import { pathOf } from '../explain/path.ts';
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
  /** Where it lies, or lay; where that is known. */
  readonly path?: string | undefined;
  /** Its content was changed, or it was removed, on this disk, and that was not sent yet. */
  readonly isChangedHere: boolean;
}

/** A place that a side wanted for the entry. */
export interface WantedPlace {
  readonly parent: EntryId;
  readonly name: string;
}

/** What a conflict without two contents asks: whether the entry is to be there, or where. */
export type Choice =
  | { readonly about: 'being there'; readonly deletedBy: 'mine' | 'theirs' }
  | { readonly about: 'place'; readonly mine: WantedPlace; readonly theirs: WantedPlace };

/** The two entries that hold a conflict's two contents: under the name that both wanted, and beside it. */
export interface ConflictRows {
  readonly entry: EntryNow | undefined;
  readonly copy: EntryNow | undefined;
  /** Where two entries came to have one name and `entry` gave way: the one that has it, as long as it has stood there since. */
  readonly other?: EntryNow | undefined;
}

/** Of an entry that one side deleted. */
const DELETION_RULES: ReadonlySet<ConflictRule> = new Set([
  'edit-delete',
  'delete-edit',
  'move-delete',
  'delete-move',
  'folder-deleted-child-changed',
]);
/** Of two entries that nobody takes for one. */
const NAME_RULES: ReadonlySet<ConflictRule> = new Set(['name-name', 'folder-folder', 'folder-file']);

/** Two entries came to have one name: which had it first is found by that name. */
export const isOfOneName = (rule: ConflictRule): boolean => rule === 'create-create' || NAME_RULES.has(rule);

/** From R, to be read when it is complete. A device that came later has not heard of what was deleted before. */
export function rowsOfConflict(trees: Trees, conflict: RecordedConflict): ConflictRows {
  const { entry, copy } = pairOf(trees, conflict);
  const other = NAME_RULES.has(conflict.rule) ? entryNow(trees, firstOf(trees, conflict)) : undefined;
  return { entry: entryNow(trees, entry), copy: entryNow(trees, copy), ...(other && { other }) };
}

/** By what was recorded alone: it is the same however the entry stands by now. Nothing where there are two contents, or nothing to choose. */
export function choiceOf({ rule, copy, inputs }: Pick<RecordedConflict, 'rule' | 'copy' | 'inputs'>): Choice | undefined {
  const { mine, theirs } = inputs as ConflictInputs;
  if (copy !== undefined || mine === null || theirs === null) return undefined;
  if (DELETION_RULES.has(rule) && mine.deleted !== theirs.deleted)
    return { about: 'being there', deletedBy: mine.deleted ? 'mine' : 'theirs' };
  if (rule !== 'move-move' || mine.parent === null || theirs.parent === null || mine.deleted || theirs.deleted) return undefined;
  return { about: 'place', mine: { parent: mine.parent, name: mine.name }, theirs: { parent: theirs.parent, name: theirs.name } };
}

/** Of two files made under one name each is an entry of its own, and the second, which gave way, is the one the conflict is about. */
function pairOf(trees: Trees, conflict: RecordedConflict): Partial<Record<'entry' | 'copy', EntryId>> {
  const { rule, entry, copy } = conflict;
  if (rule !== 'create-create') return { entry, ...(copy === undefined ? {} : { copy }) };
  const first = firstOf(trees, conflict);
  return { ...(first === undefined ? {} : { entry: first }), copy: entry };
}

/** What had the name first. What has it by now is the one that was met only if it has stood there since. */
function firstOf(trees: Trees, { entry, inputs }: RecordedConflict): EntryId | undefined {
  const { theirs } = inputs as ConflictInputs;
  if (theirs === null || theirs.parent === null) return undefined;
  const first = trees.remoteByKey(theirs.parent, nameKey(theirs.name, trees.names));
  const isSame = first !== undefined && first.id !== entry && first.revisions.place.toString() === theirs.revisions?.place;
  return isSame ? first.id : undefined;
}

function entryNow(trees: Trees, id: EntryId | undefined): EntryNow | undefined {
  const row = id === undefined ? undefined : trees.remote(id);
  if (row === undefined) return undefined;
  const { feed: _feed, ...state } = row;
  return { state, isLive: isLive(trees, row.id), path: pathOf(trees, row.id), isChangedHere: isChangedHere(trees, row.id) };
}

function isLive(trees: Trees, id: EntryId): boolean {
  const seen = new Set<EntryId>(); // while rows are still coming folders may lie in one another
  for (let at: EntryId | null = id; at !== trees.root;) {
    const row: RemoteEntry | undefined = at === null || seen.has(at) ? undefined : trees.remote(at);
    if (row === undefined || row.deleted) return false;
    seen.add(row.id);
    at = row.parent;
  }
  return true;
}

function isChangedHere(trees: Trees, id: EntryId): boolean {
  const [local, synced] = [trees.local(id), trees.synced(id)];
  if (synced === undefined) return local !== undefined;
  return local === undefined || contentKeyOf(local) !== synced.content?.key;
}
