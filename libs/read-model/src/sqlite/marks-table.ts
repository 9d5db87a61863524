import { type Cursor, type Revision, START } from '@tidemark/domain';
import { bigintOf, type Database, integerOf } from '@tidemark/sqlite';
import type { Marks } from '../read-model.port.ts';
import { marksRow } from './table-rows.ts';

/** A stream's marks and generations, as they stand in the table. */
export interface StreamState {
  readonly marks: Marks;
  /** The one that is read. */
  readonly generation: number;
  /** The last one begun. */
  readonly fresh: number;
  /** The last revision that rows of the present generation may speak of. */
  readonly ahead: Revision;
}

export function stateOf(db: Database, stream: string): StreamState {
  const row = db.get('SELECT * FROM marks WHERE stream = ?', stream);
  if (row === undefined) return { marks: { projected: START, published: START }, generation: 0, fresh: 0, ahead: -1n };
  return {
    marks: marksRow(row) ?? { projected: START, published: START },
    generation: integerOf(row, 'generation'),
    fresh: integerOf(row, 'fresh'),
    ahead: bigintOf(row, 'ahead'),
  };
}

export function putState(db: Database, stream: string, { marks: { projected, published }, generation, fresh, ahead }: StreamState): void {
  db.run(
    `INSERT OR REPLACE INTO marks
       (stream, projected_revision, projected_chain, published_revision, published_chain, generation, fresh, ahead) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    stream,
    projected.revision,
    projected.chain,
    published.revision,
    published.chain,
    generation,
    fresh,
    ahead,
  );
}

export const isSame = (a: Cursor, b: Cursor): boolean => a.revision === b.revision && a.chain === b.chain;
