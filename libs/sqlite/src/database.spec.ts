import { DatabaseSync } from 'node:sqlite';
import { Fault } from '@tidemark/domain';
import { afterEach, expect, test, vi } from 'vitest';
import { bigintOf, integerOf, isUniqueViolation, openDatabase, snapshot, textOf, transaction } from './index.ts';

afterEach(() => void vi.restoreAllMocks());

const open = () => openDatabase(':memory:', { migrations: ['CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT)'] });
const count = (db: ReturnType<typeof open>) => integerOf(db.get('SELECT count(*) AS n FROM t') ?? {}, 'n');

test('rows come back as plain columns by name', () => {
  using db = open();
  expect(db.run('INSERT INTO t VALUES (?, ?), (?, ?)', 1, 'ä', 2n, undefined)).toBe(2);
  expect(db.all('SELECT * FROM t ORDER BY id').map((row) => ({ ...row }))).toEqual([
    { id: 1, name: 'ä' },
    { id: 2, name: null },
  ]);
  expect(textOf(db.get('SELECT name FROM t WHERE id = ?', 1) ?? {}, 'name')).toBe('ä');
  expect(db.get('SELECT name FROM t WHERE id = ?', 3)).toBeUndefined();
});

test('integers come as bigint where asked, whatever their size', () => {
  using db = open();
  db.run('INSERT INTO t (id) VALUES (?)', 2n ** 62n);
  expect(bigintOf(db.get({ text: 'SELECT id FROM t', bigints: true }) ?? {}, 'id')).toBe(2n ** 62n);
  expect(() => db.get('SELECT id FROM t')).toThrow();
});

test('a transaction that fails leaves nothing', () => {
  using db = open();
  expect(() =>
    transaction(db, () => {
      db.run('INSERT INTO t (id) VALUES (1)');
      throw new Error('no');
    }),
  ).toThrow('no');
  expect(count(db)).toBe(0);
  expect(db.isInTransaction).toBe(false);
});

test('a transaction within a transaction fails alone', () => {
  using db = open();
  transaction(db, () => {
    db.run('INSERT INTO t (id) VALUES (1)');
    expect(() =>
      transaction(db, () => {
        db.run('INSERT INTO t (id) VALUES (2)');
        db.run('INSERT INTO t (id) VALUES (1)');
      }),
    ).toThrow();
    transaction(db, () => db.run('INSERT INTO t (id) VALUES (3)'));
  });
  expect(db.all('SELECT id FROM t').map((row) => row['id'])).toEqual([1, 3]);
});

test('a transaction that would await is refused and undone', () => {
  using db = open();
  expect(() =>
    transaction(db, () => {
      db.run('INSERT INTO t (id) VALUES (1)');
      return Promise.resolve();
    }),
  ).toThrow('synchronous');
  expect(count(db)).toBe(0);
});

test('a broken constraint is told apart from a fault', () => {
  using db = open();
  db.run('INSERT INTO t (id) VALUES (1)');
  let caught: unknown;
  try {
    db.run('INSERT INTO t (id) VALUES (1)');
  } catch (error) {
    caught = error;
  }
  expect(isUniqueViolation(caught)).toBe(true);
  expect(caught).not.toBeInstanceOf(Fault);
});

test('rows can be walked, and the walk left, while other statements run', () => {
  using db = open();
  for (let id = 1; id <= 10; id += 1) db.run('INSERT INTO t (id) VALUES (?)', id);
  const seen: number[] = [];
  for (const row of db.iterate('SELECT id FROM t WHERE id > ? ORDER BY id', 2)) {
    seen.push(integerOf(row, 'id'));
    expect(count(db)).toBe(10);
    if (seen.length === 3) break;
  }
  expect(seen).toEqual([3, 4, 5]);
  transaction(db, () => db.run('DELETE FROM t'));
  expect(snapshot(db, () => count(db))).toBe(0);
});

test('rows are walked again without the statement being read again, also after a walk that was left', () => {
  using db = open();
  for (let id = 1; id <= 5; id += 1) db.run('INSERT INTO t (id) VALUES (?)', id);
  const prepare = vi.spyOn(DatabaseSync.prototype, 'prepare');
  const SQL = 'SELECT id FROM t WHERE id > ? ORDER BY id';
  for (let round = 0; round < 10; round += 1) {
    for (const _ of db.iterate(SQL, 0)) if (round % 2 === 0) break;
    expect([...db.iterate(SQL, 3)].map((row) => integerOf(row, 'id'))).toEqual([4, 5]);
  }
  expect(prepare).toHaveBeenCalledTimes(1);
});

test('walks of one statement at once know nothing of each other', () => {
  using db = open();
  for (let id = 1; id <= 3; id += 1) db.run('INSERT INTO t (id) VALUES (?)', id);
  const SQL = 'SELECT id FROM t WHERE id > ? ORDER BY id';
  const pairs = () => {
    const seen: string[] = [];
    for (const a of db.iterate(SQL, 1)) for (const b of db.iterate(SQL, 1)) seen.push(`${integerOf(a, 'id')} ${integerOf(b, 'id')}`);
    return seen;
  };
  expect(pairs()).toEqual(['2 2', '2 3', '3 2', '3 3']);
  expect(pairs()).toEqual(['2 2', '2 3', '3 2', '3 3']);
});

test('a walk that goes on when the database was closed says so', () => {
  const db = open();
  for (let id = 1; id <= 3; id += 1) db.run('INSERT INTO t (id) VALUES (?)', id);
  const walk = db.iterate('SELECT id FROM t');
  walk.next();
  db.close();
  expect(() => walk.next()).toThrow('is closed');
});

test('a closed database says so', () => {
  const db = open();
  db.close();
  db.close();
  expect(() => db.get('SELECT 1')).toThrow('is closed');
});
