import { existsSync, renameSync } from 'node:fs';
import type { Chain, Cursor, EntryId, NameRule } from '@tidemark/domain';
import { Fault, START } from '@tidemark/domain';
import type { PullPosition } from '@tidemark/protocol';
import type { Database, Parameter, SqlRow } from '@tidemark/sqlite';
import { bigintOf, integerOf, openDatabase, optionalTextOf, textOf, transaction } from '@tidemark/sqlite';
import type { DecisionRecord, Intent, Journal, Parked, Sent } from '@tidemark/sync-engine';
import { ChunkPlaces } from './chunk-places.ts';
import { fromJson, idFromSql, idToSql, toJson } from './codec.ts';
import { DiskForms } from './disk-forms.ts';
import { KeptRecords } from './kept-records.ts';
import { JOURNAL_MIGRATIONS } from './schema.ts';
import { SqliteTrees } from './sqlite-trees.ts';

const DECISIONS_MAX = 100_000;
const DECISIONS_TRIMMED_EVERY = 1_000;
/** Beyond `CURSORS_MAX` every second one of those older than the newest `CURSORS_DENSE` is forgotten, so the old ones lie ever further apart. */
const CURSORS_MAX = 400;
const CURSORS_DENSE = 100;
const DAMAGED = [11, 26];

export interface JournalOptions {
  /** The workspace's root folder. */
  readonly root: EntryId;
  readonly names: NameRule;
}

export interface OpenedJournal {
  readonly journal: SqliteJournal;
  /** Why the journal begins anew, and what happens next; nothing where it goes on. */
  readonly message?: string | undefined;
}

/**
 * Opens the journal of a workspace. One that is damaged is set aside beside it and begun anew: the folder is then merged as if newly added; nothing is deleted.
 * @throws {Fault} `retry: 'never'` where a newer version wrote it; `'later'` where the disk is full or failing.
 */
export function openJournal(path: string, options: JournalOptions, now: () => number = Date.now): OpenedJournal {
  const open = (): SqliteJournal => {
    const db = openDatabase(path, { migrations: JOURNAL_MIGRATIONS });
    try {
      return new SqliteJournal(db, options);
    } catch (error) {
      db.close();
      throw error;
    }
  };
  try {
    return { journal: open() };
  } catch (error) {
    if (!isDamaged(error)) throw error;
    const aside = `${path}.damaged-${now()}`;
    for (const suffix of ['', '-wal', '-shm']) if (existsSync(path + suffix)) renameSync(path + suffix, aside + suffix);
    return {
      journal: open(),
      message: `The journal was damaged and is set aside as ${aside}. A new one is begun: the folder is compared with the server again, and nothing is deleted.`,
    };
  }
}

/** Whether the journal itself is broken, rather than locked, newer, or on a failing disk. */
export function isDamaged(error: unknown): boolean {
  const cause = error instanceof Fault ? error.cause : error;
  return cause instanceof Error && 'errcode' in cause && typeof cause.errcode === 'number' && DAMAGED.includes(cause.errcode & 0xff);
}

/** The journal of one workspace, in one SQLite file: the trees, what is under way, the disk's forms, what was decided. A commit survives a power cut. */
export class SqliteJournal implements Journal {
  readonly trees: SqliteTrees;
  readonly forms: DiskForms;
  readonly chunks: ChunkPlaces;
  readonly kept: KeptRecords;
  readonly path: string;
  readonly #db: Database;
  #noted = 0;

  /** @throws {Fault} where the file is damaged: it is looked through after an unclean end. */
  constructor(db: Database, options: JournalOptions) {
    this.#db = db;
    this.path = db.path;
    this.trees = new SqliteTrees(db, options.root, options.names);
    this.forms = new DiskForms(db);
    this.chunks = new ChunkPlaces(db);
    this.kept = new KeptRecords(db);
    if (this.fact<boolean>('isOpen') === true) {
      const [row] = db.all('PRAGMA quick_check(1)');
      const verdict = row === undefined ? 'ok' : Object.values(row)[0];
      if (verdict !== 'ok')
        throw new Fault(`the journal ${db.path} is damaged: ${String(verdict)}`, {
          retry: 'never',
          cause: Object.assign(new Error(String(verdict)), { errcode: DAMAGED[0] }),
        });
    }
    this.setFact('isOpen', true);
  }

