import type { ContentId } from '@tidemark/domain';
import { NANO_MAX, NANO_MIN } from '@tidemark/domain';
import type { Database, SqlRow } from '@tidemark/sqlite';
import { bigintOf, bytesOf, integerOf, optionalTextOf, textOf } from '@tidemark/sqlite';
import type { Identity } from '@tidemark/sync-engine';

/** What `lstat` said, in the units in which it is compared. Times in nanoseconds since 1970. */
export interface Stat {
  readonly identity: Identity;
  readonly size: number;
  readonly mtime: bigint;
  readonly ctime: bigint;
  /** Type and permission bits. */
  readonly mode: number;
}

/**
 * The disk's form of what L says of a file or link: its stat when L was last known to be right. As long as nothing of it differs, L is right.
 * It stands beside the identity, so it follows an entry that moves or changes its id.
 */
export interface DiskForm extends Stat {
  /** The disk's spelling, where it is not the entry's name. Folders have a form only for this. */
  readonly spelling?: string | undefined;
  /** Whose chunks are known to lie in it. */
  readonly content?: ContentId | undefined;
}

/** All equal; equal size and modified time alone prove nothing. */
export const isSameStat = (a: Stat, b: Stat): boolean =>
  a.size === b.size && a.mtime === b.mtime && a.ctime === b.ctime && a.identity === b.identity && a.mode === b.mode;

const int64 = (time: bigint): bigint => (time < NANO_MIN ? NANO_MIN : time > NANO_MAX ? NANO_MAX : time);

/** Table `disk_forms`. Writes belong in the journal's transaction. */
export class DiskForms {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  get(identity: Identity): DiskForm | undefined {
    const row = this.#db.get({ text: 'SELECT * FROM disk_forms WHERE identity = ?', bigints: true }, identity);
    return row && formFrom(row);
  }

  /** As {@link DiskForm.spelling}. */
  spellingOf(identity: Identity): string | undefined {
    const row = this.#db.get('SELECT spelling FROM disk_forms WHERE identity = ?', identity);
    return row && optionalTextOf(row, 'spelling');
  }

  put(form: DiskForm): void {
    this.#db.run(
      `INSERT INTO disk_forms (identity, size, mtime, ctime, mode, spelling, content) VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (identity) DO UPDATE SET size = excluded.size, mtime = excluded.mtime, ctime = excluded.ctime, mode = excluded.mode,
         spelling = excluded.spelling, content = excluded.content`,
      form.identity,
      form.size,
      int64(form.mtime),
      int64(form.ctime),
      form.mode,
      form.spelling,
      form.content === undefined ? null : Buffer.from(form.content, 'hex'),
    );
  }

  /** The look at it is void: it is read again. The spelling stays. */
  doubt(identity: Identity): void {
    this.#db.run('UPDATE disk_forms SET ctime = 0, size = -1 WHERE identity = ?', identity);
  }

  remove(identity: Identity): void {
    this.#db.run('DELETE FROM chunks WHERE file = (SELECT file FROM disk_forms WHERE identity = ?)', identity);
    this.#db.run('DELETE FROM disk_forms WHERE identity = ?', identity);
  }

  /** Forms of what L no longer has, their chunks, and manifests of contents that no tree has. Walks everything: seldom. */
  sweep(): void {
    this.#db.exec(`
      DELETE FROM disk_forms WHERE NOT EXISTS (SELECT 1 FROM synced WHERE synced.identity = disk_forms.identity)
        AND NOT EXISTS (SELECT 1 FROM local WHERE local.identity = disk_forms.identity);
      DELETE FROM chunks WHERE file NOT IN (SELECT file FROM disk_forms);
      DELETE FROM manifests WHERE NOT EXISTS (SELECT 1 FROM disk_forms WHERE disk_forms.content = manifests.content)
        AND content NOT IN (SELECT substr(content, 1, 32) FROM synced WHERE typeof(content) = 'blob')`);
  }
}

function formFrom(row: SqlRow): DiskForm {
  return {
    identity: textOf(row, 'identity'),
    size: integerOf(row, 'size'),
    mtime: bigintOf(row, 'mtime'),
    ctime: bigintOf(row, 'ctime'),
    mode: integerOf(row, 'mode'),
    spelling: optionalTextOf(row, 'spelling'),
    content: row['content'] === null ? undefined : (Buffer.from(bytesOf(row, 'content')).toString('hex') as ContentId),
  };
}
