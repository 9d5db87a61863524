import { mkdirSync } from 'node:fs';
import { open as openFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { backup, DatabaseSync, type StatementSync } from 'node:sqlite';
import { assert, Fault } from '@tidemark/domain';
import { integerOf, type SqlRow, type SqlValue } from './columns.ts';
import { asFault, isBusy } from './sqlite-fault.ts';

export const BUSY_TIMEOUT_MS = 5_000;
/** A second opener of an exclusive database is told soon. */
export const EXCLUSIVE_TIMEOUT_MS = 250;
const STATEMENTS_KEPT_MAX = 256;

export interface OpenOptions {
  /**
   * The n-th brings a database from `user_version` n to n + 1. Only ever append to the list; what was once released is never edited.
   */
  readonly migrations: readonly string[];
  /** `FULL` (default): a commit survives a power cut. `NORMAL`: the last ones may be lost, the file is never damaged; for what can be built again. */
  readonly synchronous?: 'FULL' | 'NORMAL';
  /** Nothing is migrated and nothing can be written. */
  readonly readOnly?: boolean;
  /** Held from open to close: any other opener, in this process or another, gets a {@link Fault} that says so. */
  readonly exclusive?: boolean;
  /** How long to wait, blocking, for another connection to let go of the file; default `BUSY_TIMEOUT_MS`. */
  readonly busyTimeoutMs?: number;
}

/** `bigints`: INTEGER columns come as `bigint`; needed only where they can pass 2^53. */
export type Sql = string | { readonly text: string; readonly bigints: true };

export type Parameter = SqlValue | boolean | undefined;

/**
 * One connection to one SQLite file. Calls are synchronous.
 * - INTEGER columns come as `number` (beyond 2^53 a RangeError, never a wrong number) unless asked for as `bigint`; revisions and positions are stored
 *   as INTEGER and read with `bigintOf`.
 * - `undefined` is stored as NULL, booleans as 0 and 1.
 *
 * @throws {Fault} `retry: 'later'` when the file is busy, the disk full or failing; `'never'` when it is damaged or read-only.
 */
export class Database implements Disposable {
  readonly path: string;
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  /** Those of iterations that have ended, for the next one. */
  readonly #rested = new Map<string, StatementSync>();
  #depth = 0;

  /** @internal Opened by {@link openDatabase}. */
  constructor(path: string, db: DatabaseSync) {
    this.path = path;
    this.#db = db;
  }

  get isOpen(): boolean {
    return this.#db.isOpen;
  }

  get isInTransaction(): boolean {
    return this.#depth > 0;
  }

  all(sql: Sql, ...parameters: readonly Parameter[]): readonly SqlRow[] {
    return this.#faults(() => this.#statement(sql).all(...bound(parameters)) as SqlRow[]);
  }

  get(sql: Sql, ...parameters: readonly Parameter[]): SqlRow | undefined {
    return this.#faults(() => this.#statement(sql).get(...bound(parameters)) as SqlRow | undefined);
  }

  /** How many rows were inserted, updated or deleted. */
  run(sql: string, ...parameters: readonly Parameter[]): number {
    // As bigints, since Node would throw after the write where the last rowid passes 2^53.
    return this.#faults(() => Number(this.#statement({ text: sql, bigints: true }).run(...bound(parameters)).changes));
  }

  /** Row by row, without holding them all. A reader that stays open keeps the log from shrinking: read on without waiting for anything, or stop. */
  *iterate(sql: Sql, ...parameters: readonly Parameter[]): Generator<SqlRow, void, void> {
    const key = keyOf(sql);
    // Nobody else's meanwhile, since a statement is reset by its next use.
    const statement = this.#faults(() => this.#rested.get(key) ?? this.#prepare(sql));
    this.#rested.delete(key);
    const rows = this.#faults(() => statement.iterate(...bound(parameters)));
    try {
      for (;;) {
        const next = this.#faults(() => rows.next());
        if (next.done === true) return;
        yield next.value as SqlRow;
      }
    } finally {
      if (this.#db.isOpen) {
        rows.return?.();
        keep(this.#rested, key, statement);
      }
    }
  }

  /** Several statements at once, nothing bound. */
  exec(sql: string): void {
    this.#faults(() => this.#db.exec(sql));
  }

  /** A number that differs from the last one if another connection has committed since. */
  dataVersion(): number {
    const row = this.get('PRAGMA data_version');
    assert(row !== undefined, 'data_version gives a row');
    return integerOf(row, 'data_version');
  }

  /** A whole copy as it is at one moment, while the database stays in use; what stood at the path is replaced only once the copy is complete. */
  async backupTo(path: string): Promise<void> {
    const partial = `${path}.partial`;
    try {
      mkdirSync(dirname(path), { recursive: true });
      await rm(partial, { force: true });
      await backup(this.#db, partial);
      await rename(partial, path);
      await syncFolder(dirname(path));
    } catch (error) {
      await rm(partial, { force: true }).catch(() => undefined);
      const fault = asFault(error, partial);
      throw fault instanceof Fault
        ? fault
        : new Fault(`the backup ${path} could not be written; the last one is untouched`, { retry: 'later', cause: error });
    }
  }

  close(): void {
    if (!this.#db.isOpen) return;
    this.#statements.clear();
    this.#rested.clear();
    this.#db.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** @internal See {@link transaction} and {@link snapshot}. */
  within<Result>(begin: 'BEGIN' | 'BEGIN IMMEDIATE', work: () => Result): Result {
    const savepoint = `nested_${this.#depth}`;
    const nested = this.#depth > 0;
    this.exec(nested ? `SAVEPOINT ${savepoint}` : begin);
    this.#depth += 1;
    try {
      const result = work();
      assert(!(result instanceof Promise), 'a transaction is synchronous: nothing may be awaited inside');
      this.exec(nested ? `RELEASE ${savepoint}` : 'COMMIT');
      return result;
    } catch (error) {
      // SQLite may have rolled back by itself (disk full, I/O error); then there is nothing left to undo.
      if (this.#db.isOpen && this.#db.isTransaction) this.exec(nested ? `ROLLBACK TO ${savepoint}; RELEASE ${savepoint}` : 'ROLLBACK');
      throw error;
    } finally {
      this.#depth -= 1;
    }
  }

  #statement(sql: Sql): StatementSync {
    const key = keyOf(sql);
    const kept = this.#statements.get(key);
    if (kept !== undefined) return kept;
    const statement = this.#prepare(sql);
    keep(this.#statements, key, statement);
    return statement;
  }

  #prepare(sql: Sql): StatementSync {
    if (typeof sql === 'string') return this.#db.prepare(sql);
    const statement = this.#db.prepare(sql.text);
    statement.setReadBigInts(true);
    return statement;
  }

  #faults<Result>(work: () => Result): Result {
    if (!this.#db.isOpen) throw new Fault(`the database ${this.path} is closed`, { retry: 'later' });
    try {
      return work();
    } catch (error) {
      throw asFault(error, this.path);
    }
  }
}

const keyOf = (sql: Sql): string => (typeof sql === 'string' ? sql : `bigints:${sql.text}`);

function keep(statements: Map<string, StatementSync>, key: string, statement: StatementSync): void {
  const [oldest] = statements.keys();
  if (statements.size >= STATEMENTS_KEPT_MAX && oldest !== undefined) statements.delete(oldest);
  statements.set(key, statement);
}

const bound = (parameters: readonly Parameter[]): SqlValue[] =>
  parameters.map((value) => (value === undefined ? null : typeof value === 'boolean' ? Number(value) : value));

/**
 * All or nothing. `work` is synchronous. Takes the write lock at once, so that nothing read inside is stale when it is written.
 * A transaction inside another is a savepoint: its failure undoes it alone.
 */
export const transaction = <Result>(db: Database, work: () => Result): Result => db.within('BEGIN IMMEDIATE', work);

/** Everything read inside is of one moment, whatever other processes write. Takes no write lock. */
export const snapshot = <Result>(db: Database, work: () => Result): Result => db.within('BEGIN', work);

/**
 * Opens or creates the database, and its folder. WAL, foreign keys, `busy_timeout` of `BUSY_TIMEOUT_MS`; brought to the newest schema, each
 * migration in a transaction of its own.
 *
 * @throws {Fault} `retry: 'never'` for a database newer than the code, or no database at all; `'later'` where another process holds it.
 */
export function openDatabase(path: string, options: OpenOptions): Database {
  const readOnly = options.readOnly ?? false;
  const exclusive = options.exclusive ?? false;
  let raw: DatabaseSync | undefined;
  try {
    if (path !== ':memory:' && !readOnly) mkdirSync(dirname(path), { recursive: true });
    raw = new DatabaseSync(path, { readOnly, timeout: options.busyTimeoutMs ?? (exclusive ? EXCLUSIVE_TIMEOUT_MS : BUSY_TIMEOUT_MS) });
    const db = new Database(path, raw);
    // Before anything is read, so that not even the shared memory of the WAL is shared.
    if (exclusive) raw.exec('PRAGMA locking_mode = EXCLUSIVE');
    if (!readOnly) raw.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = ${options.synchronous ?? 'FULL'}`);
    raw.exec('PRAGMA foreign_keys = ON');
    if (exclusive) raw.exec('BEGIN IMMEDIATE; CREATE TABLE IF NOT EXISTS in_use (held INTEGER); DROP TABLE in_use; COMMIT');
    migrate(db, options.migrations, readOnly);
    return db;
  } catch (error) {
    if (raw?.isOpen === true) raw.close();
    if (exclusive && (isBusy(error) || (error instanceof Fault && isBusy(error.cause))))
      throw new Fault(`the database ${path} is in use by another process; end that one first`, { retry: 'later', cause: error });
    const fault = asFault(error, path);
    if (fault instanceof Error && 'syscall' in fault)
      throw new Fault(`the database ${path} cannot be opened: its folder cannot be made`, { retry: 'later', cause: error });
    throw fault;
  }
}

function migrate(db: Database, migrations: readonly string[], readOnly: boolean): void {
  const version = versionOf(db);
  if (version > migrations.length)
    throw new Fault(
      `the database ${db.path} was written by a newer version (schema ${version}, this one knows ${migrations.length}); update, or choose another file`,
      { retry: 'never' },
    );
  if (readOnly && version < migrations.length)
    throw new Fault(
      `the database ${db.path} is of an older version (schema ${version} of ${migrations.length}); open it for writing once`,
      {
        retry: 'never',
      },
    );
  for (const [index, migration] of migrations.entries()) {
    if (index < version) continue;
    transaction(db, () => {
      if (versionOf(db) > index) return; // another process was faster
      db.exec(migration);
      db.exec(`PRAGMA user_version = ${index + 1}`);
    });
  }
}

function versionOf(db: Database): number {
  const row = db.get('PRAGMA user_version');
  assert(row !== undefined, 'user_version gives a row');
  return integerOf(row, 'user_version');
}

async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return; // folders cannot be opened there; NTFS journals the rename
  const handle = await openFile(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
