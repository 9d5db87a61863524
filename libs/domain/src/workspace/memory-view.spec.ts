import { describe, expect, test } from 'vitest';
import { entryNamed, happened, ROOT } from '../testing/fixtures.ts';
import { workspaceViewContract } from '../testing/workspace-view.contract.ts';
import { GENESIS } from './entry.ts';
import { MemoryWorkspaceView } from './memory-view.ts';

describe('MemoryWorkspaceView', () => {
  workspaceViewContract(() => new MemoryWorkspaceView());

  test('an event that does not follow its head is a bug', () => {
    const view = new MemoryWorkspaceView();
    expect(() => view.apply(happened.workspaceCreated(), 1n, GENESIS)).toThrow('cannot follow');
  });

  test('what changed long ago is still known after the list of changes was tidied up', () => {
    const view = new MemoryWorkspaceView();
    view.apply(happened.workspaceCreated(), 0n, GENESIS);
    view.apply(happened.fileCreated('a'), 1n, GENESIS);
    for (let n = 2n; n < 5_000n; n++) view.apply(happened.entryMoved('a', 'root', `a${n}`), n, GENESIS);
    expect([...view.changedSince(-1n)].map((entry) => entry.id).toSorted()).toEqual([ROOT, entryNamed('a')].toSorted());
    expect([...view.changedSince(4_998n)].map((entry) => entry.id)).toEqual([entryNamed('a')]);
  });
});
