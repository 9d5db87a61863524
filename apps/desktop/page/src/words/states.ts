import type { EntryView, Status, WorkspaceStatus } from '@tidemark/ipc';
import { counted, showBytes, showCount } from './amounts.ts';

/** What a state looks like: one colour and one icon for each. */
export type Tone = 'good' | 'move' | 'warn' | 'bad' | 'calm';

export interface StateWords {
  readonly tone: Tone;
  readonly short: string;
  /** One sentence: how it stands, and what happens next. */
  readonly long: string;
}

/** How a workspace stands, in the words of a person. `up to date` is said only of what is proven. */
export function wordsOf(workspace: WorkspaceStatus, face: Status['face'] = 'agent'): StateWords {
  const { state, head, applied, issues } = workspace;
  if (face === 'server')
    return {
      tone: 'calm',
      short: 'On the server',
      long: 'Everything that your devices have sent can be looked at here; this browser keeps nothing.',
    };
  switch (state) {
    case 'idle':
      return {
        tone: 'good',
        short: 'Up to date',
        long: `Proven: the folder was looked through, nothing waits, and every change up to ${showCount(head)} is here.`,
      };
    case 'syncing':
      return { tone: 'move', short: 'Syncing', long: pendingWords(workspace) };
    case 'starting':
      return { tone: 'calm', short: 'Looking', long: 'Looking through the folder to see what has changed since last time.' };
    case 'offline':
      return {
        tone: 'warn',
        short: 'Offline',
        long: 'The server cannot be reached. What you change is kept here, and sent when it is back.',
      };
    case 'paused':
      return {
        tone: 'warn',
        short: 'Paused',
        long: `Changes are noticed and kept, and nothing travels until you resume.${applied < head ? ` ${behindWords(workspace)}` : ''}`,
      };
    case 'attention':
      return {
        tone: 'bad',
        short: 'Needs you',
        long:
          issues.length > 0
            ? `${counted(issues.length, 'thing')} cannot go on without you. All else is in step.`
            : 'Something here cannot go on without you.',
      };
  }
}

function pendingWords(workspace: WorkspaceStatus): string {
  const { upload, download } = workspace.pending;
  const parts = [
    download.entries > 0 ? `${counted(download.entries, 'entry', 'entries')} to receive (${showBytes(download.bytes)})` : '',
    upload.entries > 0 ? `${counted(upload.entries, 'entry', 'entries')} to send (${showBytes(upload.bytes)})` : '',
  ].filter(Boolean);
  return parts.length > 0 ? `${parts.join(', ')}.` : behindWords(workspace);
}

const behindWords = ({ head, applied }: WorkspaceStatus): string =>
  head > applied && applied >= 0 ? `${counted(head - applied, 'change')} to take over.` : 'Taking over the latest changes.';

/** The one sentence over everything. */
export function overallWords({ face, server, workspaces }: Status): StateWords {
  const named = (state: WorkspaceStatus['state']): readonly WorkspaceStatus[] => workspaces.filter((one) => one.state === state);
  const [attention, syncing, starting, paused] = [named('attention'), named('syncing'), named('starting'), named('paused')];
  const offline = named('offline');
  const conflicts = workspaces.reduce((sum, one) => sum + one.conflicts, 0);
  if (face === 'server') return serverWords(workspaces, conflicts);
  if (workspaces.length === 0)
    return { tone: 'calm', short: 'No folder is kept here yet', long: 'Choose one, and it is the same on all your devices from then on.' };
  if (workspaces.some(({ issues }) => issues.some(({ code }) => code === 'DEVICE_UNLINKED')))
    return {
      tone: 'bad',
      short: 'This device was unlinked',
      long: 'It syncs no more, and its files stay where they are. A code from another device, or from the server, links it again.',
    };
  if (!server.connected || offline.length === workspaces.length)
    return {
      tone: 'warn',
      short: 'The server is out of reach',
      long: 'Go on working: every change is kept here, and sent by itself when the server is back.',
    };
  if (attention.length > 0)
    return {
      tone: 'bad',
      short: `${listed(attention.map((one) => one.name))} ${attention.length === 1 ? 'needs' : 'need'} you`,
      long: 'Some entries wait for a decision. Nothing is lost meanwhile, and all else goes on.',
    };
  if (syncing.length + starting.length > 0)
    return {
      tone: 'move',
      short: 'The tide is coming in',
      long: `${listed([...syncing, ...starting].map((one) => one.name))}: changes are on their way.`,
    };
  if (offline.length > 0)
    return {
      tone: 'warn',
      short: `${listed(offline.map((one) => one.name))} ${offline.length === 1 ? 'is' : 'are'} offline`,
      long: 'Its changes are kept here, and sent when the server has it again.',
    };
  if (conflicts > 0) return conflictWords(conflicts);
  if (paused.length > 0)
    return {
      tone: 'warn',
      short: `${listed(paused.map((one) => one.name))} ${paused.length === 1 ? 'is' : 'are'} paused`,
      long: 'Changes are noticed and kept, and nothing travels until you resume.',
    };
  return {
    tone: 'good',
    short: 'Everything is up to date',
    long: `Proven for ${counted(workspaces.length, 'workspace')}: looked through, nothing waits, every change is here.`,
  };
}

const conflictWords = (conflicts: number): StateWords => ({
  tone: 'warn',
  short: `${counted(conflicts, 'conflict')} to look at`,
  long: 'Nothing was lost; choose when you like.',
});

/** What a browser can say: nothing is proven of any disk here. */
function serverWords(workspaces: Status['workspaces'], conflicts: number): StateWords {
  if (workspaces.length === 0)
    return { tone: 'calm', short: 'No workspace is yours yet', long: 'One comes to be when a device with a disk adds a folder.' };
  if (conflicts > 0) return conflictWords(conflicts);
  return {
    tone: 'good',
    short: `${counted(workspaces.length, 'workspace')} on the server`,
    long: 'What your devices have sent. Look around, download, and restore what was deleted; whether a device has everything is said under its name.',
  };
}

export function listed(names: readonly string[]): string {
  if (names.length < 2) return names.join('');
  if (names.length > 3) return `${names.slice(0, 2).join(', ')} and ${names.length - 2} more`;
  return `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

export const PRESENCE_WORDS: Record<EntryView['presence'], { tone: Tone; short: string; long: string }> = {
  here: { tone: 'good', short: 'On this device', long: 'It is on this disk, and opens without a network.' },
  coming: { tone: 'move', short: 'On its way', long: 'It is being fetched; it shows up in the folder when it is whole.' },
  away: { tone: 'calm', short: 'On the server only', long: 'You left it out on this device. Download it, or keep it here.' },
  parked: { tone: 'bad', short: 'Waits', long: 'Something is in its way; the issues say what, and what helps.' },
};
