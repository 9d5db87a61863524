import { describe, expect, test } from 'vitest';
import { DEPTH_MAX } from '../../limits.ts';
import { derivedId } from '../../ids.ts';
import { attributesAt, entryNamed, happened, please, ROOT } from '../../testing/fixtures.ts';
import { given } from '../../testing/given.ts';
import type { WorkspaceEvent } from '../events.ts';

const { folderCreated, fileCreated, entryMoved, entryDeleted, entryRestored, contentCommitted } = happened;
const folder = [folderCreated('d'), fileCreated('f', 'd')];

describe('delete', () => {
  test('is one event for a whole subtree', () =>
    given(...folder)
      .when(please.delete('d'))
      .thenEvents(entryDeleted('d')));

  test('of what is not live changes nothing', () => {
    given(fileCreated('f'), entryDeleted('f')).when(please.delete('f')).thenNothing();
    given(...folder, entryDeleted('d'))
      .when(please.delete('f'))
      .thenNothing();
  });

  test('of what never was is refused', () => void given().when(please.delete('f')).thenRejected('ENTRY_NOT_FOUND'));

  test('of the root folder is too much', () => void given().when(please.delete('root')).thenRejected('TOO_MUCH_DELETED'));

  test('is refused where something below got a content that the device has not seen', () => {
    given(...folder, contentCommitted('f', '2'))
      .seen(2)
      .when(please.delete('d'))
      .thenRejected('SUBTREE_CHANGED', {
        current: entryNamed('d'),
        names: [entryNamed('f')],
      });
  });

  test('is refused where something came in, by creation, by move or by restoring', () => {
    given(folderCreated('d'), fileCreated('f', 'd'))
      .seen(1)
      .when(please.delete('d'))
      .thenRejected('SUBTREE_CHANGED', { names: [entryNamed('f')] });
    given(folderCreated('d'), fileCreated('f'), entryMoved('f', 'd')).seen(2).when(please.delete('d')).thenRejected('SUBTREE_CHANGED');
    given(folderCreated('d'), fileCreated('f', 'd'), entryDeleted('f'), entryRestored('f', 'd'))
      .seen(3)
      .when(please.delete('d'))
      .thenRejected('SUBTREE_CHANGED');
  });

  test('is refused where it itself changed content or place', () => {
    given(fileCreated('f'), contentCommitted('f', '2')).seen(1).when(please.delete('f')).thenRejected('SUBTREE_CHANGED');
    given(fileCreated('f'), entryMoved('f', 'root', 'g'))
      .seen(1)
      .when(please.delete('f'))
      .thenRejected('SUBTREE_CHANGED');
  });

  test('does not mind what went out or was deleted meanwhile, nor new attributes, nor what happened elsewhere', () => {
    given(...folder, entryMoved('f', 'root'))
      .seen(2)
      .when(please.delete('d'))
      .thenEvents(entryDeleted('d'));
    given(...folder, entryDeleted('f'))
      .seen(2)
      .when(please.delete('d'))
      .thenEvents(entryDeleted('d'));
    given(...folder, happened.attributesChanged('f', attributesAt(9)))
      .seen(2)
      .when(please.delete('d'))
      .thenEvents(entryDeleted('d'));
    given(...folder, fileCreated('g'))
      .seen(2)
      .when(please.delete('d'))
      .thenEvents(entryDeleted('d'));
  });

  test('does not mind what is below something deleted in between', () =>
    given(folderCreated('d'), folderCreated('e', 'd'), fileCreated('f', 'e'), contentCommitted('f', '2'), entryDeleted('e'))
      .seen(3)
      .when(please.delete('d'))
      .thenEvents(entryDeleted('d')));

  test('what the same commit did below counts as seen, what others did does not', () => {
    given(...folder, fileCreated('g'))
      .when(please.putContent('f', 2, '2'), please.move('g', 3, 'd'), please.delete('d'))
      .thenEvents(contentCommitted('f', '2'), entryMoved('g', 'd'), entryDeleted('d'));
    given(...folder, fileCreated('g', 'd'))
      .seen(2)
      .when(please.putContent('f', 2, '2'), please.delete('d'))
      .thenRejected('SUBTREE_CHANGED', { names: [entryNamed('g')] });
  });

  test('names up to a hundred', () => {
    const files = Array.from({ length: 150 }, (_, n) => fileCreated(`f${n}`, 'd'));
    expect(
      given(folderCreated('d'), ...files)
        .seen(1)
        .when(please.delete('d'))
        .thenRejected('SUBTREE_CHANGED').names,
    ).toHaveLength(100);
  });
});

