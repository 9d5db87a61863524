import { assert, type Cursor, encodeJson, type Row, rowToJson, START, type WorkspaceId } from '@tidemark/domain';
import { type Database, openDatabase, transaction } from '@tidemark/sqlite';
import type { Batch, ConflictRow, ReadModelReader, ReadModelWriter, ReceiptRow, ReceiptStore } from '../read-model.port.ts';
import { MIGRATIONS } from './schema.ts';
import { SqliteReader } from './sqlite-reader.ts';
import { foldedName, marksRow } from './table-rows.ts';

type Resolution = NonNullable<Batch['resolved']>[number];

/**
 * The embedded read model: one SQLite file, which several processes may use. A batch is one transaction. After a power cut the last batches may be
 * lost together with their marks (`synchronous=NORMAL`); they are built again from the log.
 */
export class SqliteReadModel extends SqliteReader implements ReadModelReader, ReadModelWriter, ReceiptStore {
  /** A path, or `:memory:`. @throws {Fault} see `openDatabase`. */
  static async open(path: string): Promise<SqliteReadModel> {
    return new SqliteReadModel(openReadModelDatabase(path));
  }

  async write(batch: Batch): Promise<void> {
    const { rows = [], rowsOf, through } = batch;
    assert(rows.length === 0 || rowsOf !== undefined, 'rows belong to a workspace: rowsOf is missing');
    transaction(this.db, () => {
      for (const row of rows) if (rowsOf !== undefined) this.#writeEntry(rowsOf, row);
      for (const row of batch.workspaces ?? []) {
        this.db.run(upsert('workspaces', ['workspace'], ['row']), row.workspace, encodeJson(row), through);
      }
      for (const { workspace, account, role, gone } of batch.members ?? []) {
        this.db.run(upsert('members', ['workspace', 'account'], ['role', 'gone']), workspace, account, role, gone ?? false, through);
      }
      for (const { workspace, revision, at, type, entry, account, device, data } of batch.activity ?? []) {
        this.db.run(
          `INSERT INTO activity (workspace, revision, at, type, entry, account, device, data) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
          workspace,
          revision,
          at,
          type,
          entry,
          account,
          device,
          encodeJson(data ?? null),
        );
      }
      for (const row of batch.conflicts ?? []) this.#writeConflict(row);
      for (const resolution of batch.resolved ?? []) this.#resolve(resolution);
      for (const { device, account, name, kind, linked, unlinked } of batch.devices ?? []) {
        const sql = upsert('devices', ['device'], ['account', 'name', 'kind', 'linked', 'unlinked']);
        this.db.run(sql, device, account, name, kind, linked, unlinked, through);
      }
      for (const { account, name } of batch.accounts ?? []) this.db.run(upsert('accounts', ['account'], ['name']), account, name, through);
      for (const { codeHash, account } of batch.invites ?? []) {
        this.db.run('INSERT INTO invites (code_hash, account) VALUES (?, ?) ON CONFLICT DO NOTHING', codeHash, account);
      }
    });
  }

  async mark(stream: string, which: 'projected' | 'published', from: Cursor | undefined, to: Cursor): Promise<boolean> {
    return transaction(this.db, () => {
      const row = this.db.get('SELECT * FROM marks WHERE stream = ?', stream);
      const marks = row === undefined ? { projected: START, published: START } : marksRow(row);
      const expected = from ?? START;
      if (marks[which].revision !== expected.revision || marks[which].chain !== expected.chain) return false;
      const { projected, published } = which === 'projected' ? { ...marks, projected: to } : { ...marks, published: to };
      this.db.run(
        'INSERT OR REPLACE INTO marks (stream, projected_revision, projected_chain, published_revision, published_chain) VALUES (?, ?, ?, ?, ?)',
        stream,
        projected.revision,
        projected.chain,
        published.revision,
        published.chain,
      );
      return true;
    });
  }

  async receipt({ workspace, device, revision, at, fetching, parked }: ReceiptRow): Promise<void> {
    this.db.run(
      `INSERT INTO receipts (workspace, device, revision, at, fetching, parked) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET revision = excluded.revision, at = excluded.at, fetching = excluded.fetching, parked = excluded.parked
       WHERE excluded.at >= receipts.at`,
      workspace,
      device,
      revision,
      at,
      encodeJson(fetching),
      encodeJson(parked),
    );
  }

  async forget(stream: string): Promise<void> {
    const kind = stream.slice(0, stream.indexOf('-'));
    const id = stream.slice(kind.length + 1);
    transaction(this.db, () => {
      for (const [table, column] of SUBJECTS[kind] ?? []) this.db.run(`DELETE FROM ${table} WHERE ${column} = ?`, id);
      this.db.run('DELETE FROM marks WHERE stream = ?', stream);
    });
  }

  async forgetAll(): Promise<void> {
    transaction(this.db, () => {
      for (const table of new Set(Object.values(SUBJECTS).flatMap((subject) => subject.map(([name]) => name))))
        this.db.run(`DELETE FROM ${table}`);
      this.db.run('DELETE FROM marks');
    });
  }

  #writeEntry(workspace: WorkspaceId, row: Row): void {
    this.db.run(
      `INSERT INTO entries (workspace, entry, parent, name, folded, deleted, feed, row) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET
         parent = excluded.parent, name = excluded.name, folded = excluded.folded, deleted = excluded.deleted, feed = excluded.feed, row = excluded.row
       WHERE excluded.feed > entries.feed`,
      workspace,
      row.id,
      row.parent,
      row.name,
      foldedName(row.name),
      row.deleted,
      row.feed,
      JSON.stringify(rowToJson(row)),
    );
  }

  /** Written once; only its resolution ever changes. */
  #writeConflict({ workspace, conflict, rule, entry, copy, inputs, device, revision, at, resolved }: ConflictRow): void {
    this.db.run(
      `INSERT INTO conflicts (workspace, conflict, rule, entry, copy, inputs, device, revision, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT DO NOTHING`,
      workspace,
      conflict,
      rule,
      entry,
      copy,
      encodeJson(inputs),
      device,
      revision,
      at,
    );
    if (resolved !== undefined) this.#resolve({ workspace, conflict, ...resolved });
  }

  #resolve({ workspace, conflict, how, revision }: Resolution): void {
    this.db.run(
      `UPDATE conflicts SET resolved_how = ?3, resolved_revision = ?4
       WHERE workspace = ?1 AND conflict = ?2 AND (resolved_revision IS NULL OR resolved_revision < ?4)`,
      workspace,
      conflict,
      how,
      revision,
    );
  }
}

/** The embedded read model without a file, for tests and simulation. */
export class MemoryReadModel extends SqliteReadModel {
  constructor() {
    super(openReadModelDatabase(':memory:'));
  }
}

const openReadModelDatabase = (path: string): Database => openDatabase(path, { migrations: MIGRATIONS, synchronous: 'NORMAL' });

/** What a stream is about, by the kind in its name: the rows that go with it. Receipts are not built from streams and stay. */
const SUBJECTS: Readonly<Record<string, readonly (readonly [table: string, column: string])[]>> = {
  workspace: [
    ['entries', 'workspace'],
    ['workspaces', 'workspace'],
    ['members', 'workspace'],
    ['activity', 'workspace'],
    ['conflicts', 'workspace'],
  ],
  device: [['devices', 'device']],
  account: [
    ['accounts', 'account'],
    ['invites', 'account'],
  ],
};

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
