import type { Collection, Db } from 'mongodb';

/**
 * Every `_id` begins with the address of its subject (see generations.ts), a slash, and what it is within it, so that rows of an address are a range
 * of ids; nothing is unique but ids: a late write must never break on a name. Revisions are text whose order is theirs, see `revisionText`. Rows stand
 * as JSON text beside what they are found by, so that every one comes back as it was, whatever its members are called.
 */
export interface EntryDocument {
  readonly _id: string;
  readonly address: string;
  /** Feed revision and id: the order of the feed. */
  readonly order: string;
  readonly parent: string | null;
  readonly name: string;
  readonly folded: string;
  readonly deleted: boolean;
  /** Of a file or link; null is a folder. Missing where a version wrote it that knew of none. */
  readonly bytes?: number | null;
  readonly row: string;
}
export interface WorkspaceDocument {
  readonly _id: string;
  readonly row: string;
  readonly through: string;
}
export interface MemberDocument {
  readonly _id: string;
  readonly address: string;
  readonly account: string;
  readonly role: string;
  readonly gone: boolean;
  readonly through: string;
}
export interface ActivityDocument {
  readonly _id: string;
  readonly address: string;
  readonly revision: string;
  readonly at: string;
  readonly type: string;
  readonly entry: string | null;
  readonly account: string | null;
  readonly device: string | null;
  readonly data: string;
}
export interface ConflictDocument {
  readonly _id: string;
  readonly address: string;
  readonly revision: string;
  /** As it was raised. */
  readonly row: string;
  readonly open: boolean;
  readonly how: string | null;
  readonly resolved: string;
}
export interface DeviceDocument {
  readonly _id: string;
  readonly account: string;
  readonly name: string;
  readonly kind: string;
  readonly linked: string;
  readonly unlinked: string | null;
  readonly through: string;
}
export interface AccountDocument {
  readonly _id: string;
  readonly name: string;
  readonly through: string;
}
export interface InviteDocument {
  readonly _id: string;
  readonly code: string;
}
export interface ReceiptDocument {
  readonly _id: string;
  readonly workspace: string;
  readonly device: string;
  readonly revision: string;
  readonly at: string;
  readonly fetching: string;
  readonly parked: string;
}
/** Where a stream is: see `StreamState`. */
export interface MarksDocument {
  readonly _id: string;
  readonly projected: string;
  readonly projectedChain: string;
  readonly published: string;
  readonly publishedChain: string;
  readonly generation: number;
  readonly fresh: number;
  readonly ahead: string;
  readonly whole: string;
}

interface Documents {
  readonly entries: EntryDocument;
  readonly workspaces: WorkspaceDocument;
  readonly members: MemberDocument;
  readonly activity: ActivityDocument;
  readonly conflicts: ConflictDocument;
  readonly devices: DeviceDocument;
  readonly accounts: AccountDocument;
  readonly invites: InviteDocument;
  readonly receipts: ReceiptDocument;
  readonly marks: MarksDocument;
}
export type CollectionName = keyof Documents;
export type Collections = { readonly [Name in CollectionName]: Collection<Documents[Name]> };

type IndexKey = Readonly<Record<string, 1 | -1>>;
const INDEXES: Readonly<Record<CollectionName, readonly IndexKey[]>> = {
  entries: [
    { address: 1, order: 1 },
    { address: 1, parent: 1, deleted: 1, name: 1, _id: 1 },
    { address: 1, deleted: 1, folded: 1, _id: 1 },
    { address: 1, parent: 1, deleted: 1, bytes: 1, _id: 1 },
    { address: 1, deleted: 1, order: 1 },
  ],
  workspaces: [],
  members: [{ address: 1, account: 1 }, { account: 1 }],
  activity: [
    { address: 1, revision: -1 },
    { address: 1, entry: 1, revision: -1 },
    { address: 1, device: 1, revision: -1 },
    { address: 1, account: 1, revision: -1 },
    { address: 1, at: 1, revision: 1 },
  ],
  conflicts: [{ address: 1, revision: -1, _id: 1 }],
  devices: [{ account: 1 }],
  accounts: [],
  invites: [{ code: 1 }],
  receipts: [{ workspace: 1 }],
  marks: [],
};

export const collectionsOf = (db: Db): Collections => ({
  entries: db.collection('entries'),
  workspaces: db.collection('workspaces'),
  members: db.collection('members'),
  activity: db.collection('activity'),
  conflicts: db.collection('conflicts'),
  devices: db.collection('devices'),
  accounts: db.collection('accounts'),
  invites: db.collection('invites'),
  receipts: db.collection('receipts'),
  marks: db.collection('marks'),
});

/**
 * Those that are there already stay; collections without indexes of their own come with their first document. One command for each index, since FerretDB
 * breaks down where some of many are there.
 */
export async function ensureCollections(db: Db): Promise<void> {
  for (const [name, keys] of Object.entries(INDEXES))
    for (const key of keys) await db.collection(name).createIndex(key, { name: nameOf(key) });
}

const nameOf = (key: IndexKey): string => Object.keys(key).join('_').replace('_id', 'id');
