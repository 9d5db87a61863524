import { assert, type Cursor, encodeJson, START } from '@tidemark/domain';
import { type Database, openDatabase, snapshot, textOf, transaction } from '@tidemark/sqlite';
import { addressOf, isEmpty, reachOf, subjectOf } from '../generations.ts';
import type { Batch, FreshRows, Marks, ReadModelReader, ReadModelWriter, ReceiptRow, ReceiptStore } from '../read-model.port.ts';
import { isSame, putState, stateOf } from './marks-table.ts';
import { removeBefore, writeRows } from './row-tables.ts';
import { MIGRATIONS } from './schema.ts';
import { SqliteFreshRows } from './sqlite-fresh-rows.ts';
import { SqliteReader } from './sqlite-reader.ts';

/**
 * The embedded read model: one SQLite file, which several processes may use. A batch is one transaction. After a power cut the last batches may be
 * lost together with their marks (`synchronous=NORMAL`); they are built again from the log.
 */
export class SqliteReadModel extends SqliteReader implements ReadModelReader, ReadModelWriter, ReceiptStore {
  /** The generation of each stream when its marks were last asked for: what is written and marked belongs to it. */
  readonly #visited = new Map<string, number>();

  /** A path, or `:memory:`. @throws {Fault} see `openDatabase`. */
  static async open(path: string): Promise<SqliteReadModel> {
    return new SqliteReadModel(openReadModelDatabase(path));
  }

  async write(batch: Batch): Promise<void> {
    const { stream } = batch;
    if (isEmpty(batch)) return;
    transaction(this.db, () => {
      const state = stateOf(this.db, stream);
      if (this.#isReplaced(stream, state.generation)) return;
      const reach = reachOf(batch);
      if (reach > state.ahead) putState(this.db, stream, { ...state, ahead: reach });
      writeRows(this.db, batch, (kind, id) => this.address(kind, id));
    });
  }

  override async marks(stream: string): Promise<Marks | undefined> {
    return snapshot(this.db, () => {
      this.#visited.set(stream, stateOf(this.db, stream).generation);
      return this.marksOf(stream);
    });
  }

  async mark(stream: string, which: 'projected' | 'published', from: Cursor | undefined, to: Cursor): Promise<boolean> {
    return transaction(this.db, () => {
      const state = stateOf(this.db, stream);
      // What was told was told, whichever rows are read now.
      if (which === 'projected' && this.#isReplaced(stream, state.generation)) return false;
      if (!isSame(state.marks[which], from ?? START)) return false;
      putState(this.db, stream, { ...state, marks: { ...state.marks, [which]: to } });
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

  /** By another generation, with nothing in it: who still writes on the rows before writes what nobody reads. */
  async forget(stream: string): Promise<void> {
    const generation = transaction(this.db, () => {
      const next = stateOf(this.db, stream).fresh + 1;
      putState(this.db, stream, { marks: { projected: START, published: START }, generation: next, fresh: next, ahead: -1n });
      return next;
    });
    this.#visited.delete(stream);
    const subject = subjectOf(stream);
    if (subject !== undefined) await removeBefore(this.db, subject, addressOf(subject.id, generation));
  }

  async *streams(): AsyncIterable<string> {
    const sql = 'SELECT stream FROM marks WHERE projected_revision >= 0 OR published_revision >= 0 OR ahead >= 0 ORDER BY stream';
    for (const row of this.db.all(sql)) yield textOf(row, 'stream');
  }

  async fresh(stream: string): Promise<FreshRows> {
    const subject = subjectOf(stream);
    assert(subject !== undefined, `${stream} has no rows to build again`);
    const reading = {
      entryAt: this.entryAt.bind(this),
      entriesAt: this.entriesAt.bind(this),
      childrenAt: this.childrenAt.bind(this),
    };
    return SqliteFreshRows.begin(this.db, reading, stream, subject);
  }

  #isReplaced(stream: string, generation: number): boolean {
    return (this.#visited.get(stream) ?? generation) !== generation;
  }
}

/** The embedded read model without a file, for tests and simulation. */
export class MemoryReadModel extends SqliteReadModel {
  constructor() {
    super(openReadModelDatabase(':memory:'));
  }
}

const openReadModelDatabase = (path: string): Database => openDatabase(path, { migrations: MIGRATIONS, synchronous: 'NORMAL' });
