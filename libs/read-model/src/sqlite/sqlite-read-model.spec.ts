import { workspaceStream } from '@tidemark/domain';
import { describe, expect, test } from 'vitest';
import { folderRow, newWorkspace, readModelContract } from '../testing/index.ts';
import { MemoryReadModel } from './sqlite-read-model.ts';

describe('MemoryReadModel', () => {
  readModelContract(() => {
    const model = new MemoryReadModel();
    return Promise.resolve({ reader: model, writer: model, receipts: model });
  }, [{ test: 'a read model opened again has everything', reason: 'it lives as long as its object' }]);

  test('a batch that fails half-way is not kept', async () => {
    const model = new MemoryReadModel();
    const workspace = newWorkspace();
    const bad = { ...folderRow(1), name: null as unknown as string };
    await expect(model.write({ stream: workspaceStream(workspace), rowsOf: workspace, rows: [folderRow(0), bad] })).rejects.toThrow();
    expect((await model.feed(workspace, { revision: -1n }, 10, false)).rows).toEqual([]);
    await model.close();
  });

  test('rows without their workspace are a bug', async () => {
    const model = new MemoryReadModel();
    await expect(model.write({ stream: 'workspace-x', rows: [folderRow(0)] })).rejects.toMatchObject({ name: 'Bug' });
    await model.close();
  });
});
