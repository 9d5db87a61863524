import type { Status, WorkspaceStatus } from '@tidemark/ipc';
import { describe, expect, test } from 'vitest';
import { stateWords, trayMenu, TRAY_FOLDERS_MAX, wishOf } from './tray.ts';
import { invented, statusOf } from './testing/invented.ts';

const ids = (status: Status | undefined) => trayMenu(status).map(({ id }) => id);
const words = (...workspaces: Partial<WorkspaceStatus>[]) => stateWords(statusOf(...workspaces.map(invented)));

describe('the tray', () => {
  test('says how things are: what needs the person first, and never up to date while something else is true', () => {
    expect(words({ state: 'idle' })).toBe('Up to date');
    expect(words({ state: 'idle' }, { state: 'syncing' })).toBe('Syncing');
    expect(words({ state: 'paused' }, { state: 'idle' })).toBe('Paused');
    expect(words({ state: 'syncing' }, { state: 'offline' })).toBe('The server cannot be reached');
    expect(words({ state: 'offline' }, { state: 'attention' })).toBe('Needs you');
    const issue = { path: 'a', code: 'C', message: 'm', nextStep: 'n' };
    expect(words({ state: 'idle', conflicts: 1 }, { state: 'idle', issues: [issue, issue] })).toBe('Up to date · 2 issues, 1 conflict');
    expect(stateWords(undefined)).toBe('The agent does not run');
    expect(words()).toBe('No folder is synced yet');
    expect(stateWords({ ...statusOf(), server: { url: null, connected: false } })).toBe('Not linked to a server yet');
  });

  test('offers what can be done now: to pause what syncs, to go on with what is paused, to start an agent where none runs', () => {
    expect(ids(statusOf(invented({ id: 'w', state: 'idle' })))).toEqual([
      'state',
      'separator',
      'show',
      'folder:w',
      'pause',
      'separator',
      'quit',
    ]);
    expect(ids(statusOf(invented({ id: 'w', state: 'paused' })))).toContain('resume');
    expect(ids(statusOf(invented({ id: 'w', state: 'paused' })))).not.toContain('pause');
    expect(ids(undefined)).toEqual(['state', 'separator', 'show', 'start', 'separator', 'quit']);
  });

  test('has room for some folders; names stay on one line', () => {
    const many = Array.from({ length: TRAY_FOLDERS_MAX + 3 }, (_, at) => invented({ id: String(at), name: `a\nb${'x'.repeat(100)}` }));
    const folders = trayMenu(statusOf(...many)).filter(({ id }) => id.startsWith('folder:'));
    expect(folders).toHaveLength(TRAY_FOLDERS_MAX);
    expect(folders[0]?.text).toMatch(/^Open folder a bx+…$/);
  });

  test('a click is one of its own items, or nothing', () => {
    expect(wishOf('folder:w')).toEqual({ type: 'folder', workspace: 'w' });
    expect(wishOf('pause')).toEqual({ type: 'pause' });
    expect(wishOf('state')).toBeUndefined();
    expect(wishOf('constructor')).toBeUndefined();
  });
});
