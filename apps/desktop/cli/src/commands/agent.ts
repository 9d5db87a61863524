import { resolve } from 'node:path';
import type { Command } from 'commander';
import { formatExplanation, formatIssue, formatStatus } from '../format/status.ts';
import { bold, shown, shownLines } from '../format/text.ts';
import { parseDuration } from '../parameters.ts';
import { chosenWorkspaces } from '../place.ts';
import type { Common, Shell } from '../shell.ts';
import { verb } from '../verb.ts';

/** The agent itself, and what it is doing. */
export function addAgentCommands(program: Command, shell: Shell): void {
  verb(program, 'agent', 'run the agent in the foreground; prints "ready" when it is', {
    more: 'The agent syncs every added folder until it is stopped (Ctrl-C, "tidemark stop"). "tidemark service install" starts it whenever you log in. One agent runs per home; its log is agent.log there.',
    examples: [['tidemark agent', 'syncs until Ctrl-C']],
  }).action(async (options: Common) => {
    const { becomeAgent } = await import('../agent-process.ts');
    shell.exitCode = await becomeAgent(await shell.home(options));
  });

  verb(program, 'stop', 'stop the running agent; what was under way goes on when it is started again', {
    examples: [['tidemark stop', 'one that the platform started stays stopped until you log in again']],
    json: true,
  }).action(async (options: Common) => {
    const { stopRunningAgent } = await import('../agent-line.ts');
    await stopRunningAgent(await shell.home(options));
    shell.tell(options, {}, () => 'No agent runs now.');
  });

  verb(program, 'status', 'show what every synced folder is doing', {
    more: '"Up to date" is proven: the folder was scanned, nothing waits to be sent or fetched, and the server has nothing newer.',
    examples: [
      ['tidemark status --watch', 'with bars on a terminal; plain lines in a file'],
      [
        "tidemark status --json | jq -r '.workspaces[] | [.name, .state] | @tsv'",
        'for scripts: idle, syncing, offline, paused, attention, starting',
      ],
    ],
    json: true,
  })
    .option('--watch', 'go on showing it, and what is synced as it happens, until Ctrl-C')
    .action(async ({ watch: isWatching = false, ...options }: Common & { watch?: boolean }) => {
      if (isWatching) {
        const { watch } = await import('../watch.ts');
        return watch(shell, options, interrupted());
      }
      const status = await shell.ask(options, 'status', {});
      shell.tell(options, status, () => formatStatus(status, shell.screen));
    });

  verb(program, 'issues', 'list what is skipped or waits, why, and what would help', {
    examples: [['tidemark issues', 'of every synced folder']],
    json: true,
  }).action(async (options: Common) => {
    const { workspaces } = await shell.ask(options, 'status', {});
    const found = workspaces.filter(({ issues }) => issues.length > 0);
    shell.tell(
      options,
      found.map(({ name, id, folder, issues }) => ({ workspace: id, name, folder, issues })),
      () =>
        found.length === 0
          ? 'Nothing is in the way.'
          : found
              .map(({ name, folder, issues }) =>
                [
                  `${bold(shown(name), shell.screen)}  ${shown(folder)}`,
                  ...issues.flatMap((issue) => formatIssue(issue, shell.screen).map((line) => `  ${line}`)),
                ].join('\n'),
              )
              .join('\n\n'),
    );
  });

  verb(program, 'explain <path>', 'say what was decided about a file, and why', {
    examples: [['tidemark explain ~/Documents/report.docx', 'the rules that were applied to it, newest last']],
    json: true,
  }).action(async (path: string, options: Common) => {
    const explanation = await shell.ask(options, 'explain', { path: resolve(path) });
    shell.tell(options, explanation, () => formatExplanation(explanation));
  });

  verb(program, 'pause [workspace]', 'stop syncing for a while; local changes are noticed and kept', {
    more: 'Without a workspace, everything. Nothing is lost meanwhile: what changes here is sent, and what changed elsewhere is fetched, afterwards.',
    examples: [
      ['tidemark pause --for 1h', 'everything; goes on by itself'],
      ['tidemark pause documents', 'one workspace, until "tidemark resume documents"'],
    ],
    json: true,
  })
    .option('--for <duration>', 'go on by itself after that: 30m, 1h, 2h30m, 1d', parseDuration)
    .action(async (workspace: string | undefined, { for: minutes, ...options }: Common & { for?: number }) => {
      const one = await oneOf(shell, options, workspace);
      await shell.ask(options, 'pause', { ...(one && { workspace: one.id }), ...(minutes !== undefined && { minutes }) });
      const what = one ? one.name : 'everything';
      const resume = one ? `tidemark resume ${one.name}` : 'tidemark resume';
      shell.tell(
        options,
        {},
        () =>
          `${what} is paused${minutes === undefined ? ` until "${resume}"` : ` for ${formatMinutes(minutes)}; "${resume}" ends it sooner`}`,
      );
    });

  verb(program, 'resume [workspace]', 'go on syncing after a pause', {
    examples: [['tidemark resume', 'everything']],
    json: true,
  }).action(async (workspace: string | undefined, options: Common) => {
    const one = await oneOf(shell, options, workspace);
    await shell.ask(options, 'resume', { ...(one && { workspace: one.id }) });
    shell.tell(options, {}, () => `${one ? one.name : 'everything'} is synced again`);
  });

  verb(program, 'report', 'print what helps whoever looks into a problem', {
    more: 'Versions, states, issues and recent decisions. Names of files and folders are left out unless you say --with-paths; secrets always are. Read it before you send it.',
    examples: [['tidemark report > report.txt', '']],
    json: true,
  })
    .option('--with-paths', 'with names of files and folders')
    .action(async ({ withPaths = false, ...options }: Common & { withPaths?: boolean }) => {
      const report = await shell.ask(options, 'report', { withPaths });
      shell.tell(options, report, () => (shell.screen.terminal ? shownLines(report.text) : report.text).trimEnd());
    });
}

async function oneOf(shell: Shell, options: Common, name: string | undefined) {
  return name === undefined ? undefined : (await chosenWorkspaces(shell, options, name))[0];
}

function formatMinutes(minutes: number): string {
  const hours = Math.floor(minutes / 60);
  const rest = minutes % 60;
  return [hours > 0 ? `${hours} h` : '', rest > 0 ? `${rest} min` : ''].filter(Boolean).join(' ');
}

function interrupted(): AbortSignal {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  return stop.signal;
}
