import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Chain, EntryState, Revision } from '../workspace/entry.ts';
import { NO_REVISION, START } from '../workspace/entry.ts';
import type { WorkspaceEvent } from '../workspace/events.ts';
import { MemoryWorkspaceView } from '../workspace/memory-view.ts';
import type { WorkspaceView } from '../workspace/view.ts';
import { accountNamed, conflictNamed, contentNamed, entryNamed, FORMAT, happened, OWNER, ROOT, WORKSPACE } from './fixtures.ts';
import { commitSeeds, historyOf, portraitOf, testChain } from './history.ts';

/** A view that takes events in order, each at the revision after its head. */
export interface FollowingView extends WorkspaceView {
  apply(event: WorkspaceEvent, revision: Revision, chain: Chain): void;
}

/** What every view promises; `make` gives a new, empty one. `runs`: of the comparison with the view in memory. */
export function workspaceViewContract(make: () => FollowingView, { runs = 50 } = {}): void {
  const follow = (...events: readonly WorkspaceEvent[]): FollowingView => {
    const view = make();
    [happened.workspaceCreated(), ...events].forEach((event, revision) => view.apply(event, BigInt(revision), testChain(BigInt(revision))));
    return view;
  };
  const ids = (entries: Iterable<EntryState>): readonly string[] => [...entries].map((entry) => entry.id).toSorted();
  const named = (...shorts: readonly string[]): readonly string[] => shorts.map(entryNamed).toSorted();

  test('a new view is at the start and knows no workspace', () => {
    const view = make();
    expect(view.head).toEqual(START);
    expect(view.workspace).toBeUndefined();
    expect(view.entry(ROOT)).toBeUndefined();
    expect([...view.changedSince(NO_REVISION)]).toEqual([]);
  });

  test('its head is the revision and chain of the last event', () => {
    expect(follow(happened.folderCreated('a')).head).toEqual({ revision: 1n, chain: testChain(1n) });
  });

  test('creating a workspace makes its facts, its owner and its root folder', () => {
    const view = follow();
    expect(view.workspace).toEqual({ id: WORKSPACE, name: 'Test', root: ROOT, format: FORMAT });
    expect(view.role(OWNER)).toBe('owner');
    expect(view.entry(ROOT)).toEqual({
      id: ROOT,
      kind: 'folder',
      parent: null,
      name: '',
      deleted: false,
      revisions: { content: 0n, place: 0n, attributes: 0n, live: 0n },
    });
  });

  test('a workspace can be renamed', () => {
    expect(follow(happened.workspaceRenamed('Other')).workspace?.name).toBe('Other');
  });

  test('members come, change their role and go', () => {
    const friend = accountNamed('friend');
    expect(follow().role(friend)).toBeUndefined();
    expect(follow(happened.memberGranted('friend', 'viewer'), happened.memberGranted('friend', 'editor')).role(friend)).toBe('editor');
    expect(follow(happened.memberGranted('friend', 'viewer'), happened.memberRevoked('friend')).role(friend)).toBeUndefined();
  });

  test('each aspect of an entry has the revision at which it last changed', () => {
    const view = follow(
      happened.folderCreated('d'),
      happened.fileCreated('f', 'root', 'f', '1'),
      happened.contentCommitted('f', '2'),
      happened.entryMoved('f', 'd'),
      happened.attributesChanged('f', { modified: '7' as never, executable: true }),
      happened.entryDeleted('f'),
    );
    expect(view.entry(entryNamed('f'))).toEqual({
      id: entryNamed('f'),
      kind: 'file',
      parent: entryNamed('d'),
      name: 'f',
      deleted: true,
      content: contentNamed('2'),
      attributes: { modified: '7', executable: true },
      revisions: { content: 3n, place: 4n, attributes: 5n, live: 6n },
    });
  });

  test("a link's target counts as its content", () => {
    const link = follow(happened.linkCreated('l'), happened.linkRetargeted('l', 'there')).entry(entryNamed('l'));
    expect(link).toMatchObject({ kind: 'link', target: 'there', revisions: { content: 2n, place: 1n } });
  });

  test('restoring sets place and liveness and leaves the content its revision', () => {
    const view = follow(happened.fileCreated('f'), happened.entryDeleted('f'), happened.entryRestored('f', 'root', 'g'));
    expect(view.entry(entryNamed('f'))).toMatchObject({ name: 'g', deleted: false, revisions: { content: 1n, place: 3n, live: 3n } });
  });

  test('children are those placed in a folder and not themselves deleted, whether or not the folder lives', () => {
    const view = follow(
      happened.folderCreated('d'),
      happened.fileCreated('a', 'd'),
      happened.fileCreated('b', 'd'),
      happened.fileCreated('c', 'd'),
      happened.entryDeleted('b'),
      happened.entryMoved('c', 'root'),
      happened.entryDeleted('d'),
    );
    expect(ids(view.children(entryNamed('d')))).toEqual(named('a'));
    expect(ids(view.children(ROOT))).toEqual(named('c'));
    expect([...view.children(entryNamed('a'))]).toEqual([]);
  });

  test('a child is found by its name key, and no longer after it moved or was deleted', () => {
    const view = follow(happened.fileCreated('a', 'root', 'Stra\u00dfe'), happened.fileCreated('b'), happened.entryMoved('b', 'root', 'c'));
    expect(view.childByKey(ROOT, 'strasse')?.id).toBe(entryNamed('a'));
    expect(view.childByKey(ROOT, 'b')).toBeUndefined();
    expect(view.childByKey(ROOT, 'c')?.id).toBe(entryNamed('b'));
    expect(follow(happened.fileCreated('a'), happened.entryDeleted('a')).childByKey(ROOT, 'a')).toBeUndefined();
  });

  test('names may be shared between the events of a group', () => {
    const view = follow(
      happened.fileCreated('a'),
      happened.fileCreated('b'),
      happened.entryMoved('a', 'root', 'b'),
      happened.entryMoved('b', 'root', 'a'),
    );
    expect(view.childByKey(ROOT, 'a')?.id).toBe(entryNamed('b'));
    expect(view.childByKey(ROOT, 'b')?.id).toBe(entryNamed('a'));
    const passing = follow(
      happened.fileCreated('a'),
      happened.fileCreated('b'),
      happened.entryMoved('a', 'root', 'b'),
      happened.entryMoved('a', 'root', 'c'),
    );
    expect(passing.childByKey(ROOT, 'b')?.id).toBe(entryNamed('b'));
  });

  test('what changed since a revision has changed content, place or liveness, deleted ones too', () => {
    const view = follow(
      happened.fileCreated('a'),
      happened.fileCreated('b'),
      happened.fileCreated('c'),
      happened.contentCommitted('a', '2'),
      happened.attributesChanged('b', { modified: '7' as never, executable: true }),
      happened.entryDeleted('c'),
    );
    expect(ids(view.changedSince(3n))).toEqual(named('a', 'c'));
    expect(ids(view.changedSince(4n))).toEqual(named('c'));
    expect(ids(view.changedSince(6n))).toEqual([]);
    expect(ids(view.changedSince(NO_REVISION))).toEqual(named('root', 'a', 'b', 'c'));
  });

  test('stand-ins of a folder come oldest first, deleted ones too', () => {
    const view = follow(
      happened.folderCreated('d'),
      happened.entryDeleted('d'),
      happened.folderCreated('s1', 'root', 'd', 'd'),
      happened.entryDeleted('s1'),
      happened.folderCreated('s2', 'root', 'd', 'd'),
    );
    expect([...view.standInsOf(entryNamed('d'))].map((entry) => entry.id)).toEqual([entryNamed('s1'), entryNamed('s2')]);
    expect([...view.standInsOf(ROOT)]).toEqual([]);
  });

  test('a conflict is open once it is recorded, settled at a revision, and open again when that is taken back', () => {
    const id = conflictNamed('a');
    const [recorded, settled, reopened] = [happened.conflictRecorded('a'), happened.conflictResolved('a'), happened.conflictReopened('a')];
    expect(follow().conflict(id)).toBeUndefined();
    expect(follow(recorded).conflict(id)).toEqual({});
    expect(follow(recorded, settled).conflict(id)).toEqual({ settled: { how: 'both', revision: 2n } });
    expect(follow(recorded, settled, reopened).conflict(id)).toEqual({});
    expect(follow(recorded, settled, reopened, happened.conflictResolved('a', 'mine')).conflict(id)).toEqual({
      settled: { how: 'mine', revision: 4n },
    });
  });

  test('a conflict stays as it is when it is recorded again, and one that was never recorded is settled by nothing', () => {
    const [recorded, settled] = [happened.conflictRecorded('a'), happened.conflictResolved('a')];
    expect(follow(recorded, settled, recorded).conflict(conflictNamed('a'))).toEqual({ settled: { how: 'both', revision: 2n } });
    expect(follow(settled).conflict(conflictNamed('a'))).toBeUndefined();
  });

  test('an event of an unknown type moves the head and changes nothing else', () => {
    const unknown = { type: 'SomethingNewer', v: 1, data: {} } as unknown as WorkspaceEvent;
    const view = follow(happened.fileCreated('a'), unknown, happened.commitRejected(3));
    expect(view.head.revision).toBe(3n);
    expect(ids(view.changedSince(1n))).toEqual([]);
  });

  test('any history reads as it does in memory', () => {
    fc.assert(
      fc.property(commitSeeds(12), (commits) => {
        const view = make();
        const memory = new MemoryWorkspaceView();
        for (const event of historyOf(commits).flat()) {
          const revision = memory.head.revision + 1n;
          memory.apply(event, revision, testChain(revision));
          view.apply(event, revision, testChain(revision));
        }
        expect(view.head).toEqual(memory.head);
        expect(portraitOf(view, memory.entries())).toEqual(portraitOf(memory, memory.entries()));
      }),
      { numRuns: runs },
    );
  });
}
