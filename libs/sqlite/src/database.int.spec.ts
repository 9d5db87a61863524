import { execFileSync } from 'node:child_process';
import { existsSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Fault } from '@tidemark/domain';
import { describe, expect, test } from 'vitest';
import { integerOf, openDatabase, snapshot, transaction } from './index.ts';
import { temporaryFolder } from './testing/index.ts';

const FIRST = 'CREATE TABLE t (id INTEGER PRIMARY KEY)';
const SECOND = 'ALTER TABLE t ADD COLUMN name TEXT';
const faultOf = (work: () => unknown): Fault => {
  try {
    work();
  } catch (error) {
    expect(error).toBeInstanceOf(Fault);
    return error as Fault;
  }
  throw new Error('nothing was thrown');
};

describe('a file', () => {
  test('keeps what was committed, in WAL mode, in a folder made for it', () => {
    const path = join(temporaryFolder(), 'a', 'b', 'x.sqlite');
    const db = openDatabase(path, { migrations: [FIRST] });
    db.run('INSERT INTO t VALUES (7)');
    expect(db.get('PRAGMA journal_mode')).toMatchObject({ journal_mode: 'wal' });
    expect(db.get('PRAGMA synchronous')).toMatchObject({ synchronous: 2 });
    expect(db.get('PRAGMA foreign_keys')).toMatchObject({ foreign_keys: 1 });
    expect(db.get('PRAGMA busy_timeout')).toMatchObject({ timeout: 5000 });
    db.close();
    using again = openDatabase(path, { migrations: [FIRST], synchronous: 'NORMAL' });
    expect(again.get('SELECT id FROM t')).toMatchObject({ id: 7 });
    expect(again.get('PRAGMA synchronous')).toMatchObject({ synchronous: 1 });
  });

  test('is brought to the newest schema and keeps its rows', () => {
    const path = join(temporaryFolder(), 'x.sqlite');
    const old = openDatabase(path, { migrations: [FIRST] });
    old.run('INSERT INTO t VALUES (1)');
    old.close();
    using db = openDatabase(path, { migrations: [FIRST, SECOND] });
    expect(db.get('SELECT id, name FROM t')).toMatchObject({ id: 1, name: null });
  });

  test('that is newer than the code is refused and not touched', () => {
    const path = join(temporaryFolder(), 'x.sqlite');
    openDatabase(path, { migrations: [FIRST, SECOND] }).close();
    const fault = faultOf(() => openDatabase(path, { migrations: [FIRST] }));
    expect(fault.message).toContain('newer version');
    expect(fault.retry).toBe('never');
  });

  test('whose migration fails stays at the version before', () => {
    const path = join(temporaryFolder(), 'x.sqlite');
    expect(() => openDatabase(path, { migrations: [FIRST, `${SECOND}; CREATE TABLE t (id)`] })).toThrow();
    using db = openDatabase(path, { migrations: [FIRST] });
    expect(db.get('PRAGMA user_version')).toMatchObject({ user_version: 1 });
  });

  test('opened read-only cannot be written', () => {
    const path = join(temporaryFolder(), 'x.sqlite');
    using writer = openDatabase(path, { migrations: [FIRST] });
    writer.run('INSERT INTO t VALUES (1)');
    using reader = openDatabase(path, { migrations: [FIRST], readOnly: true });
    expect(reader.get('SELECT id FROM t')).toMatchObject({ id: 1 });
    expect(faultOf(() => reader.run('INSERT INTO t VALUES (2)')).retry).toBe('never');
  });

  test('that is none is refused', () => {
    const path = join(temporaryFolder(), 'x.sqlite');
    writeFileSync(path, 'not a database at all'.repeat(100));
    expect(faultOf(() => openDatabase(path, { migrations: [FIRST] }))).toMatchObject({ retry: 'never' });
  });

  test('that is cut short is called damaged', () => {
    const path = join(temporaryFolder(), 'x.sqlite');
    const db = openDatabase(path, { migrations: [FIRST, SECOND] });
    transaction(db, () => {
      for (let id = 0; id < 5_000; id += 1) db.run('INSERT INTO t VALUES (?, ?)', id, 'x'.repeat(50));
    });
    db.close();
    truncateSync(path, 20_480);
    const fault = faultOf(() => {
      using broken = openDatabase(path, { migrations: [FIRST, SECOND] });
      broken.all('SELECT * FROM t');
    });
    expect(fault.message).toContain('damaged');
    expect(fault.retry).toBe('never');
  });

  test('is read as of one moment while another connection writes', () => {
    const path = join(temporaryFolder(), 'x.sqlite');
    using one = openDatabase(path, { migrations: [FIRST] });
    using two = openDatabase(path, { migrations: [FIRST] });
    const before = one.dataVersion();
    snapshot(one, () => {
      expect(one.all('SELECT id FROM t')).toHaveLength(0);
      two.run('INSERT INTO t VALUES (1)');
      expect(one.all('SELECT id FROM t')).toHaveLength(0);
    });
    expect(one.all('SELECT id FROM t')).toHaveLength(1);
    expect(one.dataVersion()).not.toBe(before);
  });

  test('that cannot grow is a fault to retry later', () => {
    const path = join(temporaryFolder(), 'x.sqlite');
    using db = openDatabase(path, { migrations: [FIRST, SECOND] });
    db.exec('PRAGMA max_page_count = 10');
    const fault = faultOf(() =>
      transaction(db, () => {
        for (let id = 0; id < 5_000; id += 1) db.run('INSERT INTO t VALUES (?, ?)', id, 'x'.repeat(50));
      }),
    );
    expect(fault.retry).toBe('later');
    expect(fault.message).toContain('full');
    expect(db.isInTransaction).toBe(false);
    expect(integerOf(db.get('SELECT count(*) AS n FROM t') ?? {}, 'n')).toBe(0);
  });
});

