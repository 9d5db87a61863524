import { rmSync } from 'node:fs';
import { sha256Hex } from '@tidemark/chunking';
import { assert, Fault } from '@tidemark/domain';
import { integerOf, openDatabase, type Database } from '@tidemark/sqlite';

const SQLITE_CORRUPT = 11;
const SQLITE_NOT_A_DATABASE = 26;

/**
 * Opens a file that is only a cache. Whatever is wrong with it, it is dropped and begun again; so is one of another shape, which another version of the
 * program left. It belongs to this process until it is closed.
 * @param check throws where what stands in the file cannot be right.
 * @throws {Fault} `retry: 'later'` where another process has it, or the disk is full.
 */
export function openViewFile(path: string, schema: string, check: (db: Database) => void): Database {
  const open = () => {
    const shape = shapeOf(schema);
    const migrations = [`${schema}; PRAGMA application_id = ${shape}`];
    const db = openDatabase(path, { migrations, synchronous: 'NORMAL', exclusive: true });
    try {
      const row = db.get('PRAGMA application_id');
      assert(row !== undefined && integerOf(row, 'application_id') === shape, 'the file has the shape of today');
      check(db);
      return db;
    } catch (error) {
      db.close();
      throw error;
    }
  };
  try {
    return open();
  } catch (error) {
    if (error instanceof Fault && error.retry === 'later') throw error;
    removeViewFile(path);
    return open();
  }
}

/** Told apart by a number that SQLite keeps in the file's header: 31 bits of the schema's hash. */
const shapeOf = (schema: string): number => Number.parseInt(sha256Hex(new TextEncoder().encode(schema)).slice(0, 8), 16) >>> 1;

/** The file with what SQLite keeps beside it. */
export function removeViewFile(path: string): void {
  for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(`${path}${suffix}`, { force: true });
}

/** A file that opened well and turned out to be damaged further in. */
export function isDamaged(error: unknown): boolean {
  if (!(error instanceof Fault) || !(error.cause instanceof Error) || !('errcode' in error.cause)) return false;
  const primary = Number(error.cause.errcode) & 0xff;
  return primary === SQLITE_CORRUPT || primary === SQLITE_NOT_A_DATABASE;
}
