import { join } from 'node:path';
import { rowToJson, workspaceStream } from '@tidemark/domain';
import { openDatabase } from '@tidemark/sqlite';
import { temporaryFolder } from '@tidemark/sqlite/testing';
import { describe, expect, onTestFinished, test } from 'vitest';
import { cursorAt, fileRow, folderRow, newWorkspace, readModelContract } from '../testing/index.ts';
import { openReadModelReader } from './open-reader.ts';
import { MIGRATIONS } from './schema.ts';
import { SqliteReadModel } from './sqlite-read-model.ts';

/** A projector's connection and an API process's, on one file. */
const openFile = async () => {
  const path = join(temporaryFolder(), 'views', 'read-model.sqlite');
  const writer = await SqliteReadModel.open(path);
  const reader = await openReadModelReader(path);
  const restart = async () => {
    await writer.close();
    await reader.close();
    return openReadModelReader(path);
  };
  return { path, writer, reader, receipts: reader, restart };
};

describe('SqliteReadModel on a file, written and read by two connections', () => {
  readModelContract(openFile);

  test('a file of the first schema is read, written and built again', async () => {
    const path = join(temporaryFolder(), 'old.sqlite');
    const workspace = newWorkspace();
    const stream = workspaceStream(workspace);
    const row = folderRow(7, { name: 'old' });
    const old = openDatabase(path, { migrations: MIGRATIONS.slice(0, 1) });
    old.run(
      `INSERT INTO entries (workspace, entry, name, folded, deleted, feed, row) VALUES (?, ?, 'old', 'old', 0, 7, ?)`,
      workspace,
      row.id,
      JSON.stringify(rowToJson(row)),
    );
    const mark = cursorAt(5);
    old.run('INSERT INTO marks VALUES (?, 5, ?, 5, ?)', stream, mark.chain, mark.chain);
    old.close();
    const model = await SqliteReadModel.open(path);
    onTestFinished(() => model.close());
    expect(await model.entry(workspace, row.id)).toEqual(row);
    expect(await model.marks(stream)).toEqual({ projected: mark, published: mark });
    const fresh = await model.fresh(stream);
    await fresh.write({ stream, rowsOf: workspace, rows: [{ ...row, name: 'new' }] });
    // Rows of 7 were there although the mark says 5.
    expect(await fresh.replace(cursorAt(6))).toBe('behind');
    expect(await fresh.replace(cursorAt(7))).toBe('replaced');
    expect(await model.entry(workspace, row.id)).toMatchObject({ name: 'new' });
    expect((await model.feed(workspace, { revision: -1n }, 10, false)).rows).toHaveLength(1);
  });

  test('a file of a schema without sizes has them once it is opened', async () => {
    const path = join(temporaryFolder(), 'old.sqlite');
    const workspace = newWorkspace();
    const folder = folderRow(1);
    const rows = [folder, fileRow(2, { parent: folder.id }), folderRow(3, { parent: folder.id, kind: 'link', target: 'x' })];
    const old = openDatabase(path, { migrations: MIGRATIONS.slice(0, 2) });
    for (const { id, parent, feed, ...row } of rows)
      old.run(
        `INSERT INTO entries (workspace, entry, parent, name, folded, deleted, feed, row) VALUES (?, ?, ?, 'a', 'a', 0, ?, ?)`,
        workspace,
        id,
        parent,
        feed,
        JSON.stringify(rowToJson({ id, parent, feed, ...row })),
      );
    old.close();
    const model = await SqliteReadModel.open(path);
    onTestFinished(() => model.close());
    expect(await model.sizes(workspace, [folder.id])).toEqual(new Map([[folder.id, { inside: 2, bytes: 2 ** 40 }]]));
  });

  test('two projectors on one file: one mark moves, and no row goes back', async () => {
    const { path, writer, reader } = await openFile();
    const other = await SqliteReadModel.open(path);
    onTestFinished(async () => {
      for (const model of [writer, reader, other]) await model.close();
    });
    const workspace = newWorkspace();
    const stream = workspaceStream(workspace);
    const row = folderRow(1);
    await other.write({ stream, rowsOf: workspace, rows: [{ ...row, name: 'new', feed: 2n }] });
    await writer.write({ stream, rowsOf: workspace, rows: [row] });
    expect(await reader.entry(workspace, row.id)).toMatchObject({ name: 'new' });
    const moved = [
      await other.mark(stream, 'projected', undefined, cursorAt(2)),
      await writer.mark(stream, 'projected', undefined, cursorAt(1)),
    ];
    expect(moved).toEqual([true, false]);
  });
});
