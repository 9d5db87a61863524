import type { ConflictRule, ConflictSide, EntryId, RecordConflict } from '@tidemark/domain';
import type { LocalEntry, NotedConflict, RemoteEntry, SyncedEntry, Trees } from '../trees/trees.port.ts';

/** S as a side of a conflict. */
export function agreedSide(synced: SyncedEntry | undefined): ConflictSide | null {
  if (synced === undefined || synced.place === null) return null;
  const { kind, place, content } = synced;
  return {
    kind,
    parent: place.parent,
    name: place.name,
    deleted: false,
    ...(content?.value === undefined ? {} : { content: content.value }),
    ...(content?.target === undefined ? {} : { target: content.target }),
    revisions: revisionsOf(synced),
  };
}

/** L as a side; where it is gone, what was agreed, deleted. */
export function localSide(local: LocalEntry | undefined, synced?: SyncedEntry): ConflictSide | null {
  if (local === undefined) {
    const base = agreedSide(synced);
    return base === null ? null : { ...base, deleted: true };
  }
  return {
    kind: local.kind,
    parent: local.parent,
    name: local.name,
    deleted: false,
    ...(local.content === undefined ? {} : { content: local.content }),
    ...(local.target === undefined ? {} : { target: local.target }),
  };
}

export function remoteSide(row: RemoteEntry | undefined, isLive: boolean): ConflictSide | null {
  if (row === undefined) return null;
  return {
    kind: row.kind,
    parent: row.parent,
    name: row.name,
    deleted: !isLive,
    ...(row.content === undefined ? {} : { content: row.content }),
    ...(row.target === undefined ? {} : { target: row.target }),
    revisions: revisionsOf(row),
  };
}

const revisionsOf = ({ revisions }: { readonly revisions: SyncedEntry['revisions'] }) => ({
  content: revisions.content.toString(),
  place: revisions.place.toString(),
  live: revisions.live.toString(),
});

/** Which question about an entry a conflict is about: one open conflict each, until the entry is quiet again. */
export type ConflictAspect = 'content' | 'place' | 'live';

export const conflictKey = (entry: EntryId, aspect: ConflictAspect, copy?: EntryId): string =>
  copy === undefined ? `${entry}:${aspect}` : `${entry}:${aspect}:${copy}`;

export interface Sides {
  readonly base: ConflictSide | null;
  readonly mine: ConflictSide | null;
  readonly theirs: ConflictSide | null;
}

export function conflictOf(rule: ConflictRule, entry: EntryId, aspect: ConflictAspect, inputs: Sides, copy?: EntryId): NotedConflict {
  const operation: RecordConflict = { type: 'recordConflict', rule, entry, ...(copy === undefined ? {} : { copy }), inputs };
  return { key: conflictKey(entry, aspect, copy), operation, told: false };
}

/**
 * Keeps what a plan has met, in the transaction before anything of the plan is done: carrying it out takes the conflict out of the trees, and it is still to be told.
 */
export function noteConflicts(trees: Trees, conflicts: readonly NotedConflict[]): void {
  for (const one of conflicts) if (trees.conflict(one.key) === undefined) trees.setConflict(one.key, one);
}
