import { GENESIS, type Operation, type Outcome } from '@tidemark/domain';
import { describe, expect, test } from 'vitest';
import type { Sent, SentNote } from '../synchronizer/ports.ts';
import { attributesAt, contentNamed, e, localOf, remoteRow, syncedOf } from '../testing/rows.ts';
import { MemoryTrees } from '../trees/memory-trees.ts';
import { applyDiskOutcome } from './apply.ts';
import { conflictOf } from './conflict-notes.ts';
import { divergeRebase } from './diverge.ts';
import { revisionAwaited, settleOutcome } from './outcome.ts';
import { settle } from './settle.ts';

const ROOT = e('root');
const FILE = remoteRow('a', 'root', 'a', { content: 'one', feed: 3 });

function sent(operations: readonly Operation[], outcomes: readonly Outcome[], notes: readonly SentNote[] = []): Sent {
  return {
    commit: { number: 1, at: { revision: 3n, chain: GENESIS }, operations },
    marks: [],
    notes,
    answer: { number: 1, outcomes: [...outcomes] },
  };
}
const accepted = (revision: bigint): Outcome => ({ accepted: true, revision });
const refused = (revision: bigint): Outcome => ({ accepted: false, revision, rejection: { code: 'CONTENT_CHANGED' } });

function agreedTrees(): MemoryTrees {
  const trees = new MemoryTrees(ROOT, 'portable');
  trees.setRemote(FILE);
  trees.setSynced(FILE.id, syncedOf(FILE));
  trees.setLocal(FILE.id, localOf(FILE));
  return trees;
}

describe('the outcome of a commit', () => {
  const put = { type: 'putContent', entry: FILE.id, base: 3n, content: contentNamed('two'), attributes: attributesAt(9) } as const;

  test('is awaited up to the latest revision it speaks of', () => {
    expect(revisionAwaited(sent([put, put], [accepted(7n), refused(9n)]))).toBe(9n);
    expect(revisionAwaited({ ...sent([put], []), answer: undefined })).toBeUndefined();
  });

  test('S takes the value sent, whatever L is by now', () => {
    const trees = agreedTrees();
    trees.setLocal(FILE.id, localOf(FILE, { content: contentNamed('three') }));
    settleOutcome(trees, sent([put], [accepted(7n)]));
    expect(trees.synced(FILE.id)).toMatchObject({
      content: { key: contentNamed('two').id },
      attributes: attributesAt(9),
      revisions: { content: 7n, attributes: 7n, place: 3n },
    });
    expect(trees.local(FILE.id)?.content).toEqual(contentNamed('three'));
  });

  test('a rejection changes nothing', () => {
    const trees = agreedTrees();
    settleOutcome(trees, sent([put], [refused(7n)]));
    expect(trees.synced(FILE.id)).toEqual(syncedOf(FILE));
  });

  test('an edit routed to a copy is remembered and leaves S alone', () => {
    const trees = agreedTrees();
    const copy = {
      type: 'createFile',
      entry: e('c'),
      parent: ROOT,
      name: 'c',
      content: contentNamed('two'),
      attributes: attributesAt(9),
    } as const;
    settleOutcome(trees, sent([copy], [accepted(7n)], [{ operation: 0, copyOf: { entry: FILE.id, base: '3' } }]));
    expect(trees.copyMemory(FILE.id, 3n)).toEqual({ copy: 'c', content: contentNamed('two').id, revision: 7n });
    expect(trees.synced(e('c'))).toBeUndefined();
  });

  test('a restore sets since when it is live', () => {
    const trees = agreedTrees();
    settleOutcome(trees, sent([{ type: 'restore', entry: FILE.id, base: 3n, parent: ROOT, name: 'b' }], [accepted(7n)]));
    expect(trees.synced(FILE.id)).toMatchObject({ place: { parent: ROOT, name: 'b' }, revisions: { place: 7n, live: 7n, content: 3n } });
  });

  test('members of a group are taken each by itself, a deletion with exactly what was missing', () => {
    const trees = agreedTrees();
    const operations: Operation[] = [
      {
        type: 'group',
        operations: [
          { type: 'createFolder', entry: e('f'), parent: ROOT, name: 'a' },
          { type: 'delete', entry: FILE.id },
        ],
      },
    ];
    settleOutcome(trees, sent(operations, [accepted(8n)], [{ operation: 0, member: 1, gone: [FILE.id] }]));
    expect(trees.synced(FILE.id)).toBeUndefined();
    expect(trees.synced(e('f'))).toMatchObject({ kind: 'folder', place: { parent: ROOT, name: 'a' }, revisions: { place: 8n, live: -1n } });
  });

  test('what an accepted operation settles is noted, then told, then forgotten when the entry is quiet', () => {
    const trees = agreedTrees();
    const conflict = conflictOf('edit-delete', FILE.id, 'live', { base: null, mine: null, theirs: null });
    settleOutcome(trees, sent([put], [refused(7n)], [{ operation: 0, settles: conflict }]));
    expect(trees.conflicts()).toEqual([]);
    settleOutcome(trees, sent([put], [accepted(7n)], [{ operation: 0, settles: conflict }]));
    expect(trees.conflicts()).toEqual([conflict]);
    settleOutcome(trees, sent([conflict.operation], [accepted(8n)], [{ operation: 0, conflict: conflict.key }]));
    expect(trees.conflict(conflict.key)?.told).toBe(true);
    trees.setRemote({
      ...FILE,
      content: contentNamed('two'),
      attributes: attributesAt(9),
      feed: 7n,
      revisions: { ...FILE.revisions, content: 7n, attributes: 7n },
    });
    trees.setLocal(FILE.id, localOf(FILE, { content: contentNamed('two'), attributes: attributesAt(9) }));
    settle(trees, undefined);
    expect([trees.dirty(), trees.conflicts()]).toEqual([[], []]);
  });
});

