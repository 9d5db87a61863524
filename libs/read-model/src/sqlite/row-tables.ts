import { assert, encodeJson, type Row, rowToJson } from '@tidemark/domain';
import { type Database, transaction } from '@tidemark/sqlite';
import { bytesIn } from '../folder-sizes.ts';
import { type Subject, type SubjectKind } from '../generations.ts';
import type { Batch, ConflictRow } from '../read-model.port.ts';
import { foldedName } from './table-rows.ts';

type Resolution = NonNullable<Batch['resolved']>[number];
/** Where rows of a subject are to stand. */
export type AddressOf = (kind: SubjectKind, id: string) => string;

/** Rows removed in one transaction, so that nobody waits long for the file. */
const REMOVED_ROWS_MAX = 2_000;

/** Tables whose rows go with a subject, and the column that holds its address. Receipts are not built from streams and stay. */
const TABLES: Readonly<Record<SubjectKind, readonly (readonly [table: string, column: string])[]>> = {
  workspace: [
    ['entries', 'workspace'],
    ['activity', 'workspace'],
    ['conflicts', 'workspace'],
    ['members', 'workspace'],
    ['workspaces', 'workspace'],
  ],
  device: [['devices', 'device']],
  account: [['accounts', 'account']],
};
/** Those that may hold very many rows; the others have no rowid, and few. */
const LARGE: readonly string[] = ['entries', 'activity', 'conflicts'];

