import { describe, expect, test } from 'vitest';
import { endsToChoose, matterOf, wordsOfEnd } from './conflict-ends.ts';
import { CONFLICT_ENDS, type ConflictCard, type ConflictSideView } from '../conflicts.ts';

const side = (more: Partial<NonNullable<ConflictSideView>> = {}): NonNullable<ConflictSideView> => ({
  entry: 'e',
  path: 'a.txt',
  kind: 'file',
  bytes: 1,
  isDeleted: false,
  revision: '1',
  by: { person: '', device: '', deviceName: '' },
  ...more,
});
const card = (rule: string, more: Partial<ConflictCard> = {}) => ({
  rule,
  mine: side(),
  theirs: side(),
  ends: ['mine', 'theirs', 'both'] as ConflictCard['ends'],
  ...more,
});

describe('what an end of a conflict means', () => {
  test('where one side deleted it, that side deletes it after all, and the other keeps it', () => {
    const mine = card('delete-edit', { mine: side({ isDeleted: true }) });
    expect([wordsOfEnd(mine, 'mine').does, wordsOfEnd(mine, 'theirs').does]).toEqual(['Delete it after all', 'Keep it']);
    const theirs = card('move-delete', { theirs: side({ isDeleted: true }) });
    expect([wordsOfEnd(theirs, 'mine').does, wordsOfEnd(theirs, 'theirs').does]).toEqual(['Keep it', 'Delete it after all']);
    expect(wordsOfEnd(theirs, 'theirs').done).toMatch(/can be restored/);
    expect(endsToChoose(theirs)).toEqual(['mine', 'theirs']);
  });

  test('where both moved it, the places that they wanted', () => {
    const moved = card('move-move', {
      mine: side({ path: 'mine/a.txt', pathNow: 'theirs/a.txt' }),
      theirs: side({ path: 'theirs/a.txt' }),
    });
    expect(wordsOfEnd(moved, 'mine')).toEqual({ does: 'Move it to mine/a.txt', done: 'It was moved to mine/a.txt.' });
    expect(wordsOfEnd(moved, 'theirs').does).toBe('Leave it at theirs/a.txt');
  });

  test('of two contents, what is kept; and where one of the two is gone, nothing is said to be kept beside the other', () => {
    expect(CONFLICT_ENDS.map((how) => wordsOfEnd(card('edit-edit'), how).does)).toEqual([
      'Keep the copy',
      'Keep the file',
      'Keep both',
      'Take a text put together from both',
    ]);
    expect(wordsOfEnd(card('edit-edit', { mine: side({ pathNow: null }), ends: ['both'] }), 'both').does).toBe('Leave it as it is');
    expect(endsToChoose(card('edit-edit'))).toEqual(['mine', 'theirs', 'both']);
  });

  test('where there is nothing to choose, it is left as it is', () => {
    for (const rule of ['name-name', 'folder-folder', 'folder-file', 'move-cycle', 'folder-deleted-untracked-inside']) {
      expect(matterOf({ rule })).toBe('known');
      expect(endsToChoose(card(rule, { ends: ['both'] })).map((how) => wordsOfEnd(card(rule), how).does)).toEqual(['Leave it as it is']);
    }
  });
});
