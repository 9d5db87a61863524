import { describe, expect, test } from 'vitest';
import { entryNamed, happened, ROOT } from '../testing/fixtures.ts';
import { viewOf } from '../testing/given.ts';
import { depthOf, heightOf, isLive, isLiveWithin, isWithin, pathOf } from './tree.ts';

const [d, e, f] = [entryNamed('d'), entryNamed('e'), entryNamed('f')];
const events = [happened.folderCreated('d'), happened.folderCreated('e', 'd'), happened.fileCreated('f', 'e')];

describe('tree', () => {
  test('a path is for people, a depth does not count the root, a height counts the levels below', () => {
    const view = viewOf(events);
    expect([ROOT, d, f].map((id) => pathOf(view, id))).toEqual(['', 'd', 'd/e/f']);
    expect([ROOT, d, f].map((id) => depthOf(view, id))).toEqual([0, 1, 3]);
    expect([ROOT, d, f].map((id) => heightOf(view, id, 9))).toEqual([3, 2, 0]);
    expect(heightOf(view, ROOT, 1)).toBe(2);
  });

  test('what is within a deleted folder is within it and not live', () => {
    const view = viewOf([...events, happened.entryDeleted('e')]);
    expect([isLive(view, d), isLive(view, e), isLive(view, f), isLive(view, entryNamed('never'))]).toEqual([true, false, false, false]);
    expect([isWithin(view, f, d), isWithin(view, d, d), isWithin(view, d, f)]).toEqual([true, true, false]);
    expect(isLiveWithin(view, f, d)).toBe(false);
  });
});
