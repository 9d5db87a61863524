import type { ConflictId } from '../ids.ts';
import type { Revision } from './entry.ts';
import type { WorkspaceEvent } from './events.ts';
import type { ConflictState } from './view.ts';

/** What an event at this revision makes of a conflict; nothing where it is about none, or about one that was never recorded. */
export function conflictAfter(
  event: WorkspaceEvent,
  revision: Revision,
  conflictNow: (id: ConflictId) => ConflictState | undefined,
): { readonly conflict: ConflictId; readonly state: ConflictState } | undefined {
  if (event.type !== 'ConflictRecorded' && event.type !== 'ConflictResolved' && event.type !== 'ConflictReopened') return undefined;
  const { conflict } = event.data;
  const now = conflictNow(conflict);
  if (event.type === 'ConflictRecorded') return now === undefined ? { conflict, state: {} } : undefined;
  if (now === undefined) return undefined;
  return { conflict, state: event.type === 'ConflictReopened' ? {} : { settled: { how: event.data.how, revision } } };
}
