import { contentKeyOf, NO_REVISION, type EntryId, type Operation, type Revision } from '@tidemark/domain';
import type { Sent, SentNote } from '../synchronizer/ports.ts';
import type { SyncedEntry, Trees } from '../trees/trees.port.ts';
import { noteConflicts } from './conflict-notes.ts';

/** The revision the cursor must have reached before {@link settleOutcome}; undefined while there is no answer. */
export function revisionAwaited(sent: Sent): Revision | undefined {
  return sent.answer?.outcomes.reduce((latest, { revision }) => (revision > latest ? revision : latest), NO_REVISION);
}

/**
 * The cursor has reached the outcomes of a commit: S takes each accepted value as it was *sent*, whatever L is by now, but only where the operation states what L
 * holds of that same entry. Rejected ones change nothing and are planned again. The caller forgets `sent` in the same transaction.
 * What a person asked for states nothing of L: it comes back as rows.
 */
export function settleOutcome(trees: Trees, sent: Sent): void {
  if (sent.request !== undefined) return;
  const notes = new Map<string, SentNote>(sent.notes.map((note) => [`${note.operation}:${note.member ?? ''}`, note]));
  sent.commit.operations.forEach((operation, index) => {
    const outcome = sent.answer?.outcomes[index];
    if (outcome === undefined || !outcome.accepted) return;
    if (operation.type === 'group') {
      operation.operations.forEach((member, at) => take(trees, member, outcome.revision, notes.get(`${index}:${at}`)));
    } else take(trees, operation, outcome.revision, notes.get(`${index}:`));
  });
}

function take(trees: Trees, operation: Operation, revision: Revision, note: SentNote | undefined): void {
  if (note?.settles !== undefined) noteConflicts(trees, [note.settles]);
  if (note?.copyOf !== undefined) {
    const content = contentOfCopy(operation);
    if (content !== undefined)
      trees.setCopyMemory(note.copyOf.entry, BigInt(note.copyOf.base), { copy: content.copy, content: content.key, revision });
    return;
  }
  if (note?.foreign === true) return;
  switch (operation.type) {
    case 'createFolder':
    case 'createFile':
    case 'createLink':
      trees.setSynced(operation.entry, createdBy(operation, revision));
      return;
    case 'putContent':
      update(trees, operation.entry, (synced) => ({
        ...synced,
        content: { key: operation.content.id, value: operation.content },
        attributes: operation.attributes,
        revisions: { ...synced.revisions, content: revision, attributes: revision },
      }));
      return;
    case 'putTarget':
      update(trees, operation.entry, (synced) => ({
        ...synced,
        content: { key: contentKeyOf({ kind: 'link', target: operation.target }), target: operation.target },
        revisions: { ...synced.revisions, content: revision },
      }));
      return;
    case 'setAttributes':
      update(trees, operation.entry, (synced) => ({
        ...synced,
        attributes: operation.attributes,
        revisions: { ...synced.revisions, attributes: revision },
      }));
      return;
    case 'move':
      update(trees, operation.entry, (synced) => ({
        ...synced,
        place: { parent: operation.parent, name: operation.name },
        revisions: { ...synced.revisions, place: revision },
      }));
      return;
    case 'restore':
      update(trees, operation.entry, (synced) => ({
        ...synced,
        place: { parent: operation.parent, name: operation.name },
        revisions: { ...synced.revisions, place: revision, live: revision },
      }));
      return;
    case 'delete':
      for (const id of note?.gone ?? []) trees.setSynced(id, undefined);
      return;
    case 'recordConflict': {
      const noted = note?.conflict === undefined ? undefined : trees.conflict(note.conflict);
      if (noted !== undefined) trees.setConflict(noted.key, { ...noted, told: true });
      return;
    }
    case 'rescue':
    case 'group':
    case 'settleConflict':
    case 'reopenConflict':
      return;
  }
}

function update(trees: Trees, id: EntryId, change: (synced: SyncedEntry) => SyncedEntry): void {
  const synced = trees.synced(id);
  if (synced !== undefined) trees.setSynced(id, change(synced));
}

function contentOfCopy(operation: Operation): { readonly copy: EntryId; readonly key: string } | undefined {
  if (operation.type === 'createFile' || operation.type === 'putContent') return { copy: operation.entry, key: operation.content.id };
  if (operation.type === 'createLink' || operation.type === 'putTarget') {
    return { copy: operation.entry, key: contentKeyOf({ kind: 'link', target: operation.target }) };
  }
  return undefined;
}

/** Since when it is live is not said by the answer, which may be to a repeat: R tells. */
function createdBy(operation: Extract<Operation, { type: 'createFolder' | 'createFile' | 'createLink' }>, revision: Revision): SyncedEntry {
  const kind = operation.type === 'createFolder' ? 'folder' : operation.type === 'createFile' ? 'file' : 'link';
  const value = operation.type === 'createFile' ? operation.content : undefined;
  const target = operation.type === 'createLink' ? operation.target : undefined;
  return {
    id: operation.entry,
    kind,
    place: { parent: operation.parent, name: operation.name },
    content: {
      key: contentKeyOf({ kind, content: value, target }),
      ...(value === undefined ? {} : { value }),
      ...(target === undefined ? {} : { target }),
    },
    attributes: operation.type === 'createFile' ? operation.attributes : null,
    revisions: { content: revision, place: revision, attributes: revision, live: NO_REVISION },
  };
}
