import {
  decideCommit,
  GENESIS,
  must,
  OPERATION_REJECTIONS,
  type ConflictInputs,
  type ConflictRule,
  type ConflictSide,
  type MemoryWorkspaceView,
  type Outcome,
  type Settling,
  type WorkspaceEvent,
} from '@tidemark/domain';
import {
  attributesAt,
  conflictNamed,
  contentNamed,
  entryNamed,
  factsOf,
  happened,
  NO_INPUTS,
  ROOT,
  viewOf,
} from '@tidemark/domain/testing';
import { describe, expect, test } from 'vitest';
import type { Request } from '../synchronizer/requests.ts';
import { localOf, syncedOf } from '../testing/rows.ts';
import { MemoryTrees } from '../trees/memory-trees.ts';
import { rowsOfConflict, type ConflictRows, type RecordedConflict } from './conflict-rows.ts';
import { contentIn, endsOf, isContentBeforeNeeded, planReopening, planSettling, whyRefused, type Impossible } from './settling.ts';

const { fileCreated, linkCreated, folderCreated, contentCommitted, entryDeleted, entryMoved, conflictRecorded } = happened;

const recorded = (more: Partial<RecordedConflict> = {}): RecordedConflict => ({
  conflict: conflictNamed('c'),
  rule: 'edit-edit',
  entry: entryNamed('f'),
  copy: entryNamed('copy'),
  inputs: NO_INPUTS,
  ...more,
});
const merged = { content: contentNamed('both in one'), attributes: attributesAt(7) };

/** A server, and one device that has heard of everything, with everything on its disk. */
class Pair {
  view: MemoryWorkspaceView;
  #number = 0;

  constructor(...events: readonly WorkspaceEvent[]) {
    this.view = viewOf(events);
  }

  happens(...events: readonly WorkspaceEvent[]): void {
    for (const event of events) this.view.apply(event, this.view.head.revision + 1n, GENESIS);
  }

  trees(): MemoryTrees {
    const trees = new MemoryTrees(ROOT, 'portable');
    for (const entry of this.view.entries()) {
      const { content, place, attributes, live } = entry.revisions;
      const feed = [content, place, attributes, live].reduce((latest, one) => (one > latest ? one : latest));
      const row = { ...entry, feed };
      trees.setRemote(row);
      if (entry.deleted || entry.parent === null) continue;
      trees.setSynced(entry.id, syncedOf(row));
      trees.setLocal(entry.id, localOf(row));
    }
    return trees;
  }

  rows(conflict = recorded()): ConflictRows {
    return rowsOfConflict(this.trees(), conflict);
  }

