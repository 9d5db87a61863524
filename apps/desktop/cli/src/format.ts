import type { ActivityNotice, Explanation, Status, TransfersNotice, WorkspaceStatus } from '@tidemark/ipc';

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
const BAR_CELLS = 24;
const ARROWS = { up: '↑', down: '↓', local: '·' } as const;

export interface FormatOptions {
  /** Colours and bars: a terminal shows this, not a file. */
  readonly terminal: boolean;
}

export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${UNITS[unit]}`;
}

const STATE_WORDS: Record<WorkspaceStatus['state'], string> = {
  starting: 'starting: looking at the folder',
  idle: 'up to date',
  syncing: 'syncing',
  offline: 'offline: the server cannot be reached; local changes are kept and sent later',
  paused: 'paused',
  attention: 'needs you: see below',
};
const STATE_COLOURS: Record<WorkspaceStatus['state'], number> = {
  starting: 36,
  idle: 32,
  syncing: 36,
  offline: 33,
  paused: 33,
  attention: 31,
};

/** One block per workspace, then the line to the server. */
export function formatStatus(status: Status, options: FormatOptions, most: ReadonlyMap<string, number> = new Map()): string {
  const blocks = status.workspaces.map((workspace) => formatWorkspace(workspace, options, most.get(workspace.id)));
  if (blocks.length === 0 && status.server.url !== null)
    blocks.push('No folder is synced yet; add one with: tidemark add <folder> --workspace <name>');
  return [...blocks, formatAgent(status)].join('\n\n');
}

/** @param most the most that was pending since the workspace began to sync, bytes: what the bar is a part of. */
function formatWorkspace(workspace: WorkspaceStatus, { terminal }: FormatOptions, most: number | undefined): string {
  const { upload, download } = workspace.pending;
  const lines = [
    `${bold(workspace.name, terminal)}  ${workspace.folder}`,
    `  ${colour(STATE_WORDS[workspace.state], STATE_COLOURS[workspace.state], terminal)}`,
  ];
  if (upload.entries > 0) lines.push(`  ↑ ${counted(upload.entries, 'entry', 'entries')} to send, ${formatBytes(upload.bytes)}`);
  if (download.entries > 0) lines.push(`  ↓ ${counted(download.entries, 'entry', 'entries')} to fetch, ${formatBytes(download.bytes)}`);
  const left = upload.bytes + download.bytes;
  if (terminal && workspace.state === 'syncing' && most !== undefined && most > 0) lines.push(`  ${formatBar(1 - left / most)}`);
  if (workspace.head !== workspace.applied && workspace.head >= 0) lines.push(`  revision ${workspace.applied} of ${workspace.head}`);
  if (workspace.conflicts > 0) lines.push(`  ${counted(workspace.conflicts, 'conflict', 'conflicts')} to look at`);
  for (const { path, message, nextStep } of workspace.issues) {
    lines.push(`  ! ${path === '' ? '' : `${path}: `}${message}`);
    if (nextStep !== '') lines.push(`    → ${nextStep}`);
  }
  return lines.join('\n');
}

function formatAgent({ agent, server, traffic }: Status): string {
  const line =
    server.url === null
      ? 'This device is not linked; link it with: tidemark link <server-url> --code <code>'
      : `Server ${server.url}: ${server.connected ? 'connected' : 'not connected'}`;
  const running = agent.pid === null ? 'No agent runs; start it with: tidemark agent' : `Agent ${agent.version}, process ${agent.pid}`;
  return `${line}\n${running} · sent ${formatBytes(traffic.sentBytes)}, received ${formatBytes(traffic.receivedBytes)}`;
}

export function formatBar(part: number): string {
  const bounded = Math.min(1, Math.max(0, part));
  const full = Math.round(bounded * BAR_CELLS);
  return `[${'█'.repeat(full)}${'░'.repeat(BAR_CELLS - full)}] ${Math.floor(bounded * 100)} %`;
}

/** A status on one line per workspace, for a log. */
export const formatStatusLine = ({ name, state, applied, head, pending, issues, conflicts }: WorkspaceStatus): string =>
  `${name}: ${state}, revision ${applied} of ${head}, up ${pending.upload.entries} (${formatBytes(pending.upload.bytes)}), ` +
  `down ${pending.download.entries} (${formatBytes(pending.download.bytes)}), issues ${issues.length}, conflicts ${conflicts}`;

export const formatActivity = ({ at, workspace, direction, path, what }: ActivityNotice): string =>
  `${new Date(at).toLocaleTimeString('en-GB')} ${ARROWS[direction]} ${workspace}/${path} ${what}`;

export const formatTransfer = ({ direction, path, bytes, doneBytes }: TransfersNotice['transfers'][number]): string =>
  `${ARROWS[direction]} ${formatBar(bytes === 0 ? 1 : doneBytes / bytes)} ${formatBytes(doneBytes)} of ${formatBytes(bytes)}  ${path}`;

export function formatExplanation(explanation: Explanation): string {
  const lines = [`${explanation.path} in ${explanation.workspace} (${explanation.folder})`, explanation.now];
  if (explanation.decisions.length === 0) lines.push('Nothing was decided about it yet.');
  for (const { at, what, rule, detail, path } of explanation.decisions) {
    const elsewhere = path === explanation.path ? '' : ` (as ${path})`;
    lines.push(`  ${new Date(at).toISOString()}  ${what}${rule === undefined ? '' : ` [${rule}]`}${elsewhere}: ${detail}`);
  }
  return lines.join('\n');
}

const counted = (count: number, one: string, many: string): string => `${count} ${count === 1 ? one : many}`;
const bold = (text: string, terminal: boolean): string => (terminal ? `\u001b[1m${text}\u001b[22m` : text);
const colour = (text: string, code: number, terminal: boolean): string => (terminal ? `\u001b[${code}m${text}\u001b[39m` : text);
