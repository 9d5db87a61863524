import { assert, type Cursor, type EntryId, type Row, type WorkspaceId } from '@tidemark/domain';
import { type Database, transaction } from '@tidemark/sqlite';
import { addressOf, type Subject } from '../generations.ts';
import type { Batch, FreshRows, Replaced } from '../read-model.port.ts';
import { putState, stateOf } from './marks-table.ts';
import { removeAt, removeBefore, writeRows } from './row-tables.ts';

interface Reading {
  readonly entryAt: (address: string, entry: EntryId) => Row | undefined;
  readonly entriesAt: (address: string, entries: readonly EntryId[]) => ReadonlyMap<EntryId, Row>;
  readonly childrenAt: (addressNow: () => string, parent: EntryId) => AsyncIterable<Row>;
}

/** The next generation of one stream's rows, in the same tables under an address that nobody reads yet. */
export class SqliteFreshRows implements FreshRows {
  readonly #db: Database;
  readonly #reading: Reading;
  readonly #stream: string;
  readonly #subject: Subject;
  readonly #generation: number;

  private constructor(db: Database, reading: Reading, stream: string, subject: Subject, generation: number) {
    this.#db = db;
    this.#reading = reading;
    this.#stream = stream;
    this.#subject = subject;
    this.#generation = generation;
  }

  static async begin(db: Database, reading: Reading, stream: string, subject: Subject): Promise<SqliteFreshRows> {
    const { generation, fresh } = transaction(db, () => {
      const state = stateOf(db, stream);
      const begun = { ...state, fresh: state.fresh + 1 };
      putState(db, stream, begun);
      return begun;
    });
    // From here on only this generation or a later one can become the present one: what is removed is read by nobody, now or ever.
    await removeBefore(db, subject, addressOf(subject.id, fresh), addressOf(subject.id, generation));
    return new SqliteFreshRows(db, reading, stream, subject, fresh);
  }

  get #address(): string {
    return addressOf(this.#subject.id, this.#generation);
  }

  async write(batch: Batch): Promise<void> {
    transaction(this.#db, () =>
      writeRows(this.#db, batch, (kind, id) => {
        assert(kind === this.#subject.kind && id === this.#subject.id, `rows of ${kind}-${id} have no place in those of ${this.#stream}`);
        return this.#address;
      }),
    );
  }

  async entry(_workspace: WorkspaceId, entry: EntryId): Promise<Row | undefined> {
    return this.#reading.entryAt(this.#address, entry);
  }

  async entries(_workspace: WorkspaceId, entries: readonly EntryId[]): Promise<ReadonlyMap<EntryId, Row>> {
    return this.#reading.entriesAt(this.#address, entries);
  }

  childrenOf(_workspace: WorkspaceId, parent: EntryId): AsyncIterable<Row> {
    return this.#reading.childrenAt(() => this.#address, parent);
  }

  async replace(at: Cursor): Promise<Replaced> {
    const replaced = transaction(this.#db, (): Replaced => {
      const { marks, fresh, ahead } = stateOf(this.#db, this.#stream);
      if (fresh !== this.#generation) return 'superseded';
      if (marks.projected.revision > at.revision || ahead > at.revision) return 'behind';
      const generation = this.#generation;
      putState(this.#db, this.#stream, { marks: { ...marks, projected: at }, generation, fresh, ahead: at.revision });
      return 'replaced';
    });
    if (replaced === 'replaced') await removeBefore(this.#db, this.#subject, this.#address);
    return replaced;
  }

  async discard(): Promise<void> {
    if (stateOf(this.#db, this.#stream).generation === this.#generation) return;
    await removeAt(this.#db, this.#subject, this.#address);
  }
}
