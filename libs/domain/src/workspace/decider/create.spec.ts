import { describe, expect, test } from 'vitest';
import { DEPTH_MAX, TARGET_BYTES_MAX } from '../../limits.ts';
import { chunkNamed, entryNamed, happened, please } from '../../testing/fixtures.ts';
import { given } from '../../testing/given.ts';
import type { WorkspaceEvent } from '../events.ts';

const deep = (levels: number): readonly WorkspaceEvent[] =>
  Array.from({ length: levels }, (_, n) => happened.folderCreated(`d${n + 1}`, n === 0 ? 'root' : `d${n}`));

describe('create', () => {
  test('makes a folder, a file, a link', () => {
    given().when(please.createFolder('d')).thenEvents(happened.folderCreated('d'));
    given().when(please.createFile('f')).thenEvents(happened.fileCreated('f'));
    given().when(please.createLink('l')).thenEvents(happened.linkCreated('l'));
  });

  test('in a folder that the same commit creates', () =>
    given()
      .when(please.createFolder('d'), please.createFile('f', 'd'))
      .thenEvents(happened.folderCreated('d'), happened.fileCreated('f', 'd')));

  test('repeating a live entry with the same id, place and content changes nothing', () => {
    given(happened.fileCreated('f')).when(please.createFile('f')).thenNothing();
    given(happened.folderCreated('d')).when(please.createFolder('d')).thenNothing();
    given(happened.linkCreated('l')).when(please.createLink('l')).thenNothing();
  });

  test('an id that lives with another place, content or kind is refused with what it is', () => {
    const refusal = { current: entryNamed('f') };
    given(happened.fileCreated('f'))
      .when(please.createFile('f', 'root', 'g', 'f'))
      .thenRejected('ENTRY_EXISTS', refusal);
    given(happened.fileCreated('f'))
      .when(please.createFile('f', 'root', 'f', 'other'))
      .thenRejected('ENTRY_EXISTS', refusal);
    given(happened.fileCreated('f')).when(please.createFolder('f')).thenRejected('ENTRY_EXISTS', refusal);
    given(happened.linkCreated('f'))
      .when(please.createLink('f', 'root', 'f', 'there'))
      .thenRejected('ENTRY_EXISTS', refusal);
  });

  test('an id that is not live any more is refused, whether by its own deletion or by an ancestor', () => {
    given(happened.fileCreated('f'), happened.entryDeleted('f')).when(please.createFile('f')).thenRejected('ENTRY_DELETED');
    given(happened.folderCreated('d'), happened.fileCreated('f', 'd'), happened.entryDeleted('d'))
      .when(please.createFile('f', 'd'))
      .thenRejected('ENTRY_DELETED');
  });

  test('a parent has to exist and be a folder', () => {
    given()
      .when(please.createFile('f', 'd'))
      .thenRejected('PARENT_NOT_FOUND', { names: [entryNamed('d')] });
    given(happened.fileCreated('g')).when(please.createFile('f', 'g')).thenRejected('PARENT_NOT_FOUND');
  });

  test('a parent has to be live, and so have all above it', () => {
    given(happened.folderCreated('d'), happened.entryDeleted('d')).when(please.createFile('f', 'd')).thenRejected('PARENT_DELETED');
    given(happened.folderCreated('d'), happened.folderCreated('e', 'd'), happened.entryDeleted('d'))
      .when(please.createFile('f', 'e'))
      .thenRejected('PARENT_DELETED', { current: entryNamed('e') });
  });

  test('a name whose key another child holds is taken', () => {
    given(happened.fileCreated('g', 'root', 'STRASSE'))
      .when(please.createFile('f', 'root', 'stra\u00dfe'))
      .thenRejected('NAME_TAKEN', {
        names: [entryNamed('g')],
      });
    given(happened.fileCreated('g', 'root', 'A'))
      .names('exact')
      .when(please.createFile('f', 'root', 'a'))
      .thenEvents(happened.fileCreated('f', 'root', 'a', 'f'));
  });

  test('the name of a deleted entry is free', () =>
    given(happened.fileCreated('g', 'root', 'x'), happened.entryDeleted('g'))
      .when(please.createFolder('f', 'root', 'x'))
      .thenEvents(happened.folderCreated('f', 'root', 'x')));

  test.each(['', '.', '..', 'a/b', 'a\0', 'e\u0301', '\ud800', 'x'.repeat(256)])('%j is no name', (name) => {
    given()
      .when(please.createFolder('f', 'root', name))
      .thenRejected('NAME_INVALID');
  });

  test('chunks that are not stored are named, up to a hundred', () => {
    const missing = Array.from({ length: 150 }, (_, n) => chunkNamed(String(n)));
    const { names } = given()
      .facts({ contentState: () => ({ missing }) })
      .when(please.createFile('f'))
      .thenRejected('CHUNKS_MISSING');
    expect(names).toEqual(missing.slice(0, 100));
  });

  test('a content whose sizes or id do not fit is refused', () => {
    given()
      .facts({ contentState: () => ({ invalid: 'no' }) })
      .when(please.createFile('f'))
      .thenRejected('CONTENT_INVALID');
  });

  test('a target is any text without NUL that fits', () => {
    given()
      .when(please.createLink('l', 'root', 'l', '../x y'))
      .thenEvents(happened.linkCreated('l', 'root', 'l', '../x y'));
    given()
      .when(please.createLink('l', 'root', 'l', ''))
      .thenRejected('CONTENT_INVALID');
    given()
      .when(please.createLink('l', 'root', 'l', 'a\0'))
      .thenRejected('CONTENT_INVALID');
    given()
      .when(please.createLink('l', 'root', 'l', 'x'.repeat(TARGET_BYTES_MAX + 1)))
      .thenRejected('CONTENT_INVALID');
  });

  test('the deepest place is held, one deeper is not', () => {
    given(...deep(DEPTH_MAX - 1))
      .when(please.createFile('f', `d${DEPTH_MAX - 1}`))
      .thenEvents(happened.fileCreated('f', `d${DEPTH_MAX - 1}`));
    given(...deep(DEPTH_MAX))
      .when(please.createFile('f', `d${DEPTH_MAX}`))
      .thenRejected('TOO_DEEP');
  });
});
