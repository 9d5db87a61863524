import { chmodSync, closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { AccountId, DeviceId, EntryId, NameRule, WorkspaceId } from '@tidemark/domain';
import type { Database, SqlRow } from '@tidemark/sqlite';
import { openDatabase, optionalTextOf, textOf, transaction } from '@tidemark/sqlite';

const MIGRATIONS = [
  `CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
   CREATE TABLE folders (
     workspace TEXT PRIMARY KEY, path TEXT NOT NULL UNIQUE, name TEXT NOT NULL, root TEXT NOT NULL, names TEXT NOT NULL, strategy TEXT NOT NULL, paused_until TEXT
   ) WITHOUT ROWID;`,
];

/** Who this installation is to its server. */
export interface Link {
  readonly server: string;
  readonly device: DeviceId;
  readonly account: AccountId;
  readonly deviceName: string;
}

/** A folder that is kept in step with a workspace. */
export interface FollowedFolder {
  readonly workspace: WorkspaceId;
  /** Absolute, of the real folder. */
  readonly path: string;
  /** The workspace's, for people. */
  readonly name: string;
  readonly root: EntryId;
  readonly names: NameRule;
  /** `ChunkingStrategy`. */
  readonly strategy: string;
  /** ISO time, or `for-ever`; survives a restart. */
  readonly pausedUntil?: string | undefined;
}

/**
 * The agent's settings in its home: `agent.sqlite`, and `token`, which only its owner can read. Opened by the running agent alone: whoever comes second is told.
 * @throws {Fault} `retry: 'later'` where another agent has it.
 */
export class AgentSettings implements Disposable {
  readonly home: string;
  readonly #db: Database;

  constructor(home: string, options: { readonly readOnly?: boolean } = {}) {
    this.home = home;
    mkdirSync(home, { recursive: true, mode: 0o700 });
    const readOnly = options.readOnly ?? false;
    this.#db = openDatabase(join(home, 'agent.sqlite'), { migrations: MIGRATIONS, readOnly, exclusive: !readOnly });
  }

  journalPath(workspace: WorkspaceId): string {
    return join(this.home, 'workspaces', workspace, 'journal.sqlite');
  }

  link(): Link | undefined {
    const value = this.fact('link');
    return value === undefined ? undefined : (JSON.parse(value) as Link);
  }

  setLink(link: Link | undefined): void {
    this.setFact('link', link === undefined ? undefined : JSON.stringify(link));
  }

  /** The device's secret for its server. */
  token(): string | undefined {
    const path = join(this.home, 'token');
    return existsSync(path) ? readFileSync(path, 'utf8').trim() : undefined;
  }

  setToken(token: string | undefined): void {
    const path = join(this.home, 'token');
    if (token === undefined) return rmSync(path, { force: true });
    const partial = `${path}.partial`;
    rmSync(partial, { force: true });
    const file = openSync(partial, 'wx', 0o600);
    try {
      writeSync(file, token);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    chmodSync(partial, 0o600);
    renameSync(partial, path);
  }

  folders(): readonly FollowedFolder[] {
    return this.#db.all('SELECT * FROM folders ORDER BY name, workspace').map(folderFrom);
  }

  putFolder(folder: FollowedFolder): void {
    const { workspace, path, name, root, names, strategy, pausedUntil } = folder;
    transaction(this.#db, () =>
      this.#db.run(
        'INSERT OR REPLACE INTO folders VALUES (?, ?, ?, ?, ?, ?, ?)',
        workspace,
        path,
        name,
        root,
        names,
        strategy,
        pausedUntil,
      ),
    );
  }

  removeFolder(workspace: WorkspaceId): void {
    this.#db.run('DELETE FROM folders WHERE workspace = ?', workspace);
  }

  fact(name: string): string | undefined {
    const row = this.#db.get('SELECT value FROM facts WHERE name = ?', name);
    return row && textOf(row, 'value');
  }

  setFact(name: string, value: string | undefined): void {
    if (value === undefined) this.#db.run('DELETE FROM facts WHERE name = ?', name);
    else this.#db.run('INSERT OR REPLACE INTO facts VALUES (?, ?)', name, value);
  }

  close(): void {
    this.#db.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

const folderFrom = (row: SqlRow): FollowedFolder => ({
  workspace: textOf(row, 'workspace') as WorkspaceId,
  path: textOf(row, 'path'),
  name: textOf(row, 'name'),
  root: textOf(row, 'root') as EntryId,
  names: textOf(row, 'names') as NameRule,
  strategy: textOf(row, 'strategy'),
  pausedUntil: optionalTextOf(row, 'paused_until'),
});