/** Every row of the batch written where it is later than what is there. To be called in a transaction. */
export function writeRows(db: Database, batch: Batch, addressOf: AddressOf): void {
  const { rows = [], rowsOf, through } = batch;
  assert(rows.length === 0 || rowsOf !== undefined, 'rows belong to a workspace: rowsOf is missing');
  if (rowsOf !== undefined && rows.length > 0) {
    const address = addressOf('workspace', rowsOf);
    for (const row of rows) writeEntry(db, address, row);
  }
  for (const row of batch.workspaces ?? [])
    db.run(upsert('workspaces', ['workspace'], ['row']), addressOf('workspace', row.workspace), encodeJson(row), through);
  for (const { workspace, account, role, gone } of batch.members ?? []) {
    const sql = upsert('members', ['workspace', 'account'], ['role', 'gone']);
    db.run(sql, addressOf('workspace', workspace), account, role, gone ?? false, through);
  }
  for (const { workspace, revision, at, type, entry, account, device, data } of batch.activity ?? []) {
    db.run(
      `INSERT INTO activity (workspace, revision, at, type, entry, account, device, data) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
      addressOf('workspace', workspace),
      revision,
      at,
      type,
      entry,
      account,
      device,
      encodeJson(data ?? null),
    );
  }
  for (const row of batch.conflicts ?? []) writeConflict(db, addressOf('workspace', row.workspace), row);
  for (const resolution of batch.resolved ?? []) resolve(db, addressOf('workspace', resolution.workspace), resolution);
  for (const { device, account, name, kind, linked, unlinked } of batch.devices ?? []) {
    const sql = upsert('devices', ['device'], ['account', 'name', 'kind', 'linked', 'unlinked']);
    db.run(sql, addressOf('device', device), account, name, kind, linked, unlinked, through);
  }
  for (const { account, name } of batch.accounts ?? [])
    db.run(upsert('accounts', ['account'], ['name']), addressOf('account', account), name, through);
  for (const { codeHash, account } of batch.invites ?? []) {
    const key = codeHash + addressOf('account', account).slice(account.length);
    db.run('INSERT INTO invites (code_hash, account) VALUES (?, ?) ON CONFLICT DO NOTHING', key, account);
  }
}

/** Rows of the subject's generations before this address, but for the one that is kept. */
export async function removeBefore(db: Database, { kind, id }: Subject, address: string, kept?: string): Promise<void> {
  for (const [table, column] of TABLES[kind]) {
    // In two ranges, so that what is kept, which may be much, is not walked again and again.
    if (kept !== undefined) await removeWhere(db, table, `${column} >= ? AND ${column} < ?`, id, kept);
    await removeWhere(db, table, `${column} ${kept === undefined ? '>=' : '>'} ? AND ${column} < ?`, kept ?? id, address);
  }
  if (kind === 'account') {
    const sql = `DELETE FROM invites WHERE account = ? AND ${GENERATION_OF_CODE} < ? AND account || ${GENERATION_OF_CODE} <> ?`;
    db.run(sql, id, address.slice(id.length), kept ?? '');
  }
}

/** What rows of the subject stand at this address. */
export async function removeAt(db: Database, { kind, id }: Subject, address: string): Promise<void> {
  for (const [table, column] of TABLES[kind]) await removeWhere(db, table, `${column} = ?`, address);
  if (kind === 'account') db.run(`DELETE FROM invites WHERE account = ? AND ${GENERATION_OF_CODE} = ?`, id, address.slice(id.length));
}

/** An invitation's key is its code's hash, and its account's generation as an address has it. */
const GENERATION_OF_CODE = `substr(code_hash, instr(code_hash || '~', '~'))`;

async function removeWhere(db: Database, table: string, condition: string, ...parameters: readonly string[]): Promise<void> {
  if (!LARGE.includes(table)) {
    db.run(`DELETE FROM ${table} WHERE ${condition}`, ...parameters);
    return;
  }
  const sql = `DELETE FROM ${table} WHERE rowid IN (SELECT rowid FROM ${table} WHERE ${condition} LIMIT ${REMOVED_ROWS_MAX})`;
  while (transaction(db, () => db.run(sql, ...parameters)) > 0) await breathe();
}

/** Lets whatever shares the thread, or the file, have its turn. */
const breathe = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function writeEntry(db: Database, address: string, row: Row): void {
  db.run(
    `INSERT INTO entries (workspace, entry, parent, name, folded, deleted, feed, bytes, row) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET
       parent = excluded.parent, name = excluded.name, folded = excluded.folded, deleted = excluded.deleted, feed = excluded.feed,
       bytes = excluded.bytes, row = excluded.row
     WHERE excluded.feed > entries.feed`,
    address,
    row.id,
    row.parent,
    row.name,
    foldedName(row.name),
    row.deleted,
    row.feed,
    bytesIn(row),
    JSON.stringify(rowToJson(row)),
  );
}

/** Written once; only its resolution ever changes. */
function writeConflict(db: Database, address: string, row: ConflictRow): void {
  const { workspace, conflict, rule, entry, copy, inputs, device, revision, at, resolved } = row;
  db.run(
    `INSERT INTO conflicts (workspace, conflict, rule, entry, copy, inputs, device, revision, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT DO NOTHING`,
    address,
    conflict,
    rule,
    entry,
    copy,
    encodeJson(inputs),
    device,
    revision,
    at,
  );
  if (resolved !== undefined) resolve(db, address, { workspace, conflict, ...resolved });
}

function resolve(db: Database, address: string, { conflict, how, revision }: Resolution): void {
  db.run(
    `UPDATE conflicts SET resolved_how = ?3, resolved_revision = ?4
     WHERE workspace = ?1 AND conflict = ?2 AND (resolved_revision IS NULL OR resolved_revision < ?4)`,
    address,
    conflict,
    how,
    revision,
  );
}

/**
 * For rows that carry no revision of their own. The last parameter is the batch's `through`: what reflects less of the stream than what is there
 * changes nothing; without it (NULL) the row is written whatever is there.
 */
function upsert(table: string, keys: readonly string[], values: readonly string[]): string {
  const columns = [...keys, ...values];
  const through = `?${columns.length + 1}`;
  return `INSERT INTO ${table} (${columns.join(', ')}, through)
    VALUES (${columns.map((_, index) => `?${index + 1}`).join(', ')}, coalesce(${through}, -1))
    ON CONFLICT DO UPDATE SET ${values.map((name) => `${name} = excluded.${name}`).join(', ')}, through = max(through, excluded.through)
    WHERE ${through} IS NULL OR excluded.through >= through`;
}
