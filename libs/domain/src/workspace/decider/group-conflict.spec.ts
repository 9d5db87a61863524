import { describe, expect, test } from 'vitest';
import { DEPTH_MAX } from '../../limits.ts';
import { entryNamed, happened, please } from '../../testing/fixtures.ts';
import { given } from '../../testing/given.ts';

const { folderCreated, fileCreated, contentCommitted, entryMoved, entryDeleted, entryRestored, conflictRecorded } = happened;
const { conflictResolved, conflictReopened, linkCreated, linkRetargeted } = happened;

describe('group', () => {
  test('swaps two names', () =>
    given(fileCreated('a'), fileCreated('b'))
      .when(please.group(please.move('a', 1, 'root', 'b'), please.move('b', 2, 'root', 'a')))
      .thenEvents(entryMoved('a', 'root', 'b'), entryMoved('b', 'root', 'a')));

  test('turns a folder and its child inside out', () =>
    given(folderCreated('a'), folderCreated('b', 'a'))
      .when(please.group(please.move('a', 1, 'b'), please.move('b', 2, 'root')))
      .thenEvents(entryMoved('a', 'b'), entryMoved('b', 'root')));

  test('wraps a folder into a new one of the same name', () =>
    given(folderCreated('d', 'root', 'docs'))
      .when(please.group(please.createFolder('n', 'root', 'docs'), please.move('d', 1, 'n', 'docs')))
      .thenEvents(folderCreated('n', 'root', 'docs'), entryMoved('d', 'n', 'docs')));

  test('hoists a child to the name of its folder, which goes', () =>
    given(folderCreated('d', 'root', 'docs'), folderCreated('e', 'd', 'docs'))
      .when(please.group(please.move('e', 2, 'root', 'docs'), please.delete('d')))
      .thenEvents(entryMoved('e', 'root', 'docs'), entryDeleted('d')));

  test('restores under a name that a member frees', () =>
    given(fileCreated('a', 'root', 'x'), entryDeleted('a'), fileCreated('b', 'root', 'x'))
      .when(please.group(please.restore('a', 2, 'root', 'x'), please.move('b', 3, 'root', 'y')))
      .thenEvents(entryRestored('a', 'root', 'x'), entryMoved('b', 'root', 'y')));

  test('is all or none: one refused member refuses all', () => {
    const { decided } = given(fileCreated('a'), fileCreated('b')).when(
      please.group(please.move('a', 1, 'root', 'b'), please.move('b', 1, 'root', 'a')),
    );
    expect(decided.events.map(({ event }) => event.type)).toEqual(['CommitRejected']);
    expect(decided.outcomes).toMatchObject([{ accepted: false, rejection: { code: 'PLACE_CHANGED', current: { id: entryNamed('b') } } }]);
  });

  test('leaves no trace for the operations after it when it is refused', () => {
    const { decided } = given(fileCreated('a'), fileCreated('b')).when(
      please.group(please.move('a', 1, 'root', 'b')),
      please.move('a', 1, 'root', 'c'),
    );
    expect(decided.outcomes.map((outcome) => outcome.accepted)).toEqual([false, true]);
    expect(decided.events.map(({ event }) => event)).toEqual([entryMoved('a', 'root', 'c')]);
  });

  test('at its end names are unique', () => {
    given(fileCreated('a'), fileCreated('b'))
      .when(please.group(please.move('a', 1, 'root', 'B')))
      .thenRejected('NAME_TAKEN', { names: [entryNamed('b')] });
    given()
      .when(please.group(please.createFile('a', 'root', 'x'), please.createFile('b', 'root', 'x')))
      .thenRejected('NAME_TAKEN');
  });

  test('at its end there is no cycle', () => {
    given(folderCreated('a'), folderCreated('b'))
      .when(please.group(please.move('a', 1, 'b'), please.move('b', 2, 'a')))
      .thenRejected('WOULD_CREATE_CYCLE');
    given(folderCreated('a'), folderCreated('b', 'a'))
      .when(please.group(please.move('a', 1, 'b')))
      .thenRejected('WOULD_CREATE_CYCLE');
    given(folderCreated('a'))
      .when(please.group(please.move('root', 0, 'a')))
      .thenRejected('WOULD_CREATE_CYCLE');
  });

  test('nor among what it deletes, which keeps its place', () => {
    given(folderCreated('a'), folderCreated('b', 'a'))
      .when(please.group(please.move('a', 1, 'a', 'x'), please.move('b', 2, 'root'), please.delete('a')))
      .thenRejected('WOULD_CREATE_CYCLE');
  });

  test('at its end parents live', () => {
    given(folderCreated('d'), fileCreated('f'))
      .when(please.group(please.move('f', 2, 'd'), please.delete('d')))
      .thenRejected('PARENT_DELETED');
    given(folderCreated('d'), entryDeleted('d'))
      .when(please.group(please.createFile('f', 'd')))
      .thenRejected('PARENT_DELETED');
  });

  test('at its end nothing is too deep', () => {
    const chain = Array.from({ length: DEPTH_MAX - 1 }, (_, n) => folderCreated(`d${n + 1}`, n === 0 ? 'root' : `d${n}`));
    given(...chain, folderCreated('e'), fileCreated('f', 'e'))
      .when(please.group(please.move('e', DEPTH_MAX, `d${DEPTH_MAX - 1}`)))
      .thenRejected('TOO_DEEP');
  });

  test('a member still needs a name, a parent, its chunks and a free id', () => {
    given()
      .when(please.group(please.createFile('f', 'd')))
      .thenRejected('PARENT_NOT_FOUND');
    given()
      .when(please.group(please.createFile('f', 'root', '..')))
      .thenRejected('NAME_INVALID');
    given()
      .facts({ contentState: () => ({ missing: [] }) })
      .when(please.group(please.createFile('f')))
      .thenRejected('CHUNKS_MISSING');
    given(fileCreated('f'))
      .when(please.group(please.createFile('f', 'root', 'g')))
      .thenRejected('ENTRY_EXISTS');
    given(folderCreated('d'), fileCreated('f', 'd'))
      .seen(1)
      .when(please.group(please.delete('d')))
      .thenRejected('SUBTREE_CHANGED');
    given()
      .when(please.group(please.delete('root')))
      .thenRejected('TOO_MUCH_DELETED');
  });

  test('a deletion of what died meanwhile changes nothing', () =>
    given(folderCreated('d'), fileCreated('f', 'd'), fileCreated('g'), entryDeleted('d'))
      .when(please.group(please.move('g', 3, 'root', 'h'), please.delete('f')))
      .thenEvents(entryMoved('g', 'root', 'h')));

  test('that is so already changes nothing', () =>
    given(fileCreated('a'))
      .when(please.group(please.move('a', 0, 'root')))
      .thenNothing());
});

