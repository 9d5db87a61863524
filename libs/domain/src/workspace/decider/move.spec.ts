import { describe, test } from 'vitest';
import { DEPTH_MAX } from '../../limits.ts';
import { entryNamed, happened, please } from '../../testing/fixtures.ts';
import { given } from '../../testing/given.ts';

const { folderCreated, fileCreated, entryMoved, entryDeleted } = happened;
const tower = (prefix: string, levels: number) =>
  Array.from({ length: levels }, (_, n) => folderCreated(`${prefix}${n + 1}`, n === 0 ? 'root' : `${prefix}${n}`));

describe('move', () => {
  test('to another folder, another name, or both', () => {
    given(folderCreated('d'), fileCreated('f'))
      .when(please.move('f', 2, 'd'))
      .thenEvents(entryMoved('f', 'd'));
    given(fileCreated('f'))
      .when(please.move('f', 1, 'root', 'g'))
      .thenEvents(entryMoved('f', 'root', 'g'));
    given(folderCreated('d'), fileCreated('f'))
      .when(please.move('f', 2, 'd', 'g'))
      .thenEvents(entryMoved('f', 'd', 'g'));
  });

  test('a change of case alone is a move like any other', () =>
    given(fileCreated('f', 'root', 'readme'))
      .when(please.move('f', 1, 'root', 'README'))
      .thenEvents(entryMoved('f', 'root', 'README')));

  test('to where it is changes nothing, whatever the base', () => {
    given(fileCreated('f'))
      .when(please.move('f', 0, 'root'))
      .thenNothing();
  });

  test('of an entry that has moved meanwhile is refused with where it is', () => {
    given(fileCreated('f'), entryMoved('f', 'root', 'g'))
      .when(please.move('f', 1, 'root', 'h'))
      .thenRejected('PLACE_CHANGED', { current: entryNamed('f') });
  });

  test('a new content meanwhile does not matter', () =>
    given(fileCreated('f'), happened.contentCommitted('f', '2'))
      .when(please.move('f', 1, 'root', 'g'))
      .thenEvents(entryMoved('f', 'root', 'g')));

  test('of what does not exist or is not live is refused', () => {
    given()
      .when(please.move('f', 1, 'root'))
      .thenRejected('ENTRY_NOT_FOUND');
    given(fileCreated('f'), entryDeleted('f'))
      .when(please.move('f', 1, 'root'))
      .thenRejected('ENTRY_DELETED');
    given(folderCreated('d'), fileCreated('f', 'd'), entryDeleted('d'))
      .when(please.move('f', 2, 'root'))
      .thenRejected('ENTRY_DELETED');
  });

  test('its new parent has to be a live folder', () => {
    given(fileCreated('f'))
      .when(please.move('f', 1, 'd'))
      .thenRejected('PARENT_NOT_FOUND');
    given(fileCreated('f'), fileCreated('g'))
      .when(please.move('f', 1, 'g'))
      .thenRejected('PARENT_NOT_FOUND');
    given(fileCreated('f'), folderCreated('d'), entryDeleted('d'))
      .when(please.move('f', 1, 'd'))
      .thenRejected('PARENT_DELETED');
  });

  test('its new name has to be a name and free', () => {
    given(fileCreated('f'))
      .when(please.move('f', 1, 'root', 'a/b'))
      .thenRejected('NAME_INVALID');
    given(fileCreated('f'), fileCreated('g'))
      .when(please.move('f', 1, 'root', 'G'))
      .thenRejected('NAME_TAKEN', { names: [entryNamed('g')] });
  });

  test('into itself or below itself would make a cycle', () => {
    given(folderCreated('d'))
      .when(please.move('d', 1, 'd'))
      .thenRejected('WOULD_CREATE_CYCLE');
    given(folderCreated('d'), folderCreated('e', 'd'))
      .when(please.move('d', 1, 'e'))
      .thenRejected('WOULD_CREATE_CYCLE', { current: entryNamed('d') });
  });

  test('the root folder cannot be moved', () => {
    given(folderCreated('d'))
      .when(please.move('root', 0, 'd'))
      .thenRejected('WOULD_CREATE_CYCLE');
  });

  test('twice in one commit has the same base twice: what this device itself did counts as known', () =>
    given(fileCreated('a'), fileCreated('b'))
      .when(please.move('a', 1, 'root', 'tmp'), please.move('b', 2, 'root', 'a'), please.move('a', 1, 'root', 'b'))
      .thenEvents(entryMoved('a', 'root', 'tmp'), entryMoved('b', 'root', 'a'), entryMoved('a', 'root', 'b')));

  test('twice in one commit is refused if another device had moved it before', () => {
    given(fileCreated('a'), entryMoved('a', 'root', 'theirs'))
      .when(please.move('a', 2, 'root', 'tmp'), please.move('a', 1, 'root', 'b'))
      .thenRejected('PLACE_CHANGED');
  });

  test('of what the same commit created needs no base', () =>
    given()
      .when(please.createFile('f'), please.move('f', 77, 'root', 'g'))
      .thenEvents(fileCreated('f'), entryMoved('f', 'root', 'g')));

  test('its subtree counts for the depth', () => {
    const half = DEPTH_MAX / 2;
    given(...tower('a', half), ...tower('b', half))
      .when(please.move('b1', half + 1, `a${half}`))
      .thenEvents(entryMoved('b1', `a${half}`));
    given(...tower('a', half), ...tower('b', half + 1))
      .when(please.move('b1', half + 1, `a${half}`))
      .thenRejected('TOO_DEEP');
    given(...tower('a', half), ...tower('b', half), fileCreated('f', `b${half}`))
      .when(please.move('b1', half + 1, `a${half}`))
      .thenRejected('TOO_DEEP', { current: entryNamed('b1') });
  });
});
