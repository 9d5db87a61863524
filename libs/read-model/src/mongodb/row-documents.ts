import { assert, encodeJson } from '@tidemark/domain';
import type { Collection } from 'mongodb';
import type { Subject, SubjectKind } from '../generations.ts';
import type { Batch, ConflictRow } from '../read-model.port.ts';
import type { CollectionName, Collections, ConflictDocument, DeviceDocument, MemberDocument } from './collections.ts';
import { activityDocument, conflictDocument, entryDocument, idAt, lastIdAt, orderOf, revisionText } from './documents.ts';
import { bulksOf, type GuardedWrite, writeGuarded } from './guarded-writes.ts';

type Resolution = NonNullable<Batch['resolved']>[number];
/** Where rows of a subject are to stand. */
export type AddressOf = (kind: SubjectKind, id: string) => string;

/** Removed by one command. */
const REMOVED_ROWS_MAX = 5_000;

/** Collections whose rows go with a subject. Receipts are not built from streams and stay. */
const COLLECTIONS: Readonly<Record<SubjectKind, readonly CollectionName[]>> = {
  workspace: ['entries', 'activity', 'conflicts', 'members', 'workspaces'],
  device: ['devices'],
  account: ['accounts', 'invites'],
};

/** Subjects that the batch has rows of. */
export function* subjectsIn(batch: Batch): Iterable<Subject> {
  if (batch.rowsOf !== undefined) yield { kind: 'workspace', id: batch.rowsOf };
  const { workspaces = [], members = [], activity = [], conflicts = [], resolved = [], devices = [], accounts = [], invites = [] } = batch;
  for (const { workspace } of [...workspaces, ...members, ...activity, ...conflicts, ...resolved])
    yield { kind: 'workspace', id: workspace };
  for (const { device } of devices) yield { kind: 'device', id: device };
  for (const { account } of [...accounts, ...invites]) yield { kind: 'account', id: account };
}

/** Every row of the batch written where it is later than what is there. Broken off, some are; written again, all. */
export async function writeRows(collections: Collections, batch: Batch, addressOf: AddressOf): Promise<void> {
  const { rows = [], rowsOf } = batch;
  assert(rows.length === 0 || rowsOf !== undefined, 'rows belong to a workspace: rowsOf is missing');
  if (rowsOf !== undefined && rows.length > 0) {
    const address = addressOf('workspace', rowsOf);
    await writeGuarded(
      collections.entries,
      rows.map((row) => ({
        document: entryDocument(address, row),
        replaces: { order: { $lt: orderOf(row.feed, '') } },
        isThere: row.revisions.place < row.feed,
      })),
    );
  }
  const through = revisionText(batch.through ?? -1n);
  const guarded = guardOf(batch);
  await writeGuarded(
    collections.workspaces,
    (batch.workspaces ?? []).map((row) => guarded({ _id: addressOf('workspace', row.workspace), row: encodeJson(row), through })),
  );
  await writeGuarded(
    collections.members,
    (batch.members ?? []).map(({ workspace, account, role, gone = false }) => {
      const address = addressOf('workspace', workspace);
      return guarded<MemberDocument>({ _id: idAt(address, account), address, account, role, gone, through });
    }),
  );
  await writeGuarded(
    collections.activity,
    (batch.activity ?? []).map((row) => ({ document: activityDocument(addressOf('workspace', row.workspace), row) })),
  );
  await writeConflicts(collections.conflicts, batch, addressOf);
  await writeGuarded(
    collections.devices,
    (batch.devices ?? []).map(({ device, account, name, kind, linked, unlinked = null }) =>
      guarded<DeviceDocument>({ _id: addressOf('device', device), account, name, kind, linked, unlinked, through }),
    ),
  );
  await writeGuarded(
    collections.accounts,
    (batch.accounts ?? []).map(({ account, name }) => guarded({ _id: addressOf('account', account), name, through })),
  );
  await writeGuarded(
    collections.invites,
    (batch.invites ?? []).map(({ codeHash, account }) => ({
      document: { _id: idAt(addressOf('account', account), codeHash), code: codeHash },
    })),
  );
}

/** For rows that carry no revision of their own: what reflects less of the stream than what is there changes nothing. */
function guardOf({ through }: Batch) {
  return <Doc extends { readonly _id: string; readonly through: string }>(document: Doc): GuardedWrite<Doc> =>
    through === undefined
      ? { document, replaces: {}, keeps: ['through'] }
      : { document, replaces: { through: { $lte: revisionText(through) } } };
}

/** Written once; only their resolution ever changes. */
async function writeConflicts(collection: Collection<ConflictDocument>, batch: Batch, addressOf: AddressOf): Promise<void> {
  const { conflicts = [], resolved = [] } = batch;
  await writeGuarded(
    collection,
    conflicts.map((row) => ({ document: conflictDocument(addressOf('workspace', row.workspace), row) })),
  );
  const resolutions: readonly Resolution[] = [...conflicts.flatMap(resolutionIn), ...resolved];
  const writes = resolutions.map(({ workspace, conflict, how, revision }) => ({
    document: {
      _id: idAt(addressOf('workspace', workspace), conflict),
      open: how === undefined,
      how: how ?? null,
      resolved: revisionText(revision),
    },
  }));
  for (const bulk of bulksOf(writes))
    await collection.bulkWrite(
      bulk.map(({ document: { _id, ...resolution } }) => ({
        updateOne: { filter: { _id, resolved: { $lt: resolution.resolved } }, update: { $set: resolution } },
      })),
      { ordered: false },
    );
}

const resolutionIn = ({ workspace, conflict, resolved }: ConflictRow): readonly Resolution[] =>
  resolved === undefined ? [] : [{ workspace, conflict, ...resolved }];

/** Rows of the subject's generations before this address, but for the one that is kept. */
export async function removeBefore(collections: Collections, { kind, id }: Subject, address: string, kept?: string): Promise<void> {
  for (const name of COLLECTIONS[kind]) {
    if (kept !== undefined) await removeBetween(collections, name, id, kept);
    await removeBetween(collections, name, kept === undefined ? id : lastIdAt(kept), address);
  }
}

/** What rows of the subject stand at this address. */
export async function removeAt(collections: Collections, { kind }: Subject, address: string): Promise<void> {
  for (const name of COLLECTIONS[kind]) await removeBetween(collections, name, address, lastIdAt(address));
}

/** Piece by piece, so that no command takes long. */
async function removeBetween(collections: Collections, name: CollectionName, from: string, to: string): Promise<void> {
  if (from >= to) return;
  const collection = collections[name] as unknown as Collection<{ readonly _id: string }>;
  for (;;) {
    const range = { _id: { $gte: from, $lt: to } };
    const some = await collection
      .find(range, { projection: { _id: 1 } })
      .sort({ _id: 1 })
      .limit(REMOVED_ROWS_MAX)
      .toArray();
    const last = some.at(-1);
    if (last === undefined) return;
    await collection.deleteMany({ _id: { $gte: from, $lte: last._id } });
    if (some.length < REMOVED_ROWS_MAX) return;
  }
}
