import { createHmac, randomBytes } from 'node:crypto';
import { release } from 'node:os';
import type { Status } from '@tidemark/ipc';
import { withJournal, type Calls, type FaceContext } from './face-context.ts';
import { VERSION } from '../version.ts';

const DECISIONS_MAX = 200;
const ISSUES_MAX = 100;

/** What helps whoever looks into a problem. Without `withPaths` names stand as short marks, the same name the same mark within one report, that lead back to no name. */
export const reportCalls = (context: FaceContext, status: () => Status): Calls<'report'> => ({
  report: async ({ withPaths }) => {
    const salt = randomBytes(16);
    const mark = (name: string): string => (name === '' ? '' : createHmac('sha256', salt).update(name).digest('hex').slice(0, 8));
    const shown = (path: string): string => (withPaths ? path : path.split('/').map(mark).join('/'));
    const { agent, server, workspaces, traffic } = status();
    const lines = [
      `Tidemark ${VERSION}, Node.js ${process.version}, ${process.platform} ${process.arch} ${release()}`,
      `at ${new Date().toISOString()}, agent ${agent.pid === null ? 'not running' : `running for ${Math.round(process.uptime())} s`}`,
      `memory ${Math.round(process.memoryUsage().rss / 1024 ** 2)} MiB, sent ${traffic.sentBytes} B, received ${traffic.receivedBytes} B`,
      `server ${server.url === null ? 'none: not linked' : server.connected ? 'connected' : 'not connected'}${withPaths && server.url !== null ? ` (${server.url})` : ''}`,
    ];
    for (const one of workspaces) {
      const { upload, download } = one.pending;
      lines.push(
        '',
        `workspace ${one.id}${withPaths ? ` "${one.name}" in ${one.folder}` : ''}: ${one.state}, at ${one.applied} of ${one.head}`,
        `  to send ${upload.entries} (${upload.bytes} B), to fetch ${download.entries} (${download.bytes} B), open conflicts ${one.conflicts}`,
      );
      for (const { path, code, message } of one.issues.slice(0, ISSUES_MAX))
        lines.push(`  issue ${code} ${shown(path)}${withPaths ? `: ${message}` : ''}`);
      if (one.issues.length > ISSUES_MAX) lines.push(`  and ${one.issues.length - ISSUES_MAX} more issues`);
      const folder = context.settings.folders().find(({ workspace }) => workspace === one.id);
      if (!folder) continue;
      // The sentences of decisions hold names.
      for (const { at, entry, path, what, rule, detail } of withJournal(context, folder, (journal) =>
        journal.decisions({ limit: DECISIONS_MAX }),
      ).toReversed())
        lines.push(
          `  ${new Date(at).toISOString()} ${entry} ${shown(path)} ${what}${rule === undefined ? '' : ` [${rule}]`}${withPaths ? ` ${detail}` : ''}`,
        );
    }
    return { text: `${lines.join('\n')}\n` };
  },
});
