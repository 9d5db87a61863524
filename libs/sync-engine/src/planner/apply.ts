import { unreachable, type EntryId, type Row } from '@tidemark/domain';
import type { DiskOperation, DiskOutcome } from '../synchronizer/ports.ts';
import type { LocalEntry, SyncedEntry, Trees } from '../trees/trees.port.ts';
import { agreedSide, conflictOf, localSide, noteConflicts, remoteSide } from './conflict-notes.ts';

/** Rows of a pull or a delta, in feed order. The cursor moves in the same transaction. */
export function applyRows(trees: Trees, rows: readonly Row[]): void {
  for (const row of rows) trees.setRemote(row);
}

/** What L and S hold after an operation on the disk; of S only the aspects the operation carried, since the others may have been agreed anew meanwhile. */
export function applyDiskOutcome(trees: Trees, operation: DiskOperation, outcome: DiskOutcome): void {
  if (!outcome.done) return;
  switch (operation.type) {
    case 'createFolder':
    case 'createFile':
    case 'createLink':
      if (outcome.local === undefined) return;
      trees.setLocal(operation.entry, outcome.local);
      trees.setSynced(operation.entry, operation.synced);
      if (trees.isLeft(outcome.local.identity)) trees.setLeft(outcome.local.identity, false);
      return;
    case 'removeFile':
    case 'removeFolder':
      if (outcome.left !== undefined) noteLeft(trees, operation.entry, outcome.left);
      trees.setLocal(operation.entry, undefined);
      trees.setSynced(operation.entry, undefined);
      return;
    case 'replaceFile':
    case 'replaceLink':
      changed(trees, operation.entry, outcome.local, (local, seen) => ({
        ...local,
        content: seen.content,
        target: seen.target,
        attributes: seen.attributes,
        identity: seen.identity,
      }));
      carry(
        trees,
        operation.entry,
        ({ content, attributes, revisions }, synced) => ({
          ...synced,
          content,
          attributes,
          revisions: { ...synced.revisions, content: revisions.content, attributes: revisions.attributes },
        }),
        operation.synced,
      );
      return;
    case 'setAttributes':
      changed(trees, operation.entry, outcome.local, (local, seen) => ({ ...local, attributes: seen.attributes }));
      carry(
        trees,
        operation.entry,
        ({ attributes, revisions }, synced) => ({
          ...synced,
          attributes,
          revisions: { ...synced.revisions, attributes: revisions.attributes },
        }),
        operation.synced,
      );
      return;
    case 'rename':
      changed(trees, operation.entry, outcome.local, (local) => ({ ...local, parent: operation.parent, name: operation.name }));
      if (operation.synced !== undefined) {
        carry(
          trees,
          operation.entry,
          ({ place, revisions }, synced) => ({
            ...synced,
            place,
            revisions: { ...synced.revisions, place: revisions.place },
          }),
          operation.synced,
        );
      }
      return;
    default:
      unreachable(operation);
  }
}

/** An entry whose id was taken over meanwhile is left to the next look at the disk. */
function changed(
  trees: Trees,
  id: EntryId,
  seen: LocalEntry | undefined,
  change: (local: LocalEntry, seen: LocalEntry) => LocalEntry,
): void {
  const local = trees.local(id);
  if (local !== undefined) trees.setLocal(id, change(local, seen ?? local));
}

function carry(trees: Trees, id: EntryId, change: (carried: SyncedEntry, synced: SyncedEntry) => SyncedEntry, carried: SyncedEntry): void {
  const synced = trees.synced(id);
  if (synced !== undefined) trees.setSynced(id, change(carried, synced));
}

/** A folder deleted remotely stays on disk for what is untracked in it. */
function noteLeft(trees: Trees, id: EntryId, identity: string): void {
  trees.setLeft(identity, true);
  const row = trees.remote(id);
  const isScopeOnly = row !== undefined && !row.deleted;
  if (isScopeOnly) return;
  const synced = trees.synced(id);
  const inputs = { base: agreedSide(synced), mine: localSide(trees.local(id)), theirs: remoteSide(row, false) };
  noteConflicts(trees, [conflictOf('folder-deleted-untracked-inside', id, 'live', inputs)]);
}
