import { randomUUID } from 'node:crypto';
import {
  type AccountId,
  type Chain,
  type ConflictId,
  type ContentId,
  type Cursor,
  type DeviceId,
  type EntryId,
  type NanoTime,
  type Row,
  type WorkspaceId,
} from '@tidemark/domain';
import type { ActivityRow, ConflictRow, DeviceRow, WorkspaceRow } from '../read-model.port.ts';

/** Ids of their own for each test, since a real server keeps what the tests before wrote. */
export const newWorkspace = (): WorkspaceId => randomUUID() as WorkspaceId;
export const newEntry = (): EntryId => randomUUID() as EntryId;
export const newAccount = (): AccountId => randomUUID() as AccountId;
export const newDevice = (): DeviceId => randomUUID() as DeviceId;
/** The n-th of a row of ids whose order is that of their numbers. */
export const entryNumber = (n: number): EntryId => `00000000-0000-7000-8000-${n.toString(16).padStart(12, '0')}` as EntryId;

export const cursorAt = (revision: number): Cursor => ({
  revision: BigInt(revision),
  chain: revision.toString(16).padStart(64, '0') as Chain,
});

/** A folder; everything can be said otherwise. All its aspects are as old as its feed revision. */
export function folderRow(feed: number, more: Partial<Row> = {}): Row {
  const at = BigInt(feed);
  const revisions = { content: at, place: at, attributes: at, live: at };
  return { id: newEntry(), kind: 'folder', parent: null, name: 'a', deleted: false, revisions, feed: at, ...more };
}

/** A file with every member that a row can have. */
export const fileRow = (feed: number, more: Partial<Row> = {}): Row =>
  folderRow(feed, {
    kind: 'file',
    content: { id: 'c'.repeat(64) as ContentId, size: 2 ** 40, chunks: [] },
    attributes: { modified: '-9223372036854775808' as NanoTime, executable: true },
    ...more,
  });

export const workspaceRowOf = (workspace: WorkspaceId, name: string): WorkspaceRow => ({
  workspace,
  name,
  root: newEntry(),
  format: { chunking: 'fastcdc', names: 'portable', unicode: '17.0.0' },
  created: '2026-01-02T03:04:05.678Z',
});

export const deviceRowOf = (account: AccountId, more: Partial<DeviceRow> = {}): DeviceRow => ({
  device: newDevice(),
  account,
  name: 'laptop',
  kind: 'agent',
  linked: '2026-01-02T03:04:05.678Z',
  unlinked: undefined,
  ...more,
});

export const activityRowOf = (workspace: WorkspaceId, revision: number, more: Partial<ActivityRow> = {}): ActivityRow => ({
  workspace,
  revision: BigInt(revision),
  at: '2026-01-02T03:04:05.678Z',
  type: 'EntryMoved',
  entry: undefined,
  account: undefined,
  device: undefined,
  data: { name: `ä${revision}` },
  ...more,
});

export const conflictRowOf = (workspace: WorkspaceId, revision: number, more: Partial<ConflictRow> = {}): ConflictRow => ({
  workspace,
  conflict: randomUUID() as ConflictId,
  rule: 'edit-edit',
  entry: newEntry(),
  copy: undefined,
  inputs: { base: null, mine: { kind: 'file', parent: newEntry(), name: 'a', deleted: false }, theirs: null },
  device: newDevice(),
  revision: BigInt(revision),
  at: '2026-01-02T03:04:05.678Z',
  resolved: undefined,
  ...more,
});
