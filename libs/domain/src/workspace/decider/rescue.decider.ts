import type { EntryId } from '../../ids.ts';
import { must } from '../../kernel/assert.ts';
import { conflictName } from '../../names/conflict-name.ts';
import { BatchView } from '../batch-view.ts';
import type { EntryState } from '../entry.ts';
import type { FolderCreated, WorkspaceEvent } from '../events.ts';
import type { Rescue } from '../operations.ts';
import { isLive } from '../tree.ts';
import type { Decision } from '../view.ts';
import { accepted, otherHolder, rejected, type Deciding } from './deciding.ts';

/**
 * Makes stand-ins for a folder that is not live and for its dead ancestors; silent where one lives. Depth is not judged: what is
 * to survive must find a place.
 */
export function rescue(operation: Rescue, deciding: Deciding): Decision {
  const entry = deciding.view.entry(operation.entry);
  if (entry === undefined || entry.kind !== 'folder') return rejected('ENTRY_NOT_FOUND', { current: entry });
  if (isLive(deciding.view, entry.id)) return rejected('ENTRY_LIVE', { current: entry });
  const events: WorkspaceEvent[] = [];
  standIn(entry, { ...deciding, view: new BatchView(deciding.view) }, events);
  return accepted(...events);
}

type Rescuing = Deciding & { readonly view: BatchView };

/** The folder itself if it lives, else its living stand-in, following stand-ins of stand-ins, else a new one for the last of them. */
function standIn(folder: EntryState, rescuing: Rescuing, events: WorkspaceEvent[]): EntryId {
  const { view } = rescuing;
  let last = folder;
  for (;;) {
    if (isLive(view, last.id)) return last.id;
    const made = [...view.standInsOf(last.id)].at(-1);
    if (made === undefined) return makeStandIn(last, rescuing, events);
    last = made;
  }
}

function makeStandIn(folder: EntryState, rescuing: Rescuing, events: WorkspaceEvent[]): EntryId {
  const { view, facts } = rescuing;
  const above = must(folder.parent === null ? undefined : view.entry(folder.parent), 'only the root has no parent, and it lives');
  const parent = standIn(above, rescuing, events);
  const isTaken = (name: string): boolean => otherHolder(view, parent, name) !== undefined;
  const name = isTaken(folder.name)
    ? conflictName({ name: folder.name, kind: 'folder', device: facts.deviceName, seed: folder.id, taken: isTaken })
    : folder.name;
  const entry = facts.standInId(folder.id, view.head.revision + 1n);
  const event: FolderCreated = { type: 'FolderCreated', v: 1, data: { entry, parent, name, rescueOf: folder.id } };
  view.apply(event);
  events.push(event);
  return entry;
}
