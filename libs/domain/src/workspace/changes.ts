import { must } from '../kernel/assert.ts';
import type { EntryState, Revision } from './entry.ts';
import type { WorkspaceEvent } from './events.ts';
import type { RowChange } from './view.ts';

/** What an event sets, from the event alone. Events that touch no entry, and types not known here, set nothing. */
export function changesOf(event: WorkspaceEvent): readonly RowChange[] {
  switch (event.type) {
    case 'WorkspaceCreated':
      return [{ entry: event.data.root, created: { kind: 'folder' }, place: { parent: null, name: '' }, deleted: false }];
    case 'FolderCreated': {
      const { entry, parent, name, rescueOf } = event.data;
      return [{ entry, created: { kind: 'folder', rescueOf }, place: { parent, name }, deleted: false }];
    }
    case 'FileCreated': {
      const { entry, parent, name, content, attributes } = event.data;
      return [{ entry, created: { kind: 'file' }, place: { parent, name }, content, attributes, deleted: false }];
    }
    case 'LinkCreated': {
      const { entry, parent, name, target } = event.data;
      return [{ entry, created: { kind: 'link' }, place: { parent, name }, target, deleted: false }];
    }
    case 'ContentCommitted':
      return [{ entry: event.data.entry, content: event.data.content, attributes: event.data.attributes }];
    case 'LinkRetargeted':
      return [{ entry: event.data.entry, target: event.data.target }];
    case 'EntryMoved':
      return [{ entry: event.data.entry, place: { parent: event.data.parent, name: event.data.name } }];
    case 'AttributesChanged':
      return [{ entry: event.data.entry, attributes: event.data.attributes }];
    case 'EntryDeleted':
      return [{ entry: event.data.entry, deleted: true }];
    case 'EntryRestored': {
      const { entry, parent, name } = event.data;
      return [{ entry, place: { parent, name }, deleted: false, raisesSubtree: true }];
    }
    case 'WorkspaceRenamed':
    case 'MemberGranted':
    case 'MemberRevoked':
    case 'CommitRejected':
    case 'CommitConfirmed':
    case 'ConflictRecorded':
    case 'ConflictResolved':
    case 'ConflictReopened':
      return [];
    default:
      return unknownEvent(event);
  }
}

/** A newer program wrote it: here it changes nothing. */
const unknownEvent = (_event: never): readonly RowChange[] => [];

/** The entry after the change. @throws {Bug} where the change is to an entry that was never created. */
export function applyChange(state: EntryState | undefined, change: RowChange, revision: Revision): EntryState {
  if (change.created !== undefined) {
    const place = must(change.place, 'a creation names its place');
    return {
      id: change.entry,
      kind: change.created.kind,
      parent: place.parent,
      name: place.name,
      deleted: false,
      ...(change.content === undefined ? {} : { content: change.content }),
      ...(change.target === undefined ? {} : { target: change.target }),
      ...(change.attributes === undefined ? {} : { attributes: change.attributes }),
      ...(change.created.rescueOf === undefined ? {} : { rescueOf: change.created.rescueOf }),
      revisions: { content: revision, place: revision, attributes: revision, live: revision },
    };
  }
  const before = must(state, `change of entry ${change.entry}, which was never created`);
  return {
    ...before,
    ...(change.place === undefined ? {} : { parent: change.place.parent, name: change.place.name }),
    ...(change.content === undefined ? {} : { content: change.content }),
    ...(change.target === undefined ? {} : { target: change.target }),
    ...(change.attributes === undefined ? {} : { attributes: change.attributes }),
    ...(change.deleted === undefined ? {} : { deleted: change.deleted }),
    revisions: {
      content: change.content !== undefined || change.target !== undefined ? revision : before.revisions.content,
      place: change.place === undefined ? before.revisions.place : revision,
      attributes: change.attributes === undefined ? before.revisions.attributes : revision,
      live: change.deleted === undefined ? before.revisions.live : revision,
    },
  };
}

/** The latest revision at which its content, place or liveness changed: what a deletion has to have seen. */
export function changedAt({ revisions }: EntryState): Revision {
  const { content, place, live } = revisions;
  const later = content > place ? content : place;
  return later > live ? later : live;
}
