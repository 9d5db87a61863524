import {
  type AccountId,
  type Chain,
  type Cursor,
  type DeviceId,
  type DeviceKind,
  encodeJson,
  type EntryId,
  type JsonRow,
  nameKey,
  type Revision,
  type Role,
  type Row,
  rowFromJson,
  rowToJson,
  type WorkspaceId,
} from '@tidemark/domain';
import { bytesIn } from '../folder-sizes.ts';
import { idIn } from '../generations.ts';
import type { ActivityRow, ConflictRow, DeviceRow, MemberRow, ReceiptRow, WorkspaceRow } from '../read-model.port.ts';
import type {
  ActivityDocument,
  ConflictDocument,
  DeviceDocument,
  EntryDocument,
  MemberDocument,
  ReceiptDocument,
  WorkspaceDocument,
} from './collections.ts';

/** As many as any revision has. */
const REVISION_DIGITS = 20;

/** Text in the order of the revisions; `NO_REVISION` (-1) before all. */
export const revisionText = (revision: Revision): string =>
  revision < 0n ? String(revision) : String(revision).padStart(REVISION_DIGITS, '0');

export const cursorOf = (revision: string, chain: string): Cursor => ({ revision: BigInt(revision), chain: chain as Chain });

export const idAt = (address: string, what: string): string => `${address}/${what}`;
/** Above every id at the address and below those of the next one. */
export const lastIdAt = (address: string): string => `${address}0`;
export const whatIn = (id: string): string => id.slice(id.indexOf('/') + 1);
export const addressIn = (id: string): string => id.split('/', 1)[0] ?? id;

export const foldedName = (name: string): string => nameKey(name, 'portable');

/** Where the feed goes on: behind the entry, or behind all of the revision. */
export const orderAfter = ({ revision, entry }: { readonly revision: Revision; readonly entry?: EntryId | undefined }): string =>
  entry === undefined ? `${revisionText(revision)}0` : orderOf(revision, entry);
export const orderOf = (feed: Revision, entry: EntryId | ''): string => `${revisionText(feed)}/${entry}`;

export const entryDocument = (address: string, row: Row): EntryDocument => ({
  _id: idAt(address, row.id),
  address,
  order: orderOf(row.feed, row.id),
  parent: row.parent,
  name: row.name,
  folded: foldedName(row.name),
  deleted: row.deleted,
  bytes: bytesIn(row),
  row: JSON.stringify(rowToJson(row)),
});
export const entryRow = ({ row }: Pick<EntryDocument, 'row'>): Row => rowFromJson(JSON.parse(row) as JsonRow);

export const workspaceRow = ({ row }: WorkspaceDocument): WorkspaceRow => JSON.parse(row) as WorkspaceRow;

export const memberRow = ({ address, account, role }: MemberDocument): MemberRow => ({
  workspace: idIn(address) as WorkspaceId,
  account: account as AccountId,
  role: role as Role,
});

export const activityDocument = (address: string, { revision, at, type, entry, account, device, data }: ActivityRow): ActivityDocument => ({
  _id: idAt(address, revisionText(revision)),
  address,
  revision: revisionText(revision),
  at,
  type,
  entry: entry ?? null,
  account: account ?? null,
  device: device ?? null,
  data: encodeJson(data ?? null),
});
export const activityRow = ({ address, revision, at, type, entry, account, device, data }: ActivityDocument): ActivityRow => ({
  workspace: idIn(address) as WorkspaceId,
  revision: BigInt(revision),
  at,
  type,
  entry: (entry ?? undefined) as EntryId | undefined,
  account: (account ?? undefined) as AccountId | undefined,
  device: (device ?? undefined) as DeviceId | undefined,
  data: JSON.parse(data) as unknown,
});

export const UNRESOLVED = { open: true, how: null, resolved: revisionText(-1n) } as const;

export const conflictDocument = (address: string, raised: ConflictRow): ConflictDocument => ({
  _id: idAt(address, raised.conflict),
  address,
  revision: revisionText(raised.revision),
  row: encodeJson({ ...raised, resolved: undefined }),
  ...UNRESOLVED,
});
export function conflictRow({ row, how, resolved }: ConflictDocument): ConflictRow {
  const raised = JSON.parse(row) as Omit<ConflictRow, 'resolved' | 'revision'> & { readonly revision: string };
  return {
    ...raised,
    copy: raised.copy,
    revision: BigInt(raised.revision),
    resolved: how === null ? undefined : { how, revision: BigInt(resolved) },
  };
}

export const deviceRow = ({ _id, account, name, kind, linked, unlinked }: DeviceDocument): DeviceRow => ({
  device: idIn(_id) as DeviceId,
  account: account as AccountId,
  name,
  kind: kind as DeviceKind,
  linked,
  unlinked: unlinked ?? undefined,
});

export const receiptDocument = ({ workspace, device, revision, at, fetching, parked }: ReceiptRow): ReceiptDocument => ({
  _id: idAt(workspace, device),
  workspace,
  device,
  revision: revisionText(revision),
  at,
  fetching: encodeJson(fetching),
  parked: encodeJson(parked),
});
export const receiptRow = ({ workspace, device, revision, at, fetching, parked }: ReceiptDocument): ReceiptRow => ({
  workspace: workspace as WorkspaceId,
  device: device as DeviceId,
  revision: BigInt(revision),
  at,
  fetching: JSON.parse(fetching) as ReceiptRow['fetching'],
  parked: JSON.parse(parked) as ReceiptRow['parked'],
});