describe('restore', () => {
  test('brings an entry back to a place', () =>
    given(...folder, entryDeleted('d'))
      .when(please.restore('d', 3, 'root', 'back'))
      .thenEvents(entryRestored('d', 'root', 'back')));

  test('takes an entry out of a deleted folder, on its own live revision', () =>
    given(...folder, entryDeleted('d'))
      .when(please.restore('f', 2))
      .thenEvents(entryRestored('f')));

  test('of what is live is refused with its place', () => {
    given(fileCreated('f'))
      .when(please.restore('f', 1))
      .thenRejected('ENTRY_LIVE', { current: entryNamed('f') });
  });

  test('of what was restored and deleted again meanwhile is refused', () => {
    given(fileCreated('f'), entryDeleted('f'), entryRestored('f'), entryDeleted('f'))
      .when(please.restore('f', 2))
      .thenRejected('LIVE_CHANGED');
  });

  test('of what never was is refused', () => void given().when(please.restore('f', 1)).thenRejected('ENTRY_NOT_FOUND'));

  test('needs a live folder, a name that is one and is free', () => {
    const gone = [...folder, entryDeleted('d')];
    given(...gone)
      .when(please.restore('f', 2, 'd'))
      .thenRejected('PARENT_DELETED');
    given(...gone)
      .when(please.restore('d', 3, 'd'))
      .thenRejected('PARENT_DELETED');
    given(...gone)
      .when(please.restore('f', 2, 'e'))
      .thenRejected('PARENT_NOT_FOUND');
    given(...gone)
      .when(please.restore('f', 2, 'root', '..'))
      .thenRejected('NAME_INVALID');
    given(...gone, fileCreated('g', 'root', 'F'))
      .when(please.restore('f', 2))
      .thenRejected('NAME_TAKEN', { names: [entryNamed('g')] });
  });

  test('counts what comes back with it for the depth', () => {
    const chain = Array.from({ length: DEPTH_MAX }, (_, n) => folderCreated(`d${n + 1}`, n === 0 ? 'root' : `d${n}`));
    given(...chain, folderCreated('e'), entryDeleted('d1'))
      .when(please.restore('d1', DEPTH_MAX + 2, 'e'))
      .thenRejected('TOO_DEEP');
    given(...chain, folderCreated('e'), entryDeleted('d1'))
      .when(please.restore('d1', DEPTH_MAX + 2, 'root', 'x'))
      .thenEvents(entryRestored('d1', 'root', 'x'));
  });
});