describe('the outcome of a disk operation', () => {
  const expect_ = { identity: 'of a', parent: ROOT, name: 'a', content: contentNamed('one').id };

  test('carries to S only the aspects it was about: the others may have been agreed anew meanwhile', () => {
    const trees = agreedTrees();
    const operation = {
      type: 'rename',
      entry: FILE.id,
      expect: expect_,
      parent: ROOT,
      name: 'b',
      synced: syncedOf(FILE, { place: { parent: ROOT, name: 'b' } }),
    } as const;
    trees.setSynced(FILE.id, syncedOf(FILE, { content: { key: contentNamed('two').id }, revisions: { ...FILE.revisions, content: 9n } }));
    applyDiskOutcome(trees, operation, { done: true, local: localOf(FILE, { name: 'b' }) });
    expect(trees.local(FILE.id)?.name).toBe('b');
    expect(trees.synced(FILE.id)).toMatchObject({
      place: { name: 'b' },
      content: { key: contentNamed('two').id },
      revisions: { content: 9n },
    });
  });

  test('one that was not done changes nothing', () => {
    const trees = agreedTrees();
    applyDiskOutcome(trees, { type: 'removeFile', entry: FILE.id, expect: expect_ }, { done: false, reason: 'changed' });
    expect(trees.local(FILE.id)).toBeDefined();
  });

  test('a folder left for what is untracked in it leaves L and S, is known by its identity, and its conflict is noted', () => {
    const trees = new MemoryTrees(ROOT, 'portable');
    const folder = remoteRow('f', 'root', 'f');
    trees.setSynced(folder.id, syncedOf(folder));
    trees.setLocal(folder.id, localOf(folder));
    trees.setRemote({ ...folder, deleted: true, feed: 5n });
    const operation = { type: 'removeFolder', entry: folder.id, expect: { identity: 'of f', parent: ROOT, name: 'f' } } as const;
    applyDiskOutcome(trees, operation, { done: true, left: 'of f' });
    expect([trees.local(folder.id), trees.synced(folder.id), trees.isLeft('of f')]).toEqual([undefined, undefined, true]);
    expect(trees.conflicts().map(({ operation: { rule } }) => rule)).toEqual(['folder-deleted-untracked-inside']);
  });

  test('an entry whose id was taken over meanwhile is left to the next look', () => {
    const trees = new MemoryTrees(ROOT, 'portable');
    applyDiskOutcome(
      trees,
      { type: 'rename', entry: FILE.id, expect: expect_, parent: ROOT, name: 'b' },
      { done: true, local: localOf(FILE) },
    );
    expect(trees.local(FILE.id)).toBeUndefined();
  });
});

describe('another history', () => {
  const common = { revision: 5n, chain: GENESIS };

  test('what the server forgot is offered again, and nothing is deleted here', () => {
    const trees = agreedTrees();
    const created = remoteRow('n', 'root', 'n', { content: 'new', feed: 8 });
    trees.setSynced(created.id, syncedOf(created));
    trees.setLocal(created.id, localOf(created));
    trees.clearRemote();
    trees.setRemote(FILE);
    divergeRebase(trees, common);
    expect(trees.synced(created.id)).toBeUndefined();
    expect(trees.synced(FILE.id)).toEqual(syncedOf(FILE));
  });

  test('an aspect newer than the common revision takes the older value of R, so that ours differs from it', () => {
    const trees = agreedTrees();
    const edited = { ...FILE, content: contentNamed('two'), feed: 8n, revisions: { ...FILE.revisions, content: 8n } };
    trees.setSynced(FILE.id, syncedOf(edited));
    trees.setLocal(FILE.id, localOf(edited));
    divergeRebase(trees, common);
    expect(trees.synced(FILE.id)).toMatchObject({ content: { key: contentNamed('one').id }, revisions: { content: 3n } });
  });

  test('where both histories have a newer one, it is unset: neither counts as agreed', () => {
    const trees = agreedTrees();
    trees.setRemote({ ...FILE, content: contentNamed('theirs'), feed: 9n, revisions: { ...FILE.revisions, content: 9n } });
    trees.setSynced(FILE.id, syncedOf({ ...FILE, content: contentNamed('ours'), revisions: { ...FILE.revisions, content: 8n } }));
    divergeRebase(trees, common);
    expect(trees.synced(FILE.id)?.content).toBeNull();
    expect(trees.synced(FILE.id)?.place).toEqual({ parent: ROOT, name: 'a' });
  });

  test('a forgotten restore is offered again rather than followed', () => {
    const trees = agreedTrees();
    trees.setRemote({ ...FILE, deleted: true, feed: 4n, revisions: { ...FILE.revisions, live: 4n } });
    trees.setSynced(FILE.id, syncedOf({ ...FILE, revisions: { ...FILE.revisions, place: 8n, live: 8n } }));
    divergeRebase(trees, common);
    expect(trees.synced(FILE.id)?.place).toBeNull();
  });
});