describe('a backup', () => {
  test('is a whole database, and replaces an older one', async () => {
    const folder = temporaryFolder();
    const copy = join(folder, 'copies', 'x.sqlite');
    using db = openDatabase(join(folder, 'x.sqlite'), { migrations: [FIRST] });
    db.run('INSERT INTO t VALUES (1)');
    await db.backupTo(copy);
    db.run('INSERT INTO t VALUES (2)');
    await db.backupTo(copy);
    expect(existsSync(`${copy}.partial`)).toBe(false);
    using restored = openDatabase(copy, { migrations: [FIRST] });
    expect(restored.all('SELECT id FROM t')).toHaveLength(2);
  });
});

describe('an exclusive database', () => {
  const inAnotherProcess = (path: string): string =>
    execFileSync(
      process.execPath,
      [
        '--input-type=module',
        '-e',
        `import { DatabaseSync } from 'node:sqlite';
         try { const db = new DatabaseSync(process.argv[1]); db.exec('SELECT * FROM t'); console.log('open'); } catch (error) { console.log(error.errcode & 255); }`,
        path,
      ],
      { encoding: 'utf8' },
    ).trim();

  test('refuses a second opener with a message that says why', () => {
    const path = join(temporaryFolder(), 'x.sqlite');
    using db = openDatabase(path, { migrations: [FIRST], exclusive: true });
    expect(db.isOpen).toBe(true);
    const fault = faultOf(() => openDatabase(path, { migrations: [FIRST], exclusive: true }));
    expect(fault.message).toContain('is in use by another process');
    expect(inAnotherProcess(path)).toBe('5');
  });

  test('refuses a second opener also when nothing has to be migrated', () => {
    const path = join(temporaryFolder(), 'x.sqlite');
    openDatabase(path, { migrations: [FIRST] }).close();
    using db = openDatabase(path, { migrations: [FIRST], exclusive: true });
    db.run('INSERT INTO t VALUES (1)');
    expect(faultOf(() => openDatabase(path, { migrations: [FIRST], exclusive: true })).message).toContain('in use');
    expect(inAnotherProcess(path)).toBe('5');
  });

  test('is free again when it was closed', () => {
    const path = join(temporaryFolder(), 'x.sqlite');
    openDatabase(path, { migrations: [FIRST], exclusive: true }).close();
    expect(inAnotherProcess(path)).toBe('open');
    using db = openDatabase(path, { migrations: [FIRST], exclusive: true });
    expect(db.isOpen).toBe(true);
  });
});
