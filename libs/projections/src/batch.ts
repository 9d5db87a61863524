import {
  Bug,
  changesOf,
  parseAccountEvent,
  parseDeviceEvent,
  parseWorkspaceEvent,
  type AccountId,
  type Cursor,
  type DeviceId,
  type EntryId,
  type RecordedEvent,
  type Revision,
  type Row,
  type RowChange,
  type WorkspaceEvent,
  type WorkspaceId,
} from '@tidemark/domain';
import type { EventLog } from '@tidemark/event-log';
import type { ActivityRow, Batch, ConflictRow, DeviceRow, MemberRow, RowWriter, WorkspaceRow } from '@tidemark/read-model/writer';
import { accountOf, deviceAfter, inviteOf } from './people.projection.ts';
import { activityOf, conflictOf, memberOf, raised, resolutionOf, rowAfter, unmovedSince } from './workspace.projection.ts';

/** Rows written in one go while a restored subtree is walked. */
const RAISED_ROWS_MAX = 1_000;
/** A change set with more rows is a poke anyway. */
export const CHANGE_SET_ROWS_MAX = 1_000;

/** What a run of events has done, for telling others. `rows` is missing where they are too many. */
export interface BatchNews {
  readonly rows: readonly Row[] | undefined;
  readonly revoked: readonly AccountId[];
  readonly devicesGone: readonly DeviceId[];
  readonly rowsWritten: number;
}

const NO_NEWS: BatchNews = { rows: [], revoked: [], devicesGone: [], rowsWritten: 0 };

type Stores = { readonly log: EventLog; readonly writer: RowWriter };

/** The rows of a workspace that these events change, written. Doing it again changes nothing. */
export async function projectWorkspace(
  { log, writer }: Stores,
  workspace: WorkspaceId,
  events: readonly RecordedEvent[],
): Promise<BatchNews> {
  const stream = `workspace-${workspace}` as const;
  const pending = new Map<EntryId, Row>();
  const touched = new Map<EntryId, Row>();
  const revoked: AccountId[] = [];
  let tooMany = false;
  let rowsWritten = 0;
  let workspaceRow: WorkspaceRow | undefined;
  const members = new Map<AccountId, MemberRow & { readonly gone?: boolean }>();
  const activity: ActivityRow[] = [];
  const conflicts: ConflictRow[] = [];
  const resolved: NonNullable<Batch['resolved']>[number][] = [];

  const parsed = events.flatMap((recorded) => {
    const event = parseWorkspaceEvent(recorded);
    return event === undefined ? [] : [{ recorded, event, changes: changesOf(event) }];
  });
  const changed = new Set(parsed.flatMap(({ changes }) => changes.map(({ entry }) => entry)));
  /** Rows of those as they are written, by us or before. */
  const written = new Map(await writer.entries(workspace, [...changed]));
  const rowNow = (entry: EntryId): Row | undefined => pending.get(entry) ?? written.get(entry);
  const touch = (row: Row): void => {
    if (touched.size < CHANGE_SET_ROWS_MAX || touched.has(row.id)) touched.set(row.id, row);
    else tooMany = true;
  };
  const flushRows = async (): Promise<void> => {
    if (pending.size === 0) return;
    rowsWritten += pending.size;
    await writer.write({ stream, rowsOf: workspace, rows: [...pending.values()] });
    for (const row of pending.values()) if (changed.has(row.id)) written.set(row.id, row);
    pending.clear();
  };

  /**
   * Everything live below came back with its folder. Done with all earlier rows written and before any later one, so that a crash in the
   * middle leaves the tree as it was at that revision; what has moved since is known by its revisions and is left alone.
   */
  const raiseBelow = async (top: Row, revision: Revision): Promise<void> => {
    await flushRows();
    const folders = [top];
    // In the middle of a group folders may stand in a circle for a moment.
    const seen = new Set<EntryId>();
    for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
      if (folder.kind !== 'folder' || !unmovedSince(folder, revision) || seen.has(folder.id)) continue;
      seen.add(folder.id);
      for await (const child of writer.childrenOf(workspace, folder.id)) {
        if (child.deleted || !unmovedSince(child, revision)) continue;
        if (child.kind === 'folder') folders.push(child);
        const row = raised(child, revision);
        touch(row);
        if (row !== child) pending.set(row.id, row);
      }
      if (pending.size >= RAISED_ROWS_MAX) await flushRows();
    }
    await flushRows();
  };

  const applyToRows = async (change: RowChange, revision: Revision): Promise<void> => {
    const row = rowAfter(rowNow(change.entry), change, revision);
    pending.set(row.id, row);
    touch(row);
    if (change.raisesSubtree === true) await raiseBelow(row, revision);
  };

  for (const { recorded, event, changes } of parsed) {
    for (const change of changes) await applyToRows(change, recorded.revision);
    if (event.type === 'WorkspaceCreated') workspaceRow = createdRow(event, recorded.at);
    if (event.type === 'WorkspaceRenamed') workspaceRow = { ...(workspaceRow ?? (await firstRow(log, stream))), name: event.data.name };
    const member = memberOf(workspace, event);
    if (member !== undefined) members.set(member.account, member);
    if (event.type === 'MemberRevoked') revoked.push(event.data.account);
    const line = activityOf(workspace, event, recorded);
    if (line !== undefined) activity.push(line);
    const conflict = conflictOf(workspace, event, recorded);
    if (conflict !== undefined) conflicts.push(conflict);
    const resolution = resolutionOf(workspace, event, recorded.revision);
    if (resolution !== undefined) resolved.push(resolution);
  }
  rowsWritten += pending.size + activity.length + conflicts.length + members.size + (workspaceRow === undefined ? 0 : 1);
  await writer.write({
    stream,
    through: events.at(-1)?.revision,
    rowsOf: workspace,
    rows: [...pending.values()],
    ...(workspaceRow === undefined ? {} : { workspaces: [workspaceRow] }),
    members: [...members.values()],
    activity,
    conflicts,
    resolved,
  });
  return { rows: tooMany ? undefined : [...touched.values()], revoked, devicesGone: [], rowsWritten };
}

