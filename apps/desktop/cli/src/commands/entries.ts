import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { ActivityLine, EntryView, RevisionView } from '@tidemark/ipc';
import type { Command } from 'commander';
import { CommandProblem, EXIT_CODES } from '../command-problem.ts';
import { entryAt, entryOnceAt } from '../entry-at.ts';
import { formatActivities, formatEntries, formatFound, formatGot, formatRevisions, formatWorkspaces } from '../format/entries.ts';
import { shown } from '../format/text.ts';
import { firstOf, PAGE_ROWS_MAX, rowsOf } from '../pages.ts';
import { parseCount, parseRevision, parseTime } from '../parameters.ts';
import { chosenWorkspaces, findPlace, PATH_HELP, type Place, type Workspace } from '../place.ts';
import { withProgress } from '../progress.ts';
import type { Common, Shell } from '../shell.ts';
import { verb } from '../verb.ts';

const LINES_SHOWN = 50;

/** What is there, what was there, and getting it. */
export function addEntryCommands(program: Command, shell: Shell): void {
  verb(program, 'ls [path]', 'list what is in a folder, or the workspaces', {
    more: `Shows what is kept on this device; with --remote also what is on the server only. Without a path: this folder, if it is synced; else the workspaces. ${PATH_HELP}`,
    examples: [
      ['tidemark ls ~/Documents/2026', ''],
      ['tidemark ls --remote documents:2026', 'also what this device leaves to the server'],
      ['tidemark ls --remote', 'every workspace that is yours'],
    ],
    json: true,
  })
    .option('--remote', 'also what is not on this disk')
    .action(async (path: string | undefined, { remote = false, ...options }: Common & { remote?: boolean }) => {
      const place = path === undefined ? await thisFolder(shell, options) : await findPlace(shell, options, path);
      if (place) return listFolder(shell, options, place, remote);
      return listWorkspaces(shell, options, remote);
    });

  verb(program, 'find <text>', 'find entries by a part of their name', {
    more: 'In every workspace kept here, on this disk or not; in the workspace of this folder, if it is synced. Capital letters make no difference.',
    examples: [['tidemark find invoice --workspace documents', '']],
    json: true,
  })
    .option('--workspace <name>', 'in this one only')
    .option('--limit <count>', 'at most so many of each workspace', parseCount, 100)
    .action(async (text: string, { workspace, limit, ...options }: Common & { workspace?: string; limit: number }) => {
      const found: (EntryView & { workspace: string })[] = [];
      for (const { id, name } of await chosenWorkspaces(shell, options, workspace)) {
        const { entries } = await shell.ask(options, 'find', { workspace: id, text, limit: Math.min(limit, PAGE_ROWS_MAX) });
        for (const entry of entries) found.push({ ...entry, workspace: name });
      }
      shell.tell(options, found, () => formatFound(found, shell.screen));
    });

  verb(program, 'get <path>', 'put a file, or a folder with everything in it, somewhere on this disk', {
    more: `For what is not on this disk, and for how something was. What is at a place already is not replaced: a file is refused then; of a folder the rest is put there, what was in the way is listed, and the exit code is 5. Asked again, a folder goes on where it broke off. ${PATH_HELP}`,
    examples: [
      ['tidemark get documents:2026/report.docx', 'into this folder, with its name'],
      [
        'tidemark get ~/Documents/report.docx --revision 812 --to /tmp/report-old.docx',
        'as it was; "tidemark log --revisions" lists revisions',
      ],
      ['tidemark get documents:2026 --to /media/stick', 'the folder, as /media/stick/2026'],
      ['tidemark get documents: --revision 812 --to ~/then', 'everything as it was then; "tidemark log" lists revisions'],
    ],
    json: true,
  })
    .option('--revision <number>', 'as it was then; else as it is now', parseRevision)
    .option('--to <place>', 'the new file or folder, or a folder that is there, for it; else this folder')
    .action(async (path: string, { revision, to, ...options }: Common & { revision?: string; to?: string }) => {
      const place = await findPlace(shell, options, path);
      const { id, kind } = revision === undefined ? await entryAt(shell, options, place) : await entryOnceAt(shell, options, place);
      if (kind === 'link') throw new CommandProblem('usage', `${path} is a link and has no content of its own; get what it leads to.`);
      const target = targetOf(to, place.path === '' ? folderNameOf(place.workspace) : place.path);
      const question = { workspace: place.workspace.id, entry: id, to: target, ...(revision !== undefined && { revision }) };
      const got = await withProgress(shell, options, id, shell.ask(options, 'get', question));
      shell.tell(options, got, () => formatGot(got));
      if (got.folder && got.folder.leftCount > 0) shell.exitCode = EXIT_CODES.refused;
    });

  verb(program, 'log [path]', 'show who did what, when, from which device', {
    more: `Of a file, or of everything in a folder, newest first; without a path, of this folder's workspace, else of all. With --revisions: the contents that a file has had, to be used with "get" and "restore". ${PATH_HELP}`,
    examples: [
      ['tidemark log ~/Documents --since 2d', 'of the last two days'],
      ['tidemark log ~/Documents/report.docx --revisions', 'its contents, with their numbers'],
      ['tidemark log documents: --device laptop --limit 10', 'the last ten changes from one device'],
    ],
    json: true,
  })
    .option('--revisions', 'the contents that the file has had')
    .option('--device <name>', 'from this device only')
    .option('--since <when>', 'a date, or how long ago: 2026-03-01, 3d, 2h', (text) => parseTime(text))
    .option('--until <when>', 'likewise', (text) => parseTime(text))
    .option('--limit <count>', 'at most so many of each workspace', parseCount, LINES_SHOWN)
    .action(async (path: string | undefined, options: LogOptions) => {
      if (options.revisions) return showRevisions(shell, path, options);
      const places =
        path === undefined
          ? (await chosenWorkspaces(shell, options, undefined)).map((workspace) => ({ workspace, path: '' }))
          : [await findPlace(shell, options, path)];
      return showActivity(shell, places, options);
    });

  verb(program, 'restore <path>', 'bring back what was deleted, or a content that a file had', {
    more: `A deleted entry comes back where it was, with everything in it, or beside what has its name by now. With --revision the file gets the content of then as a new one; the one it has now stays in its history. ${PATH_HELP}`,
    examples: [
      ['tidemark restore ~/Documents/report.docx', 'it was deleted, and is there again, on every device'],
      ['tidemark restore ~/Documents/report.docx --revision 812', 'its content of revision 812'],
    ],
    json: true,
  })
    .option('--revision <number>', 'the content of then', parseRevision)
    .action(async (path: string, { revision, ...options }: Common & { revision?: string }) => {
      const place = await findPlace(shell, options, path);
      const found = await entryOnceAt(shell, options, place);
      if (!found.isDeleted && revision === undefined)
        throw new CommandProblem(
          'usage',
          `${path} is there. For a content that it had before, give --revision; "tidemark log ${path} --revisions" lists them.`,
        );
      const what = { workspace: place.workspace.id, entry: found.id };
      let restored = found.isDeleted ? await shell.ask(options, 'restore', what) : { path: place.path };
      if (revision !== undefined) restored = await shell.ask(options, 'restore', { ...what, revision });
      shell.tell(
        options,
        restored,
        () =>
          `${shown(`${place.workspace.name}:${restored.path}`)} is there${revision === undefined ? ' again' : ` with the content of revision ${revision}`}`,
      );
    });
}

