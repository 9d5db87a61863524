import {
  applyChange,
  type EntryId,
  type RecordedEvent,
  type Revision,
  type Row,
  type RowChange,
  type WorkspaceEvent,
  type WorkspaceId,
} from '@tidemark/domain';
import type { ActivityRow, Batch, ConflictRow, MemberRow } from '@tidemark/read-model/writer';

/**
 * The row after the change, its feed raised to the event's revision.
 * A row that has heard of this revision already stays as it is, so that applying twice changes nothing.
 */
export function rowAfter(row: Row | undefined, change: RowChange, revision: Revision): Row {
  if (row !== undefined && row.feed >= revision) return row;
  return { ...applyChange(row, change, revision), feed: revision };
}

/** Whether the row stood where it stands, and was as live, at that revision: what a restore at it raises. */
export const unmovedSince = (row: Row, revision: Revision): boolean => row.revisions.place <= revision && row.revisions.live <= revision;

export const raised = (row: Row, revision: Revision): Row => (row.feed >= revision ? row : { ...row, feed: revision });

const entryOf = (event: WorkspaceEvent): EntryId | undefined => ('entry' in event.data ? event.data.entry : undefined);

/** One line of who did what. A commit that changed nothing is nobody's news. */
export function activityOf(workspace: WorkspaceId, event: WorkspaceEvent, recorded: RecordedEvent): ActivityRow | undefined {
  if (event.type === 'CommitRejected' || event.type === 'CommitConfirmed') return undefined;
  return {
    workspace,
    revision: recorded.revision,
    at: recorded.at,
    type: event.type,
    entry: entryOf(event),
    account: recorded.meta.account,
    device: recorded.meta.device,
    data: event.data,
  };
}

export function conflictOf(workspace: WorkspaceId, event: WorkspaceEvent, recorded: RecordedEvent): ConflictRow | undefined {
  if (event.type !== 'ConflictRecorded') return undefined;
  const { conflict, rule, entry, copy, inputs, device } = event.data;
  return { workspace, conflict, rule, entry, copy, inputs, device, revision: recorded.revision, at: recorded.at, resolved: undefined };
}

export function resolutionOf(
  workspace: WorkspaceId,
  event: WorkspaceEvent,
  revision: Revision,
): NonNullable<Batch['resolved']>[number] | undefined {
  if (event.type !== 'ConflictResolved' && event.type !== 'ConflictReopened') return undefined;
  return { workspace, conflict: event.data.conflict, how: event.type === 'ConflictResolved' ? event.data.how : undefined, revision };
}

export function memberOf(workspace: WorkspaceId, event: WorkspaceEvent): (MemberRow & { readonly gone?: boolean }) | undefined {
  if (event.type === 'WorkspaceCreated') return { workspace, account: event.data.owner, role: 'owner' };
  if (event.type === 'MemberGranted') return { workspace, account: event.data.account, role: event.data.role };
  if (event.type === 'MemberRevoked') return { workspace, account: event.data.account, role: 'viewer', gone: true };
  return undefined;
}