describe('rescue', () => {
  const standInId = (entry: string, revision: number) => derivedId('stand-in', entry, BigInt(revision));
  const standIn = (of: string, revision: number, parent: string, name: string): WorkspaceEvent =>
    ({
      type: 'FolderCreated',
      v: 1,
      data: { entry: standInId(entryNamed(of), revision), parent, name, rescueOf: entryNamed(of) },
    }) as WorkspaceEvent;

  test('makes a stand-in for a deleted folder', () =>
    given(...folder, entryDeleted('d'))
      .when(please.rescue('d'))
      .thenEvents(standIn('d', 4, ROOT, 'd')));

  test('makes stand-ins for its dead ancestors too', () =>
    given(folderCreated('d'), folderCreated('e', 'd'), entryDeleted('d'))
      .when(please.rescue('e'))
      .thenEvents(standIn('d', 4, ROOT, 'd'), standIn('e', 5, standInId(entryNamed('d'), 4), 'e')));

  test('leaves living ancestors alone', () =>
    given(folderCreated('d'), folderCreated('e', 'd'), entryDeleted('e'))
      .when(please.rescue('e'))
      .thenEvents(standIn('e', 4, entryNamed('d'), 'e')));

  test('takes the conflict name where the name is taken', () => {
    const { decided } = given(folderCreated('d'), entryDeleted('d'), folderCreated('x', 'root', 'D')).when(please.rescue('d'));
    expect(decided.events).toHaveLength(1);
    expect(decided.events[0]?.event.data).toMatchObject({ name: expect.stringMatching(/^d \(conflict, Laptop, [0-9a-f]{6}\)$/) as string });
  });

  test('is silent where a stand-in lives', () =>
    given(folderCreated('d'), entryDeleted('d'), folderCreated('s', 'root', 'd', 'd'))
      .when(please.rescue('d'))
      .thenNothing());

  test('is silent where a stand-in of a stand-in lives', () =>
    given(
      folderCreated('d'),
      entryDeleted('d'),
      folderCreated('s', 'root', 'd', 'd'),
      entryDeleted('s'),
      folderCreated('t', 'root', 'd', 's'),
    )
      .when(please.rescue('d'))
      .thenNothing());

  test('makes a stand-in of the stand-in where that one died', () =>
    given(folderCreated('d'), entryDeleted('d'), folderCreated('s', 'root', 'd', 'd'), entryDeleted('s'))
      .when(please.rescue('d'))
      .thenEvents(standIn('s', 5, ROOT, 'd')));

  test('follows the latest where there are several stand-ins', () =>
    given(
      folderCreated('d'),
      entryDeleted('d'),
      folderCreated('s', 'root', 'd', 'd'),
      entryDeleted('s'),
      folderCreated('t', 'root', 'd', 'd'),
    )
      .when(please.rescue('d'))
      .thenNothing());

  test('a stand-in that was moved into what it stood in for, which then died, is not followed', () =>
    given(
      folderCreated('d'),
      entryDeleted('d'),
      folderCreated('s', 'root', 'd', 'd'),
      entryRestored('d', 'root', 'e'),
      entryMoved('s', 'd'),
      entryDeleted('d'),
    )
      .when(please.rescue('d'), please.rescue('d'))
      .thenEvents(standIn('d', 7, ROOT, 'e')));

  test('two folders whose stand-ins lie in each other are rescued all the same', () => {
    const { decided } = given(
      folderCreated('a'),
      folderCreated('b'),
      entryDeleted('a'),
      entryDeleted('b'),
      folderCreated('sa', 'root', 'sa', 'a'),
      folderCreated('sb', 'root', 'sb', 'b'),
      entryRestored('a'),
      entryRestored('b'),
      entryMoved('sa', 'b'),
      entryMoved('sb', 'a'),
      entryDeleted('a'),
      entryDeleted('b'),
    ).when(please.rescue('a'), please.rescue('b'), please.rescue('a'));
    expect(decided.outcomes.every((outcome) => outcome.accepted)).toBe(true);
    expect(decided.events.length).toBeLessThanOrEqual(3);
  });

  test('twice in one commit makes one', () =>
    given(folderCreated('d'), entryDeleted('d'))
      .when(please.rescue('d'), please.rescue('d'))
      .thenEvents(standIn('d', 3, ROOT, 'd')));

  test('is for a folder that is not live', () => {
    given(folderCreated('d')).when(please.rescue('d')).thenRejected('ENTRY_LIVE');
    given().when(please.rescue('d')).thenRejected('ENTRY_NOT_FOUND');
    given(fileCreated('f'), entryDeleted('f')).when(please.rescue('f')).thenRejected('ENTRY_NOT_FOUND');
  });
});
