import { assert, type Cursor, type EntryId, type Row, type WorkspaceId } from '@tidemark/domain';
import { addressOf, type Subject } from '../generations.ts';
import type { Batch, FreshRows, Replaced } from '../read-model.port.ts';
import type { MarksDocuments } from './marks-documents.ts';
import type { MongoStore } from './mongo-store.ts';
import { removeAt, removeBefore, writeRows } from './row-documents.ts';

export interface FreshRowsPorts {
  readonly store: MongoStore;
  readonly marks: MarksDocuments;
  readonly entryAt: (address: string, entry: EntryId) => Promise<Row | undefined>;
  readonly entriesAt: (address: string, entries: readonly EntryId[]) => Promise<ReadonlyMap<EntryId, Row>>;
  readonly childrenAt: (address: string, parent: EntryId) => AsyncIterable<Row>;
}

/** The next generation of one stream's rows, in the same collections under an address that nobody reads yet. */
export class MongoFreshRows implements FreshRows {
  readonly #ports: FreshRowsPorts;
  readonly #stream: string;
  readonly #subject: Subject;
  readonly #generation: number;

  private constructor(ports: FreshRowsPorts, stream: string, subject: Subject, generation: number) {
    this.#ports = ports;
    this.#stream = stream;
    this.#subject = subject;
    this.#generation = generation;
  }

  static async begin(ports: FreshRowsPorts, stream: string, subject: Subject): Promise<MongoFreshRows> {
    return ports.store.attempt(async () => {
      const { generation, fresh } = await ports.marks.begin(stream);
      // From here on only this generation or a later one can become the present one: what is removed is read by nobody, now or ever.
      await removeBefore(ports.store.collections, subject, addressOf(subject.id, fresh), addressOf(subject.id, generation));
      return new MongoFreshRows(ports, stream, subject, fresh);
    });
  }

  get #address(): string {
    return addressOf(this.#subject.id, this.#generation);
  }

  async write(batch: Batch): Promise<void> {
    await this.#ports.store.attempt(() =>
      writeRows(this.#ports.store.collections, batch, (kind, id) => {
        assert(kind === this.#subject.kind && id === this.#subject.id, `rows of ${kind}-${id} have no place in those of ${this.#stream}`);
        return this.#address;
      }),
    );
  }

  async entry(_workspace: WorkspaceId, entry: EntryId): Promise<Row | undefined> {
    return this.#ports.store.attempt(() => this.#ports.entryAt(this.#address, entry));
  }

  async entries(_workspace: WorkspaceId, entries: readonly EntryId[]): Promise<ReadonlyMap<EntryId, Row>> {
    return this.#ports.store.attempt(() => this.#ports.entriesAt(this.#address, entries));
  }

  childrenOf(_workspace: WorkspaceId, parent: EntryId): AsyncIterable<Row> {
    return this.#ports.childrenAt(this.#address, parent);
  }

  async replace(at: Cursor): Promise<Replaced> {
    const { store, marks } = this.#ports;
    const replaced = await store.attempt(() => marks.replace(this.#stream, this.#generation, at));
    // It is done, whatever becomes of the rows before: what cannot be removed now is by the next one that is begun.
    if (replaced === 'replaced') await removeBefore(store.collections, this.#subject, this.#address).catch(() => undefined);
    return replaced;
  }

  /** Never what has taken its place, or still might by an answer that was lost. */
  async discard(): Promise<void> {
    const { store, marks } = this.#ports;
    await store.attempt(async () => {
      if (await marks.supersede(this.#stream, this.#generation)) await removeAt(store.collections, this.#subject, this.#address);
    });
  }
}
