import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { brokenInvariants, commitSeeds, historyOf, portraitOf } from '../testing/history.ts';
import { workspaceViewContract } from '../testing/workspace-view.contract.ts';
import { BatchView } from './batch-view.ts';
import { GENESIS, type Cursor } from './entry.ts';
import type { WorkspaceEvent } from './events.ts';
import { MemoryWorkspaceView } from './memory-view.ts';

/** Everything in the batch, nothing below it. */
class OnlyBatch extends BatchView {
  #head: Cursor | undefined;

  constructor() {
    super(new MemoryWorkspaceView());
  }

  override get head(): Cursor {
    return this.#head ?? super.head;
  }

  override apply(event: WorkspaceEvent, revision?: bigint, chain: Cursor['chain'] = GENESIS): void {
    super.apply(event);
    if (revision !== undefined) this.#head = { revision, chain };
  }
}

describe('BatchView', () => {
  describe('over nothing', () => workspaceViewContract(() => new OnlyBatch()));

  test('wherever a history is cut, the rest in batches on top reads as if it had been applied', () => {
    fc.assert(
      fc.property(commitSeeds(12), fc.nat(40), (commits, cut) => {
        const history = historyOf(commits);
        const [below, whole] = [new MemoryWorkspaceView(), new MemoryWorkspaceView()];
        let view: BatchView | undefined;
        history.forEach((events, index) => {
          if (index >= Math.max(1, cut % history.length)) view = new BatchView(view ?? below);
          for (const event of events) {
            whole.apply(event, whole.head.revision + 1n, GENESIS);
            if (view === undefined) below.apply(event, below.head.revision + 1n, GENESIS);
            else view.apply(event);
          }
        });
        expect(portraitOf(view ?? below, whole.entries())).toEqual(portraitOf(whole, whole.entries()));
      }),
      { numRuns: 100 },
    );
  });

  test('after any operations the tree is a tree: no cycle, parents are folders, no two live names alike', () => {
    fc.assert(
      fc.property(commitSeeds(40), (commits) => {
        const view = new MemoryWorkspaceView();
        for (const events of historyOf(commits)) {
          for (const event of events) view.apply(event, view.head.revision + 1n, GENESIS);
          expect(brokenInvariants(view, view.entries())).toEqual([]);
        }
      }),
      { numRuns: 150 },
    );
  });

  test('after any operations an entry id means one entry for ever: its kind and origin never change', () => {
    fc.assert(
      fc.property(commitSeeds(25), (commits) => {
        const created = new Set<string>();
        for (const event of historyOf(commits).flat()) {
          if (event.type !== 'FolderCreated' && event.type !== 'FileCreated' && event.type !== 'LinkCreated') continue;
          expect(created.has(event.data.entry)).toBe(false);
          created.add(event.data.entry);
        }
      }),
      { numRuns: 100 },
    );
  });
});
