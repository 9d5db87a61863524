import type { Database, SqlRow } from '@tidemark/sqlite';
import { bigintOf, integerOf, textOf } from '@tidemark/sqlite';

/** A file that was displaced, as it was then: what has changed since is a person's edit by a program that still had it open. */
export interface KeptFile {
  /** Name in the folder of kept files. */
  readonly file: string;
  /** Where it lay, from the root, in the disk's spelling. */
  readonly path: string;
  readonly size: number;
  readonly mtime: bigint;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** The second look, some minutes later, is done. */
  readonly checked: boolean;
}

/** Table `kept`. */
export class KeptRecords {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  put(kept: KeptFile): void {
    const { file, path, size, mtime, at, checked } = kept;
    this.#db.run('INSERT OR REPLACE INTO kept VALUES (?, ?, ?, ?, ?, ?)', file, path, size, mtime, at, checked);
  }

  remove(file: string): void {
    this.#db.run('DELETE FROM kept WHERE file = ?', file);
  }

  /** Oldest first. */
  all(): readonly KeptFile[] {
    return this.#db.all({ text: 'SELECT * FROM kept ORDER BY at', bigints: true }).map(keptFrom);
  }
}

const keptFrom = (row: SqlRow): KeptFile => ({
  file: textOf(row, 'file'),
  path: textOf(row, 'path'),
  size: integerOf(row, 'size'),
  mtime: bigintOf(row, 'mtime'),
  at: integerOf(row, 'at'),
  checked: integerOf(row, 'checked') === 1,
});