interface LogOptions extends Common {
  readonly revisions?: boolean;
  readonly device?: string;
  readonly since?: number;
  readonly until?: number;
  readonly limit: number;
}

async function thisFolder(shell: Shell, options: Common): Promise<Place | undefined> {
  return findPlace(shell, options, '.').catch((error: unknown) => {
    if (error instanceof CommandProblem) return undefined;
    throw error;
  });
}

async function listFolder(shell: Shell, options: Common, place: Place, isRemote: boolean): Promise<void> {
  const entry = await entryAt(shell, options, place);
  const entries = entry.kind === 'folder' ? await childrenOf(shell, options, place.workspace, entry) : [entry];
  const shownOnes = isRemote ? entries : entries.filter(({ presence }) => presence !== 'away');
  const hidden = entries.length - shownOnes.length;
  shell.tell(options, { workspace: place.workspace.id, name: place.workspace.name, path: place.path, entries: shownOnes }, () => {
    const table = formatEntries(shownOnes, shell.screen);
    return hidden === 0 ? table : `${table}\n${hidden} more on the server only: --remote`;
  });
}

async function childrenOf(shell: Shell, options: Common, workspace: Workspace, folder: EntryView): Promise<readonly EntryView[]> {
  const rows = rowsOf(async (after) => {
    const parent = folder.parent === null ? {} : { parent: folder.id };
    const question = { workspace: workspace.id, ...parent, limit: PAGE_ROWS_MAX, ...(after !== undefined && { after }) };
    const { entries, more } = await shell.ask(options, 'entries', question);
    return { rows: entries, next: more ? entries.at(-1)?.name : undefined };
  });
  return firstOf(rows, Infinity);
}

