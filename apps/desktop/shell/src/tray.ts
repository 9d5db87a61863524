import type { Status, WorkspaceStatus } from '@tidemark/ipc';

/** More folders than these are reached through the page. */
export const TRAY_FOLDERS_MAX = 8;
const NAME_CHARACTERS_MAX = 60;

export interface TrayItem {
  readonly id: string;
  readonly text: string;
  readonly isDisabled?: boolean;
}

/** What a click asks for; the same click twice changes nothing more. */
export type TrayWish =
  { readonly type: 'show' | 'pause' | 'resume' | 'start' | 'quit' } | { readonly type: 'folder'; readonly workspace: string };

const SEPARATOR: TrayItem = { id: 'separator', text: '-' };
const FOLDER = 'folder:';

/** @param status undefined where no agent runs. */
export function trayMenu(status: Status | undefined): TrayItem[] {
  const workspaces = status?.workspaces ?? [];
  const folders = workspaces
    .slice(0, TRAY_FOLDERS_MAX)
    .map(({ id, name }) => ({ id: `${FOLDER}${id}`, text: `Open folder ${shown(name)}` }));
  return [
    { id: 'state', text: stateWords(status), isDisabled: true },
    SEPARATOR,
    { id: 'show', text: 'Open Tidemark' },
    ...folders,
    ...(status === undefined ? [{ id: 'start', text: 'Start the agent' }] : []),
    ...(workspaces.some(({ state }) => state !== 'paused') ? [{ id: 'pause', text: 'Pause syncing' }] : []),
    ...(workspaces.some(({ state }) => state === 'paused') ? [{ id: 'resume', text: 'Go on syncing' }] : []),
    SEPARATOR,
    { id: 'quit', text: 'Quit the window (syncing goes on)' },
  ];
}

export function wishOf(id: string): TrayWish | undefined {
  if (id.startsWith(FOLDER)) return { type: 'folder', workspace: id.slice(FOLDER.length) };
  switch (id) {
    case 'show':
    case 'pause':
    case 'resume':
    case 'start':
    case 'quit':
      return { type: id };
    default:
      return undefined;
  }
}

/** What needs the person first; then what keeps folders from being up to date. */
export function stateWords(status: Status | undefined): string {
  if (status === undefined) return 'The agent does not run';
  const { workspaces } = status;
  if (workspaces.length === 0) return status.server.url === null ? 'Not linked to a server yet' : 'No folder is synced yet';
  const issues = sum(workspaces, (one) => one.issues.length);
  const conflicts = sum(workspaces, (one) => one.conflicts);
  const is = (state: WorkspaceStatus['state']): boolean => workspaces.some((one) => one.state === state);
  const needs = [counted(issues, 'issue'), counted(conflicts, 'conflict')].filter((text) => text !== '').join(', ');
  const state = is('attention')
    ? 'Needs you'
    : is('offline')
      ? 'The server cannot be reached'
      : is('starting')
        ? 'Starting'
        : is('syncing')
          ? 'Syncing'
          : is('paused')
            ? 'Paused'
            : 'Up to date';
  return needs === '' ? state : `${state} · ${needs}`;
}

/** A name is somebody's text: one line, bounded, and none that the menu would take for something else. */
export function shown(name: string): string {
  const line = name.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, ' ');
  return line.length > NAME_CHARACTERS_MAX ? `${line.slice(0, NAME_CHARACTERS_MAX - 1)}…` : line;
}

export const counted = (count: number, what: string): string => (count === 0 ? '' : `${count} ${what}${count === 1 ? '' : 's'}`);
const sum = (workspaces: readonly WorkspaceStatus[], of: (one: WorkspaceStatus) => number): number =>
  workspaces.reduce((total, one) => total + of(one), 0);