const createdRow = (event: Extract<WorkspaceEvent, { type: 'WorkspaceCreated' }>, at: string): WorkspaceRow => {
  const { workspace, name, root, format } = event.data;
  return { workspace, name, root, format, created: at };
};

/** A workspace's stream begins with its creation. */
async function firstRow(log: EventLog, stream: `workspace-${string}`): Promise<WorkspaceRow> {
  for await (const recorded of log.readStream(stream, { limit: 1 })) {
    const event = parseWorkspaceEvent(recorded);
    if (event?.type === 'WorkspaceCreated') return createdRow(event, recorded.at);
  }
  throw new Bug(`${stream} does not begin with its creation`);
}

/** A device's stream is short of everything but receipts, so that the row is folded from its beginning where it changes. */
export async function projectDevice({ log, writer }: Stores, device: DeviceId, events: readonly RecordedEvent[]): Promise<BatchNews> {
  const last = events.at(-1);
  if (last === undefined || events.every(({ type }) => type === 'DeviceCaughtUp')) return NO_NEWS;
  let row: DeviceRow | undefined;
  for await (const recorded of log.readStream(last.stream)) {
    if (recorded.revision > last.revision) break;
    const event = parseDeviceEvent(recorded);
    if (event !== undefined) row = deviceAfter(row, event, recorded.at);
  }
  if (row !== undefined) await writer.write({ stream: last.stream, through: last.revision, devices: [row] });
  const gone = events.some(({ type }) => type === 'DeviceUnlinked');
  return { rows: [], revoked: [], devicesGone: gone ? [device] : [], rowsWritten: row === undefined ? 0 : 1 };
}

export async function projectAccount({ writer }: Stores, account: AccountId, events: readonly RecordedEvent[]): Promise<BatchNews> {
  const known = events.map(parseAccountEvent).filter((event) => event !== undefined);
  const accounts = known.map(accountOf).filter((row) => row !== undefined);
  const invites = known.map((event) => inviteOf(event, account)).filter((row) => row !== undefined);
  const last = events.at(-1);
  if (last !== undefined && accounts.length + invites.length > 0)
    await writer.write({ stream: last.stream, through: last.revision, accounts, invites });
  return { ...NO_NEWS, rowsWritten: accounts.length + invites.length };
}

/** Rows that speak of a later revision than the change set's end would tell the future: then it goes without them. */
export const rowsAt = (rows: readonly Row[] | undefined, to: Cursor): readonly Row[] | undefined =>
  rows?.every((row) => row.feed <= to.revision) === true ? rows : undefined;
