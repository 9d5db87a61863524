import { readFileSync } from 'node:fs';
import type { Answer } from '@tidemark/ipc';
import type { Command } from 'commander';
import { CommandProblem } from '../command-problem.ts';
import { entryAt } from '../entry-at.ts';
import { formatTable } from '../format/table.ts';
import { counted, shown, shownLines, type Style } from '../format/text.ts';
import { chosenWorkspaces, findPlace, PATH_HELP } from '../place.ts';
import type { Common, Shell } from '../shell.ts';
import { verb } from '../verb.ts';

/** What of a workspace this device keeps, and what is hidden from syncing. */
export function addFolderCommands(program: Command, shell: Shell): void {
  verb(program, 'choose [path]', 'choose what this device keeps; without a path, list what it leaves to the server', {
    more: `With --away the files of a folder go from this disk, and stay on the server and everywhere else; what was changed here and not sent yet stays. --keep brings them back. ${PATH_HELP}`,
    examples: [
      ['tidemark choose ~/Documents/archive --away', 'no longer on this disk'],
      ['tidemark choose documents:archive --keep', 'on this disk again'],
      ['tidemark choose', 'what is left to the server'],
    ],
    json: true,
  })
    .option('--away', 'leave it to the server')
    .option('--keep', 'keep it on this disk')
    .action(async (path: string | undefined, { away, keep, ...options }: Common & { away?: boolean; keep?: boolean }) => {
      if (path === undefined) return listScopes(shell, options);
      if ((away ?? false) === (keep ?? false)) throw new CommandProblem('usage', 'Say either --away or --keep.');
      const place = await findPlace(shell, options, path);
      const { id } = await entryAt(shell, options, place);
      const chosen = await shell.ask(options, 'choose', { workspace: place.workspace.id, entry: id, keep: keep ?? false });
      const what = shown(`${place.workspace.name}:${place.path}`);
      shell.tell(options, chosen, () =>
        keep ? `${what} is kept on this device; it comes` : `${what} is left to the server; what is unchanged goes from this disk`,
      );
    });

  const ignore = program.command('ignore').description('show what the ignore rules hide from syncing');
  verb(ignore, 'check [path]', 'say whether a path is hidden, and by which rule; without one, list what is hidden', {
    more: 'Rules are gitignore rules in .tidemarkignore, in the synced folder itself. With --rules, what other rules would hide is told before you use them.',
    examples: [
      ['tidemark ignore check ~/Documents/build/out.o', ''],
      ['tidemark ignore check --rules new-rules', 'what they would hide of what is on this disk'],
    ],
    json: true,
  })
    .option('--rules <file>', 'rules to try')
    .option('--workspace <name>', 'without a path: of this one; else of the one this folder is in; else of all')
    .action(async (path: string | undefined, { rules: file, workspace, ...options }: Common & { rules?: string; workspace?: string }) => {
      const rules = file === undefined ? undefined : readRules(file);
      const places =
        path === undefined
          ? (await chosenWorkspaces(shell, options, workspace)).map((one) => ({ workspace: one, path: undefined }))
          : [await findPlace(shell, options, path)];
      const told: (Answer<'ignoreCheck'> & { workspace: string })[] = [];
      for (const place of places) {
        const question = {
          workspace: place.workspace.id,
          ...(place.path !== undefined && { path: place.path }),
          ...(rules !== undefined && { rules }),
        };
        told.push({ workspace: place.workspace.name, ...(await shell.ask(options, 'ignoreCheck', question)) });
      }
      shell.tell(options, told, () => told.map((one) => formatHidden(one, path, shell.screen)).join('\n\n'));
    });

  verb(ignore, 'show [workspace]', 'print the ignore rules of a workspace', {
    examples: [['tidemark ignore show documents', '']],
    json: true,
  }).action(async (name: string | undefined, options: Common) => {
    const told: { workspace: string; rules: string }[] = [];
    for (const { id, name: workspace } of await chosenWorkspaces(shell, options, name))
      told.push({ workspace, ...(await shell.ask(options, 'ignoreRules', { workspace: id })) });
    shell.tell(options, told, () =>
      told
        .map(({ workspace, rules }) => {
          const text =
            rules.trim() === '' ? '# no rules: everything is synced' : (shell.screen.terminal ? shownLines(rules) : rules).trimEnd();
          return told.length > 1 ? `# ${shown(workspace)}\n${text}` : text;
        })
        .join('\n\n'),
    );
  });
}

async function listScopes(shell: Shell, options: Common): Promise<void> {
  const told: (Answer<'scope'> & { workspace: string })[] = [];
  for (const { id, name } of await chosenWorkspaces(shell, options, undefined))
    told.push({ workspace: name, ...(await shell.ask(options, 'scope', { workspace: id })) });
  shell.tell(options, told, () => {
    const left = told.flatMap(({ workspace, left }) => left.map(({ path }) => shown(`${workspace}:${path}`)));
    return left.length === 0 ? 'This device keeps everything.' : left.join('\n');
  });
}

function formatHidden(
  { workspace, hidden, more }: Answer<'ignoreCheck'> & { workspace: string },
  path: string | undefined,
  style: Style,
): string {
  if (hidden.length === 0)
    return path === undefined ? `${shown(workspace)}: nothing is hidden` : `${shown(path)} is synced: no rule hides it`;
  const [first] = hidden;
  if (path !== undefined && first) return `${shown(path)} is hidden by the rule ${shown(first.rule)}`;
  const rows = hidden.map((one) => [shown(one.rule), shown(one.path) + (one.isFolder ? '/' : '')]);
  const table = formatTable(
    [
      { title: 'rule', cuttable: true },
      { title: `hidden in ${shown(workspace)}`, cuttable: true },
    ],
    rows,
    style,
  );
  return more ? `${table}\nand more than ${counted(hidden.length, 'entry', 'entries')}` : table;
}

function readRules(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new CommandProblem('usage', `${file} cannot be read (${cause instanceof Error ? cause.message : String(cause)}).`, { cause });
  }
}
