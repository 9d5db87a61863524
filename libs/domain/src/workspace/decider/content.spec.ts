import { describe, test } from 'vitest';
import { attributesAt, chunkNamed, entryNamed, happened, please } from '../../testing/fixtures.ts';
import { given } from '../../testing/given.ts';

const file = happened.fileCreated('f', 'root', 'f', '1');
const inDeleted = [happened.folderCreated('d'), happened.fileCreated('f', 'd'), happened.linkCreated('l', 'd'), happened.entryDeleted('d')];

describe('putContent', () => {
  test('commits content and attributes on the base it knew', () =>
    given(file)
      .when(please.putContent('f', 1, '2'))
      .thenEvents(happened.contentCommitted('f', '2')));

  test('a put that repeats the current content changes nothing, whatever its base', () => {
    given(file)
      .when(please.putContent('f', 0, '1'))
      .thenNothing();
    given(file, happened.contentCommitted('f', '2'))
      .when(please.putContent('f', 1, '2'))
      .thenNothing();
  });

  test('on a content that has changed meanwhile is refused with the current one', () => {
    given(file, happened.contentCommitted('f', '2'))
      .when(please.putContent('f', 1, '3'))
      .thenRejected('CONTENT_CHANGED', { current: entryNamed('f') });
  });

  test('a move or new attributes meanwhile do not matter', () =>
    given(file, happened.entryMoved('f', 'root', 'g'), happened.attributesChanged('f', attributesAt(9)))
      .when(please.putContent('f', 1, '2'))
      .thenEvents(happened.contentCommitted('f', '2')));

  test('of what does not exist, is no file, or is not live is refused', () => {
    given()
      .when(please.putContent('f', 1, '2'))
      .thenRejected('ENTRY_NOT_FOUND');
    given(happened.folderCreated('f'))
      .when(please.putContent('f', 1, '2'))
      .thenRejected('ENTRY_NOT_FOUND');
    given(file, happened.entryDeleted('f'))
      .when(please.putContent('f', 1, '2'))
      .thenRejected('ENTRY_DELETED');
    given(...inDeleted)
      .when(please.putContent('f', 2, '2'))
      .thenRejected('ENTRY_DELETED');
  });

  test('being live is judged first: the current content of a deleted file is refused too', () => {
    given(file, happened.entryDeleted('f'))
      .when(please.putContent('f', 1, '1'))
      .thenRejected('ENTRY_DELETED');
  });

  test('without its chunks is refused', () => {
    const missing = [chunkNamed('2')];
    given(file)
      .facts({ contentState: () => ({ missing }) })
      .when(please.putContent('f', 1, '2'))
      .thenRejected('CHUNKS_MISSING', { names: missing });
    given(file)
      .facts({ contentState: () => ({ invalid: 'no' }) })
      .when(please.putContent('f', 1, '2'))
      .thenRejected('CONTENT_INVALID');
  });

  test('after a restore in the same commit has the base of the tombstone', () =>
    given(file, happened.entryDeleted('f'))
      .when(please.restore('f', 2), please.putContent('f', 1, '2'))
      .thenEvents(happened.entryRestored('f'), happened.contentCommitted('f', '2')));
});

describe('putTarget', () => {
  const link = happened.linkCreated('l', 'root', 'l', 'a');
  test('is judged like putContent', () => {
    given(link)
      .when(please.putTarget('l', 1, 'b'))
      .thenEvents(happened.linkRetargeted('l', 'b'));
    given(link)
      .when(please.putTarget('l', 0, 'a'))
      .thenNothing();
    given(link, happened.linkRetargeted('l', 'b'))
      .when(please.putTarget('l', 1, 'c'))
      .thenRejected('CONTENT_CHANGED');
    given()
      .when(please.putTarget('l', 1, 'b'))
      .thenRejected('ENTRY_NOT_FOUND');
    given(happened.fileCreated('l'))
      .when(please.putTarget('l', 1, 'b'))
      .thenRejected('ENTRY_NOT_FOUND');
    given(...inDeleted)
      .when(please.putTarget('l', 3, 'b'))
      .thenRejected('ENTRY_DELETED');
    given(link)
      .when(please.putTarget('l', 1, ''))
      .thenRejected('CONTENT_INVALID');
  });
});

describe('setAttributes', () => {
  test('sets both and needs no base', () =>
    given(file, happened.contentCommitted('f', '2'))
      .when(please.setAttributes('f', attributesAt(7, true)))
      .thenEvents(happened.attributesChanged('f', attributesAt(7, true))));

  test('to what they are changes nothing', () =>
    given(file)
      .when(please.setAttributes('f', attributesAt(1)))
      .thenNothing());

  test('of what does not exist, is no file, or is not live is refused', () => {
    given()
      .when(please.setAttributes('f', attributesAt(7)))
      .thenRejected('ENTRY_NOT_FOUND');
    given(happened.folderCreated('f'))
      .when(please.setAttributes('f', attributesAt(7)))
      .thenRejected('ENTRY_NOT_FOUND');
    given(...inDeleted)
      .when(please.setAttributes('f', attributesAt(7)))
      .thenRejected('ENTRY_DELETED');
  });
});
