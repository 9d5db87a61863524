import type { ActivityNotice, Explanation, Issue, Status, TransfersNotice, WorkspaceStatus } from '@tidemark/ipc';
import { showBytes } from '@tidemark/ipc/words';
import { bold, colour, counted, formatBar, shown, type Colour, type Style } from './text.ts';

const ARROWS = { up: '↑', down: '↓', local: '·' } as const;

const STATE_WORDS: Record<WorkspaceStatus['state'], string> = {
  starting: 'starting: looking at the folder',
  idle: 'up to date',
  syncing: 'syncing',
  offline: 'offline: the server cannot be reached; local changes are kept and sent later',
  paused: 'paused',
  attention: 'needs you: see below',
};
const STATE_COLOURS: Record<WorkspaceStatus['state'], Colour> = {
  starting: 'cyan',
  idle: 'green',
  syncing: 'cyan',
  offline: 'yellow',
  paused: 'yellow',
  attention: 'red',
};

/** One block per workspace, then the line to the server. */
export function formatStatus(status: Status, style: Style, most: ReadonlyMap<string, number> = new Map()): string {
  const blocks = status.workspaces.map((workspace) => formatWorkspace(workspace, style, most.get(workspace.id)));
  if (blocks.length === 0 && status.server.url !== null)
    blocks.push('No folder is synced yet; add one with: tidemark add <folder> --workspace <name>');
  return [...blocks, formatAgent(status)].join('\n\n');
}

/** @param most the most that was pending since the workspace began to sync, bytes: what the bar is a part of. */
function formatWorkspace(workspace: WorkspaceStatus, style: Style, most: number | undefined): string {
  const { upload, download } = workspace.pending;
  const lines = [
    `${bold(shown(workspace.name), style)}  ${shown(workspace.folder)}`,
    `  ${colour(STATE_WORDS[workspace.state], STATE_COLOURS[workspace.state], style)}`,
  ];
  if (upload.entries > 0) lines.push(`  ↑ ${counted(upload.entries, 'entry', 'entries')} to send, ${showBytes(upload.bytes)}`);
  if (download.entries > 0) lines.push(`  ↓ ${counted(download.entries, 'entry', 'entries')} to fetch, ${showBytes(download.bytes)}`);
  const left = upload.bytes + download.bytes;
  if (style.terminal && workspace.state === 'syncing' && most !== undefined && most > 0) lines.push(`  ${formatBar(1 - left / most)}`);
  if (workspace.head !== workspace.applied && workspace.head >= 0) lines.push(`  revision ${workspace.applied} of ${workspace.head}`);
  if (workspace.conflicts > 0) lines.push(`  ${counted(workspace.conflicts, 'conflict', 'conflicts')} to look at`);
  for (const issue of workspace.issues) lines.push(...formatIssue(issue, style).map((line) => `  ${line}`));
  return lines.join('\n');
}

/** What is in the way, and what would help. */
export function formatIssue({ path, message, nextStep }: Issue, style: Style): string[] {
  const what = `${colour('!', 'yellow', style)} ${path === '' ? '' : `${shown(path)}: `}${shown(message)}`;
  return nextStep === '' ? [what] : [what, `  → ${shown(nextStep)}`];
}

function formatAgent({ agent, server, traffic }: Status): string {
  const line =
    server.url === null
      ? 'This device is not linked; link it with: tidemark link <server-url> --code <code>'
      : `Server ${server.url}: ${server.connected ? 'connected' : 'not connected'}`;
  const running = agent.pid === null ? 'No agent runs; start it with: tidemark agent' : `Agent ${agent.version}, process ${agent.pid}`;
  return `${line}\n${running} · sent ${showBytes(traffic.sentBytes)}, received ${showBytes(traffic.receivedBytes)}`;
}

/** A status on one line per workspace, for a log. */
export const formatStatusLine = ({ name, state, applied, head, pending, issues, conflicts }: WorkspaceStatus): string =>
  `${shown(name)}: ${state}, revision ${applied} of ${head}, up ${pending.upload.entries} (${showBytes(pending.upload.bytes)}), ` +
  `down ${pending.download.entries} (${showBytes(pending.download.bytes)}), issues ${issues.length}, conflicts ${conflicts}`;

export const formatActivity = ({ at, workspace, direction, path, what }: ActivityNotice): string =>
  `${new Date(at).toLocaleTimeString('en-GB')} ${ARROWS[direction]} ${shown(`${workspace}/${path}`)} ${shown(what)}`;

export const formatTransfer = ({ direction, path, bytes, doneBytes }: TransfersNotice['transfers'][number]): string =>
  `${ARROWS[direction]} ${formatBar(bytes === 0 ? 1 : doneBytes / bytes)} ${showBytes(doneBytes)} of ${showBytes(bytes)}  ${shown(path)}`;

export function formatExplanation(explanation: Explanation): string {
  const lines = [`${shown(explanation.path)} in ${shown(explanation.workspace)} (${shown(explanation.folder)})`, shown(explanation.now)];
  if (explanation.decisions.length === 0) lines.push('Nothing was decided about it yet.');
  for (const { at, what, rule, detail, path } of explanation.decisions) {
    const elsewhere = path === explanation.path ? '' : ` (as ${shown(path)})`;
    lines.push(
      `  ${new Date(at).toISOString()}  ${shown(what)}${rule === undefined ? '' : ` [${shown(rule)}]`}${elsewhere}: ${shown(detail)}`,
    );
  }
  return lines.join('\n');
}