describe('recordConflict', () => {
  test('is recorded once, whoever says it again', () => {
    const { decided } = given().when(please.recordConflict('f'), please.recordConflict('f'));
    expect(decided.events).toHaveLength(1);
    expect(decided.outcomes.every((outcome) => outcome.accepted)).toBe(true);
    const event = decided.events[0]?.event;
    if (event === undefined) throw new Error('no event');
    given(event)
      .facts({ device: 'another' as never })
      .when(please.recordConflict('f'))
      .thenNothing();
  });

  test('other inputs are another conflict', () => {
    const mine = { kind: 'file', parent: null, name: 'f', deleted: true } as const;
    const { decided } = given().when(please.recordConflict('f'), please.recordConflict('f', { base: null, mine, theirs: null }));
    expect(decided.events).toHaveLength(2);
  });

  test('needs no entry', () => expect(given().when(please.recordConflict('never')).decided.outcomes).toMatchObject([{ accepted: true }]));
});

describe('settleConflict', () => {
  test('settles a conflict that is open', () =>
    given(conflictRecorded('c')).when(please.settleConflict('c', 'mine')).thenEvents(conflictResolved('c', 'mine')));

  test('that was never recorded is refused', () => {
    given(conflictRecorded('other')).when(please.settleConflict('c')).thenRejected('CONFLICT_NOT_FOUND');
  });

  test('the same way again changes nothing', () =>
    given(conflictRecorded('c'), conflictResolved('c', 'theirs')).when(please.settleConflict('c', 'theirs')).thenNothing());

  test('another way than it was settled is refused: the entries are not what was seen', () => {
    given(conflictRecorded('c'), conflictResolved('c', 'theirs')).when(please.settleConflict('c', 'mine')).thenRejected('CONFLICT_SETTLED');
    given(conflictRecorded('c'))
      .when(please.settleConflict('c', 'theirs'), please.settleConflict('c', 'mine'))
      .thenRejected('CONFLICT_SETTLED');
  });

  test('settles it another way once it was taken back', () =>
    given(conflictRecorded('c'), conflictResolved('c', 'theirs'), conflictReopened('c'))
      .when(please.settleConflict('c', 'mine'))
      .thenEvents(conflictResolved('c', 'mine')));

  test('does not keep a conflict from being known: the same divergence is not recorded anew', () => {
    const { decided } = given().when(please.recordConflict('f'));
    const recorded = decided.events[0]?.event;
    if (recorded?.type !== 'ConflictRecorded') throw new Error('nothing recorded');
    const { conflict } = recorded.data;
    given(recorded, { type: 'ConflictResolved', v: 1, data: { conflict, how: 'both' } })
      .when(please.recordConflict('f'))
      .thenNothing();
  });
});