  /** What the server says to the one operation, asked for by a device that had seen so much. */
  decides(request: Request | Impossible, seen = this.view.head.revision): Outcome {
    if ('impossible' in request) throw new Error(request.impossible);
    expect(request.operations).toHaveLength(1);
    this.#number += 1;
    const commit = { number: this.#number, at: { revision: seen, chain: GENESIS }, operations: request.operations };
    const decided = decideCommit(commit, this.view, factsOf(seen));
    this.happens(...decided.events.map(({ event }) => event));
    return must(decided.outcomes[0], 'one operation, one outcome');
  }

  settled() {
    return must(this.view.conflict(conflictNamed('c')), 'it is recorded').settled;
  }

  /** Live ones, by name: what they hold. */
  tree(): Record<string, string> {
    const live = [...this.view.entries()].filter((one) => one.parent !== null && !one.deleted && one.kind !== 'folder');
    return Object.fromEntries(live.map((one) => [one.name, one.content?.id ?? one.target ?? '']));
  }
}

const holding = (contents: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(contents).map(([name, text]) => [name, contentNamed(text).id]));
const codeOf = (outcome: Outcome): string => (outcome.accepted ? 'accepted' : outcome.rejection.code);
const diverged = () =>
  new Pair(fileCreated('f', 'root', 'f', 'theirs'), fileCreated('copy', 'root', 'f (conflict)', 'mine'), conflictRecorded('c'));
const side = (more: Partial<ConflictSide> = {}): ConflictSide => ({
  kind: 'file',
  parent: ROOT,
  name: 'f',
  deleted: false,
  revisions: { content: '1', place: '1', live: '1' },
  ...more,
});
/** One device deleted what another edited; it was fetched again. */
const DELETED_HERE = recorded({
  rule: 'delete-edit',
  copy: undefined,
  inputs: { base: side(), mine: side({ deleted: true }), theirs: side() },
});
/** The other way round: it was brought back with the edit. */
const DELETED_THERE = recorded({
  rule: 'edit-delete',
  copy: undefined,
  inputs: { base: side(), mine: side(), theirs: side({ deleted: true }) },
});
const deletedHere = () => new Pair(fileCreated('f', 'root', 'f', 'edited'), conflictRecorded('c'));
/** `theirs` came first. */
const MOVED_TWICE = recorded({
  rule: 'move-move',
  copy: undefined,
  inputs: { base: side(), mine: side({ parent: entryNamed('d'), name: 'mine' }), theirs: side({ name: 'theirs' }) },
});
const movedTwice = () =>
  new Pair(folderCreated('d'), fileCreated('f', 'root', 'f', 'it'), entryMoved('f', 'root', 'theirs'), conflictRecorded('c'));
const placeOf = (pair: Pair) => {
  const { parent, name, deleted } = must(pair.view.entry(entryNamed('f')), 'it was created');
  return deleted ? 'deleted' : parent === ROOT ? name : `d/${name}`;
};
const impossible = { impossible: expect.stringMatching(/\.$/) as string };

describe('the ends of a conflict', () => {
  test('with two contents that are both there, any of the four', () => {
    expect(endsOf(diverged().rows())).toEqual(['mine', 'theirs', 'both', 'merged']);
  });

  test('of links, all but merging', () => {
    expect(endsOf(new Pair(linkCreated('f'), linkCreated('copy'), conflictRecorded('c')).rows())).toEqual(['mine', 'theirs', 'both']);
  });

  test('where one has become another kind of thing, its content is kept as it is or goes', () => {
    expect(endsOf(new Pair(linkCreated('f'), fileCreated('copy'), conflictRecorded('c')).rows())).toEqual(['theirs', 'both']);
  });

  test('without one of the two, or with one of them gone, as it is', () => {
    const withoutCopy: readonly ConflictRule[] = [
      'edit-delete',
      'delete-edit',
      'move-move',
      'move-delete',
      'name-name',
      'folder-folder',
      'move-cycle',
    ];
    for (const rule of withoutCopy) expect(endsOf(diverged().rows(recorded({ rule, copy: undefined })))).toEqual(['both']);
    for (const gone of ['f', 'copy']) {
      const pair = diverged();
      pair.happens(entryDeleted(gone));
      expect(endsOf(pair.rows())).toEqual(['both']);
    }
    const below = new Pair(
      folderCreated('d'),
      fileCreated('f', 'd'),
      fileCreated('copy', 'd', 'copy'),
      conflictRecorded('c'),
      entryDeleted('d'),
    );
    expect(endsOf(below.rows())).toEqual(['both']);
    expect(endsOf(new Pair().rows())).toEqual(['both']);
  });

  test('of two files made under one name: the one that gave way is the second content', () => {
    const pair = new Pair(
      fileCreated('first', 'root', 'x', 'theirs'),
      fileCreated('second', 'root', 'x (conflict)', 'mine'),
      conflictRecorded('c'),
    );
    const theirs = { kind: 'file', parent: ROOT, name: 'x', deleted: false, revisions: { content: '1', place: '1', live: '1' } } as const;
    const inputs: ConflictInputs = { base: null, mine: null, theirs };
    const conflict = recorded({ rule: 'create-create', entry: entryNamed('second'), copy: undefined, inputs });
    expect(endsOf(pair.rows(conflict))).toContain('mine');
    expect(codeOf(pair.decides(planSettling(conflict, pair.rows(conflict), 'mine')))).toBe('accepted');
    expect(pair.tree()).toEqual(holding({ x: 'mine' }));
  });

  test('where one side deleted it, or two moved it: the one or the other, as long as it is there and nobody chose a place of their own', () => {
    expect(endsOf(deletedHere().rows(DELETED_HERE), DELETED_HERE)).toEqual(['mine', 'theirs', 'both']);
    expect(endsOf(movedTwice().rows(MOVED_TWICE), MOVED_TWICE)).toEqual(['mine', 'theirs', 'both']);
    const gone = deletedHere();
    gone.happens(entryDeleted('f'));
    expect(endsOf(gone.rows(DELETED_HERE), DELETED_HERE)).toEqual(['both']);
    const moved = movedTwice();
    moved.happens(entryMoved('f', 'root', 'a third'));
    expect(endsOf(moved.rows(MOVED_TWICE), MOVED_TWICE)).toEqual(['both']);
    expect(planSettling(MOVED_TWICE, moved.rows(MOVED_TWICE), 'mine')).toEqual(impossible);
    expect(planSettling(DELETED_HERE, gone.rows(DELETED_HERE), 'mine')).toEqual(impossible);
  });

  test('of two entries that came to have one name nothing is chosen, and the one that has it is told', () => {
    const pair = new Pair(fileCreated('first', 'root', 'x'), fileCreated('f', 'root', 'x (conflict)'), conflictRecorded('c'));
    const named = recorded({ rule: 'name-name', copy: undefined, inputs: { base: null, mine: side(), theirs: side({ name: 'x' }) } });
    expect(endsOf(pair.rows(named), named)).toEqual(['both']);
    expect(pair.rows(named).other?.state.id).toBe(entryNamed('first'));
    pair.happens(entryMoved('first', 'root', 'y'));
    expect(pair.rows(named).other).toBeUndefined();
  });

  test('and no stranger that has the name by now is taken for it', () => {
    const pair = new Pair(
      fileCreated('first', 'root', 'x', 'theirs'),
      fileCreated('second', 'root', 'x (conflict)', 'mine'),
      conflictRecorded('c'),
      entryMoved('first', 'root', 'y'),
      fileCreated('stranger', 'root', 'x', 'a stranger'),
    );
    const theirs = { kind: 'file', parent: ROOT, name: 'x', deleted: false, revisions: { content: '1', place: '1', live: '1' } } as const;
    const conflict = recorded({
      rule: 'create-create',
      entry: entryNamed('second'),
      copy: undefined,
      inputs: { base: null, mine: null, theirs },
    });
    expect(endsOf(pair.rows(conflict))).toEqual(['both']);
  });
});

describe('settling', () => {
  const ends: Record<Settling, Record<string, string>> = {
    mine: { f: 'mine' },
    theirs: { f: 'theirs' },
    both: { f: 'theirs', 'f (conflict)': 'mine' },
    merged: { f: 'both in one' },
  };

  test.each(Object.entries(ends))('%s', (how, contents) => {
    const pair = diverged();
    const outcome = pair.decides(planSettling(recorded(), pair.rows(), how as Settling, merged));
    expect(codeOf(outcome)).toBe('accepted');
    expect(pair.tree()).toEqual(holding(contents));
    expect(pair.settled()).toEqual({ how, revision: 4n });
  });

  test('takes what the copy holds by now, not what it held when it was made', () => {
    const pair = diverged();
    pair.happens(contentCommitted('copy', 'mine, gone on with'));
    pair.decides(planSettling(recorded(), pair.rows(), 'mine'));
    expect(pair.tree()).toEqual(holding({ f: 'mine, gone on with' }));
  });

  test.each(['mine', 'theirs', 'merged'] as const)('%s is refused as a whole where somebody edited the copy meanwhile', (how) => {
    const pair = diverged();
    const planned = planSettling(recorded(), pair.rows(), how, merged);
    pair.happens(contentCommitted('copy', 'newer'));
    expect(codeOf(pair.decides(planned, 3n))).toBe('SUBTREE_CHANGED');
    expect(pair.tree()).toEqual(holding({ f: 'theirs', 'f (conflict)': 'newer' }));
    expect(pair.settled()).toBeUndefined();
  });

  test.each(['mine', 'merged'] as const)('%s is refused as a whole where somebody edited the entry meanwhile', (how) => {
    const pair = diverged();
    const planned = planSettling(recorded(), pair.rows(), how, merged);
    pair.happens(contentCommitted('f', 'newer'));
    expect(codeOf(pair.decides(planned, 3n))).toBe('CONTENT_CHANGED');
    expect(pair.tree()).toEqual(holding({ f: 'newer', 'f (conflict)': 'mine' }));
  });

  test('waits for an edit made on this disk to be sent', () => {
    const trees = diverged().trees();
    const edit = (short: string): void => {
      const local = must(trees.local(entryNamed(short)), 'it is there');
      trees.setLocal(local.id, { ...local, content: contentNamed('just now') });
    };
    edit('f');
    expect(planSettling(recorded(), rowsOfConflict(trees, recorded()), 'mine')).toEqual(impossible);
    expect(planSettling(recorded(), rowsOfConflict(trees, recorded()), 'theirs')).toMatchObject({ operations: [{ type: 'group' }] });
    edit('copy');
    expect(planSettling(recorded(), rowsOfConflict(trees, recorded()), 'theirs')).toEqual(impossible);
    expect(planSettling(recorded(), rowsOfConflict(trees, recorded()), 'both')).toMatchObject({ operations: [{ type: 'settleConflict' }] });
  });

  test.each([
    { conflict: DELETED_HERE, how: 'mine', stays: false },
    { conflict: DELETED_HERE, how: 'theirs', stays: true },
    { conflict: DELETED_THERE, how: 'mine', stays: true },
    { conflict: DELETED_THERE, how: 'theirs', stays: false },
  ] as const)('$conflict.rule, $how: it is deleted after all, or stays, and that is taken back', ({ conflict, how, stays }) => {
    const pair = deletedHere();
    expect(codeOf(pair.decides(planSettling(conflict, pair.rows(conflict), how)))).toBe('accepted');
    expect(pair.tree()).toEqual(stays ? holding({ f: 'edited' }) : {});
    expect(pair.settled()).toEqual({ how, revision: 3n });
    expect(codeOf(pair.decides(planReopening(conflict, pair.rows(conflict), must(pair.settled(), 'it was settled'))))).toBe('accepted');
    expect(pair.tree()).toEqual(holding({ f: 'edited' }));
    expect(pair.settled()).toBeUndefined();
  });

  test('what was edited meanwhile is not deleted after all, nor anything in a folder; and nothing is kept that was deleted meanwhile', () => {
    const pair = deletedHere();
    const planned = planSettling(DELETED_HERE, pair.rows(DELETED_HERE), 'mine');
    pair.happens(contentCommitted('f', 'newer'));
    expect(codeOf(pair.decides(planned, 2n))).toBe('SUBTREE_CHANGED');
    expect([pair.tree(), pair.settled()]).toEqual([holding({ f: 'newer' }), undefined]);
    const keep = planSettling(DELETED_HERE, pair.rows(DELETED_HERE), 'theirs');
    pair.happens(entryDeleted('f'));
    expect(codeOf(pair.decides(keep))).toBe('ENTRY_DELETED');
    expect(pair.settled()).toBeUndefined();

    const folder = new Pair(folderCreated('f', 'root', 'f'), fileCreated('in it', 'f'), conflictRecorded('c'));
    const inputs = { base: null, mine: side({ kind: 'folder' }), theirs: side({ kind: 'folder', deleted: true }) };
    const moved = recorded({ rule: 'move-delete', copy: undefined, inputs });
    const unseen = planSettling(moved, folder.rows(moved), 'theirs');
    folder.happens(contentCommitted('in it', 'newer'));
    expect(codeOf(folder.decides(unseen, 3n))).toBe('SUBTREE_CHANGED');
    expect(codeOf(folder.decides(planSettling(moved, folder.rows(moved), 'theirs')))).toBe('accepted');
    expect(folder.view.entry(entryNamed('f'))?.deleted).toBe(true);
    expect(codeOf(folder.decides(planReopening(moved, folder.rows(moved), must(folder.settled(), 'settled'))))).toBe('accepted');
    expect(folder.tree()).toEqual(holding({ 'in it': 'newer' }));
  });

  test.each([
    { how: 'mine', place: 'd/mine' },
    { how: 'theirs', place: 'theirs' },
  ] as const)('move-move, $how: it lies there, and that is taken back', ({ how, place }) => {
    const pair = movedTwice();
    expect(codeOf(pair.decides(planSettling(MOVED_TWICE, pair.rows(MOVED_TWICE), how)))).toBe('accepted');
    expect(placeOf(pair)).toBe(place);
    pair.happens(contentCommitted('f', 'gone on with'));
    expect(codeOf(pair.decides(planReopening(MOVED_TWICE, pair.rows(MOVED_TWICE), must(pair.settled(), 'settled'))))).toBe('accepted');
    expect([placeOf(pair), pair.settled()]).toEqual(['theirs', undefined]);
    expect(pair.view.entry(entryNamed('f'))?.content?.id).toBe(contentNamed('gone on with').id);
  });

  test('a place is not taken from whoever moved it meanwhile, nor a name from what has it, nor a folder made that is gone', () => {
    const pair = movedTwice();
    const [mine, theirs] = (['mine', 'theirs'] as const).map((how) => planSettling(MOVED_TWICE, pair.rows(MOVED_TWICE), how));
    pair.happens(entryMoved('f', 'root', 'a third'));
    expect(codeOf(pair.decides(must(mine, 'two')))).toBe('PLACE_CHANGED');
    expect(codeOf(pair.decides(must(theirs, 'two')))).toBe('PLACE_CHANGED');
    for (const [event, code] of [
      [fileCreated('stranger', 'd', 'mine'), 'NAME_TAKEN'],
      [entryDeleted('d'), 'PARENT_DELETED'],
    ] as const) {
      const taken = movedTwice();
      taken.happens(event);
      expect(codeOf(taken.decides(planSettling(MOVED_TWICE, taken.rows(MOVED_TWICE), 'mine')))).toBe(code);
      expect([placeOf(taken), taken.settled()]).toEqual(['theirs', undefined]);
    }
  });

  test('says why, and what to do, where it is not possible', () => {
    const pair = diverged();
    pair.happens(entryDeleted('copy'));
    for (const how of ['mine', 'theirs', 'merged'] as const) expect(planSettling(recorded(), pair.rows(), how, merged)).toEqual(impossible);
    expect(planSettling(recorded(), pair.rows(), 'both')).toMatchObject({ entry: entryNamed('f') });
  });
});

describe('taking a settling back', () => {
  const before = contentIn(fileCreated('f', 'root', 'f', 'theirs'));
  const settledPair = (how: Settling): Pair => {
    const pair = diverged();
    pair.decides(planSettling(recorded(), pair.rows(), how, merged));
    return pair;
  };
  const takeBack = (pair: Pair) => planReopening(recorded(), pair.rows(), must(pair.settled(), 'it was settled'), before);

  test.each(['mine', 'theirs', 'both', 'merged'] as const)('%s: contents are as before it, and the conflict is open', (how) => {
    const pair = settledPair(how);
    expect(isContentBeforeNeeded(pair.rows(), must(pair.settled(), 'it was settled'))).toBe(how === 'mine' || how === 'merged');
    expect(codeOf(pair.decides(takeBack(pair)))).toBe('accepted');
    expect(pair.tree()).toEqual(holding({ f: 'theirs', 'f (conflict)': 'mine' }));
    expect(pair.settled()).toBeUndefined();
    expect(endsOf(pair.rows())).toEqual(['mine', 'theirs', 'both', 'merged']);
  });

  test('and it can be settled another way', () => {
    const pair = settledPair('mine');
    pair.decides(takeBack(pair));
    expect(codeOf(pair.decides(planSettling(recorded(), pair.rows(), 'theirs')))).toBe('accepted');
    expect(pair.tree()).toEqual(holding({ f: 'theirs' }));
  });

  test.each(['mine', 'merged'] as const)('%s is not taken back over what was edited since', (how) => {
    const pair = settledPair(how);
    const planned = takeBack(pair);
    pair.happens(contentCommitted('f', 'newer'));
    expect(codeOf(pair.decides(planned))).toBe('CONTENT_CHANGED');
    expect(takeBack(pair)).toEqual(impossible);
    expect(pair.tree()).toEqual(holding({ f: 'newer' }));
  });

  test('theirs is: what was edited since stays, and the other content comes back beside it', () => {
    const pair = settledPair('theirs');
    pair.happens(contentCommitted('f', 'newer'));
    expect(codeOf(pair.decides(takeBack(pair)))).toBe('accepted');
    expect(pair.tree()).toEqual(holding({ f: 'newer', 'f (conflict)': 'mine' }));
  });

  test('a copy that somebody restored meanwhile is left alone', () => {
    const pair = settledPair('mine');
    pair.happens(happened.entryRestored('copy', 'root', 'kept'), contentCommitted('copy', 'gone on with'));
    expect(codeOf(pair.decides(takeBack(pair)))).toBe('accepted');
    expect(pair.tree()).toEqual(holding({ f: 'theirs', kept: 'gone on with' }));
  });

  test('nothing was put where both held the same already, and nothing is put back', () => {
    const pair = diverged();
    pair.happens(contentCommitted('f', 'mine'));
    pair.decides(planSettling(recorded(), pair.rows(), 'mine'));
    expect(isContentBeforeNeeded(pair.rows(), must(pair.settled(), 'it was settled'))).toBe(false);
    expect(codeOf(pair.decides(takeBack(pair)))).toBe('accepted');
    expect(pair.tree()).toEqual(holding({ f: 'mine', 'f (conflict)': 'mine' }));
  });

  test('is not done over a settling that this device has not heard of', () => {
    const pair = settledPair('both');
    const planned = takeBack(pair);
    pair.decides(planned);
    pair.decides(planSettling(recorded(), pair.rows(), 'both'));
    expect(codeOf(pair.decides(planned))).toBe('CONFLICT_SETTLED');
  });

  test('what somebody restored, or deleted once more, since it was deleted after all, is left as it is', () => {
    for (const [since, tree] of [
      [[happened.entryRestored('f', 'root', 'again')], holding({ again: 'edited' })],
      [[happened.entryRestored('f', 'root', 'again'), entryDeleted('f')], {}],
    ] as const) {
      const pair = deletedHere();
      pair.decides(planSettling(DELETED_HERE, pair.rows(DELETED_HERE), 'mine'));
      pair.happens(...since);
      expect(codeOf(pair.decides(planReopening(DELETED_HERE, pair.rows(DELETED_HERE), must(pair.settled(), 'settled'))))).toBe('accepted');
      expect([pair.tree(), pair.settled()]).toEqual([tree, undefined]);
    }
  });

  test('a place is not taken back from whoever moved it since, and nothing is moved that is gone', () => {
    for (const since of [entryMoved('f', 'root', 'a third'), entryDeleted('f')]) {
      const pair = movedTwice();
      pair.decides(planSettling(MOVED_TWICE, pair.rows(MOVED_TWICE), 'mine'));
      pair.happens(since);
      expect(planReopening(MOVED_TWICE, pair.rows(MOVED_TWICE), must(pair.settled(), 'settled'))).toEqual(impossible);
    }
    const unknown = { ...deletedHere().rows(DELETED_HERE), entry: undefined };
    expect(planReopening(DELETED_HERE, unknown, { how: 'mine', revision: 3n })).toEqual(impossible);
  });

  test('of links puts the target back', () => {
    const pair = new Pair(linkCreated('f', 'root', 'f', 'there'), linkCreated('copy', 'root', 'copy', 'here'), conflictRecorded('c'));
    pair.decides(planSettling(recorded({ rule: 'link-link' }), pair.rows(), 'mine'));
    expect(pair.tree()).toEqual({ f: 'here' });
    const back = planReopening(
      recorded(),
      pair.rows(),
      must(pair.settled(), 'it was settled'),
      contentIn(linkCreated('f', 'root', 'f', 'there')),
    );
    expect(codeOf(pair.decides(back))).toBe('accepted');
    expect(pair.tree()).toEqual({ f: 'there', copy: 'here' });
  });

  test('says why, and what to do, where it is not possible', () => {
    const gone = settledPair('mine');
    gone.happens(entryDeleted('f'));
    expect(takeBack(gone)).toEqual(impossible);
    const unknown = { entry: settledPair('mine').rows().entry, copy: undefined };
    expect(planReopening(recorded(), unknown, { how: 'mine', revision: 4n }, before)).toEqual(impossible);
  });
});

test('every refusal that can come of it says that nothing was done', () => {
  for (const code of OPERATION_REJECTIONS) expect(whyRefused(code)).toMatch(/Nothing (was changed|of this was done)/);
  expect(whyRefused('CONFLICT_SETTLED')).not.toBe(whyRefused('CONTENT_CHANGED'));
});

test('only what gives an entry a content is one', () => {
  expect(contentIn(contentCommitted('f', '2'))).toEqual({ content: contentNamed('2'), attributes: attributesAt(2) });
  expect(contentIn(happened.linkRetargeted('l', 'there'))).toEqual({ target: 'there' });
  expect(contentIn(entryMoved('f', 'root'))).toBeUndefined();
});
