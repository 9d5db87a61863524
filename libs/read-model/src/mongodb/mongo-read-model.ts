import { assert, type Cursor, START } from '@tidemark/domain';
import { addressOf, isEmpty, reachOf, streamOf, subjectOf } from '../generations.ts';
import type { Batch, FreshRows, Marks, ReadModelReader, ReadModelWriter, ReceiptRow, ReceiptStore } from '../read-model.port.ts';
import { receiptDocument } from './documents.ts';
import { writeGuarded } from './guarded-writes.ts';
import { marksIn } from './marks-documents.ts';
import { MongoFreshRows } from './mongo-fresh-rows.ts';
import { MongoReader } from './mongo-reader.ts';
import { MongoStore } from './mongo-store.ts';
import { removeBefore, subjectsIn, writeRows } from './row-documents.ts';

/** Streams that one look goes over. */
const STREAMS_PAGE = 1_000;

/**
 * The read model of many processes, in one database of MongoDB. No transactions: a batch is several commands, each row guarded by the server, and may be
 * seen half written; marks, and which rows are read, are one document per stream that changes by compare-and-set. All is acknowledged by a majority
 * and journaled before it counts. An operation whose answer was lost may have been carried out; all may be repeated, and marks are read again.
 */
export class MongoReadModel extends MongoReader implements ReadModelReader, ReadModelWriter, ReceiptStore {
  /** The generation of each stream when its marks were last asked for: what is written and marked belongs to it. */
  readonly #visited = new Map<string, number>();

  /** See `MongoStore.open`. */
  static async open(...where: Parameters<typeof MongoStore.open>): Promise<MongoReadModel> {
    return new MongoReadModel(await MongoStore.open(...where));
  }

  async write(batch: Batch): Promise<void> {
    const { stream } = batch;
    if (isEmpty(batch)) return;
    await this.store.attempt(async () => {
      const reach = reachOf(batch);
      const generation = await this.marksDocuments.announce(stream, reach, this.#visited.get(stream));
      if (generation === undefined) return;
      const others = [...new Set([...subjectsIn(batch)].map(({ kind, id }) => streamOf(kind, id)))].filter((name) => name !== stream);
      const generations = others.length === 0 ? undefined : await this.marksDocuments.generations(others);
      await writeRows(this.collections, batch, (kind, id) => {
        const name = streamOf(kind, id);
        return addressOf(id, name === stream ? generation : (generations?.get(name) ?? 0));
      });
      await this.marksDocuments.settle(stream, reach, generation);
    });
  }

  override async marks(stream: string): Promise<Marks | undefined> {
    const state = await this.store.attempt(() => this.marksDocuments.of(stream));
    this.#visited.set(stream, state.generation);
    return marksIn(state);
  }

  async mark(stream: string, which: 'projected' | 'published', from: Cursor | undefined, to: Cursor): Promise<boolean> {
    // What was told was told, whichever rows are read now.
    const generation = which === 'projected' ? this.#visited.get(stream) : undefined;
    return this.store.attempt(() => this.marksDocuments.move(stream, which, from ?? START, to, generation));
  }

  async receipt(row: ReceiptRow): Promise<void> {
    const document = receiptDocument(row);
    await this.store.attempt(() =>
      writeGuarded(this.collections.receipts, [{ document, replaces: { at: { $lte: row.at } }, isThere: true }]),
    );
  }

  /** By another generation, with nothing in it: who still writes on the rows before writes what nobody reads. */
  async forget(stream: string): Promise<void> {
    await this.store.attempt(async () => {
      const generation = await this.marksDocuments.restart(stream);
      this.#visited.delete(stream);
      const subject = subjectOf(stream);
      if (subject !== undefined) await removeBefore(this.collections, subject, addressOf(subject.id, generation));
    });
  }

  async *streams(): AsyncIterable<string> {
    let page: readonly string[] = [];
    do {
      const after = page.at(-1) ?? '';
      page = await this.store.attempt(() => this.marksDocuments.streamsAfter(after, STREAMS_PAGE));
      yield* page;
    } while (page.length === STREAMS_PAGE);
  }

  async fresh(stream: string): Promise<FreshRows> {
    const subject = subjectOf(stream);
    assert(subject !== undefined, `${stream} has no rows to build again`);
    const ports = {
      store: this.store,
      marks: this.marksDocuments,
      entryAt: this.entryAt.bind(this),
      entriesAt: this.entriesAt.bind(this),
      childrenAt: this.childrenAt.bind(this),
    };
    return MongoFreshRows.begin(ports, stream, subject);
  }
}
