import {
  type AccountId,
  type Chain,
  type ConflictId,
  type ConflictInputs,
  type ConflictRule,
  type DeviceId,
  type DeviceKind,
  type EntryId,
  type JsonRow,
  nameKey,
  NO_REVISION,
  type Role,
  type Row,
  rowFromJson,
  type WorkspaceId,
} from '@tidemark/domain';
import { bigintOf, optionalBigintOf, optionalTextOf, type SqlRow, textOf } from '@tidemark/sqlite';
import { idIn } from '../generations.ts';
import type { ActivityRow, ConflictRow, DeviceRow, Marks, MemberRow, ReceiptRow, WorkspaceRow } from '../read-model.port.ts';

const jsonOf = (row: SqlRow, column: string): unknown => JSON.parse(textOf(row, column));

export const foldedName = (name: string): string => nameKey(name, 'portable');
export const entryRow = (row: SqlRow): Row => rowFromJson(jsonOf(row, 'row') as JsonRow);
export const workspaceRow = (row: SqlRow): WorkspaceRow => jsonOf(row, 'row') as WorkspaceRow;
export const roleOf = (row: SqlRow): Role => textOf(row, 'role') as Role;

export const memberRow = (row: SqlRow): MemberRow => ({
  workspace: idIn(textOf(row, 'workspace')) as WorkspaceId,
  account: textOf(row, 'account') as AccountId,
  role: roleOf(row),
});

export const activityRow = (row: SqlRow): ActivityRow => ({
  workspace: idIn(textOf(row, 'workspace')) as WorkspaceId,
  revision: bigintOf(row, 'revision'),
  at: textOf(row, 'at'),
  type: textOf(row, 'type'),
  entry: optionalTextOf(row, 'entry') as EntryId | undefined,
  account: optionalTextOf(row, 'account') as AccountId | undefined,
  device: optionalTextOf(row, 'device') as DeviceId | undefined,
  data: jsonOf(row, 'data'),
});

export function conflictRow(row: SqlRow): ConflictRow {
  const how = optionalTextOf(row, 'resolved_how');
  const revision = optionalBigintOf(row, 'resolved_revision');
  return {
    workspace: idIn(textOf(row, 'workspace')) as WorkspaceId,
    conflict: textOf(row, 'conflict') as ConflictId,
    rule: textOf(row, 'rule') as ConflictRule,
    entry: textOf(row, 'entry') as EntryId,
    copy: optionalTextOf(row, 'copy') as EntryId | undefined,
    inputs: jsonOf(row, 'inputs') as ConflictInputs,
    device: textOf(row, 'device') as DeviceId,
    revision: bigintOf(row, 'revision'),
    at: textOf(row, 'at'),
    resolved: how === undefined || revision === undefined ? undefined : { how, revision },
  };
}

export const deviceRow = (row: SqlRow): DeviceRow => ({
  device: idIn(textOf(row, 'device')) as DeviceId,
  account: textOf(row, 'account') as AccountId,
  name: textOf(row, 'name'),
  kind: textOf(row, 'kind') as DeviceKind,
  linked: textOf(row, 'linked'),
  unlinked: optionalTextOf(row, 'unlinked'),
});

export const receiptRow = (row: SqlRow): ReceiptRow => ({
  workspace: idIn(textOf(row, 'workspace')) as WorkspaceId,
  device: textOf(row, 'device') as DeviceId,
  revision: bigintOf(row, 'revision'),
  at: textOf(row, 'at'),
  fetching: jsonOf(row, 'fetching') as ReceiptRow['fetching'],
  parked: jsonOf(row, 'parked') as ReceiptRow['parked'],
});

/** Nothing where neither has moved: a row may be there for its generation alone. */
export function marksRow(row: SqlRow): Marks | undefined {
  const projected = { revision: bigintOf(row, 'projected_revision'), chain: textOf(row, 'projected_chain') as Chain };
  const published = { revision: bigintOf(row, 'published_revision'), chain: textOf(row, 'published_chain') as Chain };
  return projected.revision === NO_REVISION && published.revision === NO_REVISION ? undefined : { projected, published };
}
