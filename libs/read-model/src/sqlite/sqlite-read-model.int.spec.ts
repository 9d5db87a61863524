import { join } from 'node:path';
import { workspaceStream } from '@tidemark/domain';
import { temporaryFolder } from '@tidemark/sqlite/testing';
import { describe, expect, onTestFinished, test } from 'vitest';
import { cursorAt, folderRow, newWorkspace, readModelContract } from '../testing/index.ts';
import { openReadModelReader } from './open-reader.ts';
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
