import type { Cursor, EntryId, Row, WorkspaceId } from '@tidemark/domain';
import type { Batch, FreshRows, Marks, Replaced, ReadModelWriter, ReceiptRow, ReceiptStore } from '@tidemark/read-model';
import { START } from '@tidemark/domain';

const isSame = (a: Cursor | undefined, b: Cursor | undefined): boolean =>
  (a?.revision ?? START.revision) === (b?.revision ?? START.revision) && (a?.chain ?? START.chain) === (b?.chain ?? START.chain);

/** A read model in memory, for specs of the loop: rows guarded by their feed revision, marks by compare-and-set. */
export class MemoryWriter implements ReadModelWriter, ReceiptStore {
  readonly rows = new Map<string, Row>();
  /** Everything but rows and marks, by a key of its own. */
  readonly others = new Map<string, unknown>();
  readonly #marks = new Map<string, Marks>();

  write(batch: Batch): Promise<void> {
    for (const row of batch.rows ?? []) {
      const key = `${batch.rowsOf} ${row.id}`;
      if ((this.rows.get(key)?.feed ?? -1n) < row.feed) this.rows.set(key, row);
    }
    for (const row of batch.workspaces ?? []) this.others.set(`workspace ${row.workspace}`, row);
    for (const { gone, ...row } of batch.members ?? []) {
      if (gone === true) this.others.delete(`member ${row.workspace} ${row.account}`);
      else this.others.set(`member ${row.workspace} ${row.account}`, row);
    }
    for (const row of batch.activity ?? []) this.others.set(`activity ${row.workspace} ${row.revision}`, row);
    for (const row of batch.conflicts ?? []) this.others.set(`conflict ${row.workspace} ${row.conflict}`, row);
    for (const row of batch.resolved ?? []) {
      const key = `resolved ${row.workspace} ${row.conflict}`;
      const now = this.others.get(key) as { readonly revision: bigint } | undefined;
      if (now === undefined || now.revision < row.revision) this.others.set(key, row);
    }
    for (const row of batch.devices ?? []) this.others.set(`device ${row.device}`, row);
    for (const row of batch.accounts ?? []) this.others.set(`account ${row.account}`, row);
    for (const row of batch.invites ?? []) this.others.set(`invite ${row.codeHash}`, row);
    return Promise.resolve();
  }

  entry(workspace: WorkspaceId, entry: EntryId): Promise<Row | undefined> {
    return Promise.resolve(this.rows.get(`${workspace} ${entry}`));
  }

  entries(workspace: WorkspaceId, entries: readonly EntryId[]): Promise<ReadonlyMap<EntryId, Row>> {
    const found = entries.map((entry) => this.rows.get(`${workspace} ${entry}`)).filter((row) => row !== undefined);
    return Promise.resolve(new Map(found.map((row) => [row.id, row])));
  }

  async *childrenOf(workspace: WorkspaceId, parent: EntryId): AsyncIterable<Row> {
    for (const [key, row] of this.rows) {
      if (key.startsWith(workspace) && row.parent === parent && !row.deleted) yield await Promise.resolve(row);
    }
  }

  marks(stream: string): Promise<Marks | undefined> {
    return Promise.resolve(this.#marks.get(stream));
  }

  mark(stream: string, which: 'projected' | 'published', from: Cursor | undefined, to: Cursor): Promise<boolean> {
    const now = this.#marks.get(stream);
    if (!isSame(now?.[which], from)) return Promise.resolve(false);
    this.#marks.set(stream, { projected: START, published: START, ...now, [which]: to });
    return Promise.resolve(true);
  }

  receipt(row: ReceiptRow): Promise<void> {
    this.others.set(`receipt ${row.workspace} ${row.device}`, row);
    return Promise.resolve();
  }

  forget(stream: string): Promise<void> {
    const id = stream.slice(stream.indexOf('-') + 1);
    for (const key of this.rows.keys()) if (key.startsWith(id)) this.rows.delete(key);
    for (const key of this.others.keys()) if (key.includes(id) && !key.startsWith('receipt')) this.others.delete(key);
    this.#marks.delete(stream);
    return Promise.resolve();
  }

  async *streams(): AsyncIterable<string> {
    for (const stream of this.#marks.keys()) yield await Promise.resolve(stream);
  }

  fresh(stream: string): Promise<FreshRows> {
    const aside = new MemoryWriter();
    const id = stream.slice(stream.indexOf('-') + 1);
    const replace = async (at: Cursor): Promise<Replaced> => {
      const marks = this.#marks.get(stream) ?? { projected: START, published: START };
      if (marks.projected.revision > at.revision) return 'behind';
      await this.forget(stream);
      for (const [key, row] of aside.rows) this.rows.set(key, row);
      for (const [key, row] of aside.others) this.others.set(key, row);
      this.#marks.set(stream, { ...marks, projected: at });
      return 'replaced';
    };
    return Promise.resolve({
      write: (batch) => aside.write(batch),
      entry: (workspace, entry) => aside.entry(workspace, entry),
      entries: (workspace, entries) => aside.entries(workspace, entries),
      childrenOf: (workspace, parent) => aside.childrenOf(workspace, parent),
      replace,
      discard: () => aside.forget(`workspace-${id}`),
    });
  }

  /** As if nothing had been projected, with every row still there. */
  forgetMarks(): void {
    this.#marks.clear();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** Everything but marks, to compare two read models. */
  everything(): unknown {
    const sorted = <Value>(map: Map<string, Value>): [string, Value][] => [...map].toSorted(([a], [b]) => (a < b ? -1 : 1));
    return { rows: sorted(this.rows), others: sorted(this.others) };
  }
}