describe('reopenConflict', () => {
  test('takes back the settling that was seen', () =>
    given(conflictRecorded('c'), conflictResolved('c')).when(please.reopenConflict('c', 2)).thenEvents(conflictReopened('c')));

  test('of an open conflict changes nothing', () => {
    given(conflictRecorded('c')).when(please.reopenConflict('c', 2)).thenNothing();
    given(conflictRecorded('c'), conflictResolved('c'), conflictReopened('c')).when(please.reopenConflict('c', 2)).thenNothing();
  });

  test('of a conflict that was settled anew since is refused', () => {
    given(conflictRecorded('c'), conflictResolved('c'), conflictReopened('c'), conflictResolved('c', 'mine'))
      .when(please.reopenConflict('c', 2))
      .thenRejected('CONFLICT_SETTLED');
  });

  test('of one that was never recorded is refused', () => {
    given().when(please.reopenConflict('c', 2)).thenRejected('CONFLICT_NOT_FOUND');
  });
});

describe('a settling with its contents, in one group', () => {
  /** `f` was edited on both sides: one content stands on it, the other in its copy. */
  const diverged = [fileCreated('f', 'root', 'f', 'theirs'), fileCreated('copy', 'root', 'f (conflict)', 'mine'), conflictRecorded('c')];
  const keepMine = please.group(please.settleConflict('c', 'mine'), please.putContent('f', 1, 'mine'), please.delete('copy'));

  test('keeps mine: the content of the copy comes to the entry, the copy goes', () =>
    given(...diverged)
      .when(keepMine)
      .thenEvents(conflictResolved('c', 'mine'), contentCommitted('f', 'mine'), entryDeleted('copy')));

  test('a copy is not deleted where its content could not be put: somebody edited the entry', () => {
    given(...diverged, contentCommitted('f', 'newer'))
      .when(keepMine)
      .thenRejected('CONTENT_CHANGED', { current: entryNamed('f') });
    given(...diverged, entryDeleted('f'))
      .when(keepMine)
      .thenRejected('ENTRY_DELETED');
    given(...diverged)
      .facts({ contentState: () => ({ missing: [] }) })
      .when(keepMine)
      .thenRejected('CHUNKS_MISSING');
  });

  test('nor is a copy that somebody edited since it was seen, and then nothing is put either', () => {
    given(...diverged, contentCommitted('copy', 'newer'))
      .seen(3)
      .when(keepMine)
      .thenRejected('SUBTREE_CHANGED', { names: [entryNamed('copy')] });
  });

  test('nothing is done for a conflict that somebody settled otherwise', () => {
    given(...diverged, conflictResolved('c', 'both'))
      .when(keepMine)
      .thenRejected('CONFLICT_SETTLED');
  });

  test('the same on two devices is one settling', () =>
    given(...diverged, conflictResolved('c', 'mine'), contentCommitted('f', 'mine'), entryDeleted('copy'))
      .seen(3)
      .when(keepMine)
      .thenNothing());

  test('two merges of the same conflict: the second is refused, whatever it holds', () => {
    given(...diverged, conflictResolved('c', 'merged'), contentCommitted('f', 'one merge'), entryDeleted('copy'))
      .seen(3)
      .when(please.group(please.settleConflict('c', 'merged'), please.putContent('f', 1, 'another'), please.delete('copy')))
      .thenRejected('CONTENT_CHANGED');
  });

  test('links are settled by their targets', () =>
    given(linkCreated('l', 'root', 'l', 'there'), linkCreated('copy', 'root', 'l (conflict)', 'here'), conflictRecorded('c'))
      .when(please.group(please.settleConflict('c', 'mine'), please.putTarget('l', 1, 'here'), please.delete('copy')))
      .thenEvents(conflictResolved('c', 'mine'), linkRetargeted('l', 'here'), entryDeleted('copy')));

  const kept = [...diverged, conflictResolved('c', 'mine'), contentCommitted('f', 'mine'), entryDeleted('copy')];
  const takeBack = please.group(
    please.reopenConflict('c', 4),
    please.restore('copy', 6, 'root', 'f (conflict)'),
    please.putContent('f', 5, 'theirs'),
  );

  test('is taken back: both contents stand where they stood, and the conflict is open', () =>
    given(...kept)
      .when(takeBack)
      .thenEvents(conflictReopened('c'), entryRestored('copy', 'root', 'f (conflict)'), contentCommitted('f', 'theirs')));

  test('is not taken back over an edit that was made since, nor half', () => {
    given(...kept, contentCommitted('f', 'newer'))
      .when(takeBack)
      .thenRejected('CONTENT_CHANGED');
    given(...kept, fileCreated('g', 'root', 'f (conflict)'))
      .when(takeBack)
      .thenRejected('NAME_TAKEN');
  });
});