  close(): void {
    if (!this.#db.isOpen) return;
    this.setFact('isOpen', false);
    this.#db.close();
  }

  transaction<Result>(work: () => Result): Result {
    if (this.#db.isInTransaction) return work();
    try {
      return transaction(this.#db, work);
    } catch (error) {
      this.trees.forget();
      throw error;
    }
  }

  /** A small value under a name, JSON (`bigint` too). */
  fact<Value>(name: string): Value | undefined {
    const row = this.#db.get('SELECT value FROM facts WHERE name = ?', name);
    return row && fromJson<Value>(textOf(row, 'value'));
  }

  setFact(name: string, value: unknown): void {
    if (value === undefined) this.#db.run('DELETE FROM facts WHERE name = ?', name);
    else this.#db.run('INSERT OR REPLACE INTO facts VALUES (?, ?)', name, toJson(value));
  }

  cursor(): PullPosition {
    return this.fact<PullPosition>('cursor') ?? START;
  }

  setCursor(cursor: PullPosition): void {
    this.transaction(() => {
      this.setFact('cursor', cursor);
      if (cursor.entry !== undefined || cursor.revision < 0n) return;
      this.#db.run('INSERT OR REPLACE INTO cursors VALUES (?, ?)', cursor.revision, cursor.chain);
      const counted = this.#db.get('SELECT count(*) AS n FROM cursors');
      if (counted === undefined || integerOf(counted, 'n') <= CURSORS_MAX) return;
      this.#db.run(
        `DELETE FROM cursors WHERE revision IN (
           SELECT revision FROM (SELECT revision, row_number() OVER (ORDER BY revision DESC) AS nth FROM cursors) WHERE nth > ? AND nth % 2 = 0)`,
        CURSORS_DENSE,
      );
    });
  }

  cursors(): readonly Cursor[] {
    return this.#db
      .all({ text: 'SELECT revision, chain FROM cursors ORDER BY revision DESC', bigints: true })
      .map((row) => ({ revision: bigintOf(row, 'revision'), chain: textOf(row, 'chain') as Chain }));
  }

  forgetCursorsAfter(cursor: Cursor | undefined): void {
    this.#db.run('DELETE FROM cursors WHERE revision > ?', cursor?.revision ?? START.revision);
  }

  diverged(): { readonly common: Cursor | null } | undefined {
    return this.fact('diverged');
  }

  setDiverged(diverged: { readonly common: Cursor | null } | undefined): void {
    this.setFact('diverged', diverged);
  }

  isComplete(): boolean {
    return this.fact<boolean>('isComplete') ?? false;
  }

  setComplete(complete: boolean): void {
    this.setFact('isComplete', complete);
  }

  lastNumber(): number {
    return this.fact<number>('lastNumber') ?? 0;
  }

  sent(): Sent | undefined {
    return this.fact<Sent>('sent');
  }

  setSent(sent: Sent | undefined): void {
    this.transaction(() => {
      this.setFact('sent', sent);
      if (sent !== undefined && sent.commit.number > this.lastNumber()) this.setFact('lastNumber', sent.commit.number);
    });
  }

  intents(): readonly Intent[] {
    return this.#db.all('SELECT intent FROM intents ORDER BY n').map((row) => fromJson<Intent>(textOf(row, 'intent')));
  }

  addIntents(intents: readonly Intent[]): void {
    this.transaction(() => {
      const last = this.#db.get('SELECT ifnull(max(n), 0) AS n FROM intents');
      let n = last === undefined ? 0 : integerOf(last, 'n');
      for (const intent of intents)
        this.#db.run('INSERT OR REPLACE INTO intents VALUES (?, ?, ?)', idToSql(intent.operation.entry), toJson(intent), ++n);
    });
  }

  dropIntent(entry: EntryId): void {
    this.#db.run('DELETE FROM intents WHERE entry = ?', idToSql(entry));
  }

  note(decision: DecisionRecord): void {
    const { at, entry, path, what, rule, detail } = decision;
    this.#db.run(
      'INSERT INTO decisions (at, entry, path, what, rule, detail) VALUES (?, ?, ?, ?, ?, ?)',
      at,
      idToSql(entry),
      path,
      what,
      rule,
      detail,
    );
    this.#noted += 1;
    if (this.#noted % DECISIONS_TRIMMED_EVERY === 0)
      this.#db.run('DELETE FROM decisions WHERE n <= (SELECT max(n) FROM decisions) - ?', DECISIONS_MAX);
  }

  /** Newest first: of an entry, of what was at a path, or of everything. */
  decisions(about: { readonly entry?: EntryId; readonly path?: string; readonly limit: number }): readonly DecisionRecord[] {
    const conditions: string[] = [];
    const parameters: Parameter[] = [];
    if (about.entry !== undefined) {
      conditions.push('entry = ?');
      parameters.push(idToSql(about.entry));
    }
    if (about.path !== undefined) {
      conditions.push('path = ?');
      parameters.push(about.path);
    }
    const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' OR ')}`;
    return this.#db.all(`SELECT * FROM decisions ${where} ORDER BY n DESC LIMIT ?`, ...parameters, about.limit).map(decisionFrom);
  }

  parked(): readonly Parked[] {
    return this.#db.all('SELECT * FROM parked ORDER BY path').map((row) => ({
      entry: idFromSql(row['entry']),
      path: textOf(row, 'path'),
      code: textOf(row, 'code'),
      message: textOf(row, 'message'),
      nextStep: textOf(row, 'next_step'),
    }));
  }

  park({ entry, path, code, message, nextStep }: Parked): void {
    this.#db.run('INSERT OR REPLACE INTO parked VALUES (?, ?, ?, ?, ?)', idToSql(entry), path, code, message, nextStep);
  }

  unpark(entry: EntryId): void {
    this.#db.run('DELETE FROM parked WHERE entry = ?', idToSql(entry));
  }
}

function decisionFrom(row: SqlRow): DecisionRecord {
  return {
    at: integerOf(row, 'at'),
    entry: idFromSql(row['entry']),
    path: textOf(row, 'path'),
    what: textOf(row, 'what') as DecisionRecord['what'],
    rule: optionalTextOf(row, 'rule'),
    detail: textOf(row, 'detail'),
  };
}