async function listWorkspaces(shell: Shell, options: Common, isRemote: boolean): Promise<void> {
  const workspaces = isRemote ? (await shell.ask(options, 'workspaces', {})).workspaces : await chosenWorkspaces(shell, options, undefined);
  const none = `${isRemote ? 'There is no workspace yet' : 'No folder is synced here yet'}; add one with: tidemark add <folder> --workspace <name>`;
  shell.tell(options, { workspaces }, () => (workspaces.length === 0 ? none : formatWorkspaces([...workspaces], shell.screen)));
}

/** A workspace may have any name. */
const folderNameOf = ({ name }: Workspace): string => name.replaceAll(/[\\/:]/gu, '-').replace(/^\.+/u, '') || 'workspace';

function targetOf(to: string | undefined, path: string): string {
  const name = path.split('/').at(-1) ?? path;
  const target = resolve(to ?? '.');
  return to === undefined || isFolder(target) ? join(target, name) : target;
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

async function showRevisions(shell: Shell, path: string | undefined, options: LogOptions): Promise<void> {
  if (path === undefined) throw new CommandProblem('usage', 'Say of which file: tidemark log <path> --revisions');
  const place = await findPlace(shell, options, path);
  const { id } = await entryOnceAt(shell, options, place);
  const rows = rowsOf<RevisionView>(async (before) => {
    const question = { workspace: place.workspace.id, entry: id, limit: Math.min(options.limit, PAGE_ROWS_MAX) };
    const { revisions, more } = await shell.ask(options, 'revisions', { ...question, ...(before !== undefined && { before }) });
    return { rows: revisions, next: more ? revisions.at(-1)?.revision : undefined };
  });
  const revisions = await firstOf(rows, options.limit);
  shell.tell(options, { workspace: place.workspace.id, path: place.path, entry: id, revisions }, () =>
    formatRevisions(revisions, shell.screen),
  );
}

async function showActivity(shell: Shell, places: readonly Place[], options: LogOptions): Promise<void> {
  const lines: (ActivityLine & { workspace: string })[] = [];
  for (const { workspace, path } of places) {
    const device = options.device === undefined ? undefined : await deviceOf(shell, options, workspace, options.device);
    const asked = {
      workspace: workspace.id,
      limit: Math.min(options.limit, PAGE_ROWS_MAX),
      ...(path !== '' && { path }),
      ...(device !== undefined && { device }),
      ...(options.since !== undefined && { since: options.since }),
      ...(options.until !== undefined && { until: options.until }),
    };
    const rows = rowsOf<ActivityLine>(async (before) => {
      const page = await shell.ask(options, 'activity', { ...asked, ...(before !== undefined && { before }) });
      return { rows: page.lines, next: page.more ? page.lines.at(-1)?.revision : undefined };
    });
    for (const line of await firstOf(rows, options.limit)) lines.push({ ...line, workspace: workspace.name });
  }
  const named = lines.map((line) => (places.length > 1 ? { ...line, path: `${line.workspace}:${line.path}` } : line));
  shell.tell(options, lines, () => formatActivities(named, shell.screen));
}

async function deviceOf(shell: Shell, options: Common, workspace: Workspace, name: string): Promise<string> {
  const { devices } = await shell.ask(options, 'devices', { workspace: workspace.id });
  const found = devices.find((one) => one.name === name || one.device === name);
  if (found) return found.device;
  throw new CommandProblem('failed', `${workspace.name} has no device ${name}; "tidemark devices" lists them.`);
}
