import { describe, expect, test } from 'vitest';
import { WORKSPACE_STATES, type Status, type WorkspaceStatus } from '@tidemark/ipc';
import { listed, overallWords, wordsOf } from './states.ts';

const workspace = (change: Partial<WorkspaceStatus> = {}): WorkspaceStatus => ({
  name: 'Documents',
  id: 'w',
  folder: '/d',
  state: 'idle',
  head: 12_345,
  applied: 12_345,
  pending: { upload: { entries: 0, bytes: 0 }, download: { entries: 0, bytes: 0 } },
  issues: [],
  conflicts: 0,
  ...change,
});
const status = (workspaces: WorkspaceStatus[], connected = true): Status => ({
  agent: { pid: 1, version: '0' },
  server: { url: 'https://s', connected },
  workspaces,
  traffic: { sentBytes: 0, receivedBytes: 0 },
});

describe('states in the words of a person', () => {
  test('every state has words, and none of them is just “error”', () => {
    for (const state of WORKSPACE_STATES) {
      const { short, long } = wordsOf(workspace({ state }));
      expect(short).not.toBe('');
      expect(`${short} ${long}`).not.toMatch(/error/i);
    }
  });
  test('only what is idle is called up to date', () => {
    expect(WORKSPACE_STATES.filter((state) => /up to date/i.test(wordsOf(workspace({ state })).short))).toEqual(['idle']);
  });
  test('what is pending is told by direction, and nothing else is', () => {
    const pending = { upload: { entries: 1, bytes: 2048 }, download: { entries: 0, bytes: 0 } };
    expect(wordsOf(workspace({ state: 'syncing', pending })).long).toBe('1 entry to send (2.0 KiB).');
  });
});

describe('the one sentence over everything', () => {
  test('is good only if every workspace is', () => {
    expect(overallWords(status([workspace(), workspace()])).tone).toBe('good');
    for (const state of WORKSPACE_STATES.filter((one) => one !== 'idle'))
      expect(overallWords(status([workspace(), workspace({ state })])).tone).not.toBe('good');
    expect(overallWords(status([workspace({ conflicts: 1 })])).tone).not.toBe('good');
  });
  test('without a server it does not claim anything', () => expect(overallWords(status([workspace()], false)).tone).toBe('warn'));
  test('who needs the person comes before what is merely moving', () => {
    const words = overallWords(status([workspace({ state: 'syncing' }), workspace({ name: 'Photos', state: 'attention' })]));
    expect(words.short).toBe('Photos needs you');
  });
  test('names are listed as one reads them', () => {
    expect([listed(['A']), listed(['A', 'B']), listed(['A', 'B', 'C']), listed(['A', 'B', 'C', 'D'])]).toEqual([
      'A',
      'A and B',
      'A, B and C',
      'A, B and 2 more',
    ]);
  });
});

describe('at a server, seen from a browser', () => {
  test('nothing is claimed of any disk, whatever state a workspace is said to be in', () => {
    for (const state of WORKSPACE_STATES) {
      expect(wordsOf(workspace({ state }), 'server').short).toBe('On the server');
      const { short, long } = overallWords({ ...status([workspace({ state })]), face: 'server' });
      expect(`${short} ${long}`).not.toMatch(/up to date|proven|this device/i);
    }
  });
  test('conflicts are told as everywhere, and nobody is asked to choose a folder', () => {
    expect(overallWords({ ...status([workspace({ conflicts: 2 })]), face: 'server' }).short).toBe('2 conflicts to look at');
    expect(overallWords({ ...status([]), face: 'server' }).long).not.toMatch(/choose/i);
  });
});
