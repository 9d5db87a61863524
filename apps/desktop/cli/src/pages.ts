/** What one question brings at most. */
export const PAGE_ROWS_MAX = 500;

interface Page<Row> {
  readonly rows: readonly Row[];
  /** Where the next one begins; nothing at the end. */
  readonly next: string | undefined;
}

/** Row after row, asking for pages as they are needed. */
export async function* rowsOf<Row>(ask: (from: string | undefined) => Promise<Page<Row>>): AsyncGenerator<Row, void, void> {
  let from: string | undefined;
  do {
    const page = await ask(from);
    yield* page.rows;
    from = page.next;
  } while (from !== undefined);
}

/** The first so many. */
export async function firstOf<Row>(rows: AsyncIterable<Row>, count: number): Promise<Row[]> {
  const taken: Row[] = [];
  if (count > 0)
    for await (const row of rows) {
      taken.push(row);
      if (taken.length >= count) break;
    }
  return taken;
}
