import type { EntryId, Row, WorkspaceId } from '@tidemark/domain';
import type { ActivityRow, HistoryQuestion, ReadModelReader } from '@tidemark/read-model/reader';
import { describe, expect, test } from 'vitest';
import { MOVED_READ_MAX, PastPaths, PLACES_READ_MAX } from './past-paths.ts';

const workspace = '00000000-0000-7000-8000-00000000000a' as WorkspaceId;
const idOf = (n: number): EntryId => `00000000-0000-7000-8000-${n.toString(16).padStart(12, '0')}` as EntryId;
const ROOT = idOf(0);

const row = (id: EntryId, parent: EntryId | null, name: string, place: number): Row => {
  const at = BigInt(place);
  return { id, kind: 'folder', parent, name, deleted: false, revisions: { content: at, place: at, attributes: at, live: at }, feed: at };
};
const line = (revision: number, entry: EntryId, type = 'EntryMoved', data?: unknown): ActivityRow => ({
  workspace,
  revision: BigInt(revision),
  at: '2026-01-01T00:00:00.000Z',
  type,
  entry,
  account: undefined,
  device: undefined,
  data,
});

/** As much of a read model as paths need. */
class Reader {
  readonly asked: EntryId[] = [];
  readonly #rows: readonly Row[];
  readonly #lines: readonly ActivityRow[];

  constructor(rows: readonly Row[], lines: readonly ActivityRow[]) {
    this.#rows = rows;
    this.#lines = lines.toSorted((a, b) => Number(b.revision - a.revision));
  }
  entries(_workspace: WorkspaceId, entries: readonly EntryId[]) {
    return Promise.resolve(new Map(this.#rows.filter(({ id }) => entries.includes(id)).map((each) => [each.id, each])));
  }
  history(_workspace: WorkspaceId, { entry, types = [], before = 10_000n, limit }: HistoryQuestion) {
    if (entry !== undefined) this.asked.push(entry);
    const found = this.#lines.filter((each) => each.entry === entry && types.includes(each.type) && each.revision < before);
    return Promise.resolve({ lines: found.slice(0, limit), next: undefined });
  }
}

async function told(reader: Reader, lines: readonly ActivityRow[]): Promise<readonly (string | undefined)[]> {
  const then = await new PastPaths(reader as unknown as ReadModelReader).of(workspace, lines);
  return lines.map((each) => {
    const from = then.fromOf(each);
    return from === undefined ? then.pathOf(each) : `${from} → ${then.pathOf(each)}`;
  });
}

describe('the path of a line', () => {
  const [folder, file] = [idOf(1), idOf(2)];
  const history = [
    line(1, folder, 'FolderCreated', { entry: folder, parent: ROOT, name: 'f' }),
    line(2, file, 'FileCreated', { entry: file, parent: ROOT, name: 'a' }),
    line(3, file, 'EntryMoved', { entry: file, parent: folder, name: 'b' }),
    line(4, folder, 'EntryMoved', { entry: folder, parent: ROOT, name: 'g' }),
    line(5, file, 'ContentCommitted'),
    line(6, file, 'EntryMoved', { entry: file, parent: folder, name: 'c' }),
  ];
  const rows = [row(ROOT, null, '', 0), row(folder, ROOT, 'g', 4), row(file, folder, 'c', 6)];

  test('is as it was then, of the entry and of all folders above', async () => {
    expect(await told(new Reader(rows, history), history.toReversed())).toEqual(['g/b → g/c', 'g/b', 'f → g', 'a → f/b', 'a', 'f']);
  });

  test('costs a look at the past only of what has moved since', async () => {
    const reader = new Reader(rows, history);
    expect(await told(reader, [line(9, file, 'ContentCommitted')])).toEqual(['g/c']);
    expect(reader.asked).toEqual([]);
    expect(await told(reader, [line(5, file, 'ContentCommitted')])).toEqual(['g/b']);
    expect(reader.asked).toEqual([file]);
  });

  test('is missing where the line is about no entry, or one that is not there yet', async () => {
    const reader = new Reader(rows, history);
    expect(await told(reader, [{ ...line(9, file, 'MemberGranted'), entry: undefined }, line(9, idOf(99), 'FileCreated')])).toEqual([
      undefined,
      undefined,
    ]);
  });

  test('ends where the tree is in a circle for a moment', async () => {
    const circle = new Reader([row(folder, file, 'a', 1), row(file, folder, 'b', 1)], []);
    expect(await told(circle, [line(9, file, 'ContentCommitted')])).toHaveLength(1);
  });

  test('is the oldest one looked up where an entry has moved very often since', async () => {
    const places = Array.from({ length: PLACES_READ_MAX + 5 }, (_, n) =>
      line(n + 1, file, 'EntryMoved', { entry: file, parent: ROOT, name: `${n + 1}` }),
    );
    const reader = new Reader([row(ROOT, null, '', 0), row(file, ROOT, 'now', 900)], places);
    const newest = line(PLACES_READ_MAX + 5, file, 'ContentCommitted');
    expect(await told(reader, [newest, line(6, file, 'ContentCommitted'), line(5, file, 'ContentCommitted')])).toEqual([
      `${PLACES_READ_MAX + 5}`,
      '6',
      '6',
    ]);
  });

  test('is the one of now for entries beyond those of which the past is looked up', async () => {
    const entries = Array.from({ length: MOVED_READ_MAX + 1 }, (_, n) => idOf(n + 10));
    const moves = entries.map((entry, n) => line(n + 1, entry, 'FileCreated', { entry, parent: ROOT, name: 'then' }));
    const reader = new Reader([row(ROOT, null, '', 0), ...entries.map((entry) => row(entry, ROOT, 'now', 9_000))], moves);
    const paths = await told(reader, moves.toReversed());
    expect(paths.filter((path) => path === 'then')).toHaveLength(MOVED_READ_MAX);
    expect(paths.filter((path) => path === 'now')).toHaveLength(1);
    expect(reader.asked).toHaveLength(MOVED_READ_MAX);
  });
});
