import { readFileSync } from 'node:fs';
import { text as readAll } from 'node:stream/consumers';
import type { ConflictCard, ConflictEnd } from '@tidemark/ipc';
import { Argument, Option, type Command } from 'commander';
import { CommandProblem } from '../command-problem.ts';
import { formatConflicts, type NumberedConflict } from '../format/conflicts.ts';
import { chosenWorkspaces, type Workspace } from '../place.ts';
import type { Common, Shell } from '../shell.ts';
import { verb } from '../verb.ts';

const ENDS: readonly ConflictEnd[] = ['mine', 'theirs', 'both', 'merged'];

/** The agent tells of the newest only where there are as many; what is the oldest is not known then. */
const CONFLICTS_TOLD_MAX = 5_000;

interface ConflictOptions extends Common {
  readonly workspace?: string;
}

/** Seeing conflicts, settling them, and taking that back. */
export function addConflictCommands(program: Command, shell: Shell): void {
  const conflicts = verb(program, 'conflicts', 'list conflicts, and settle them', {
    more: 'Whatever is done, or not, both contents stay: in the folder, or in the history. "mine" is what the device that met the conflict had, and lies beside the file as its conflict copy; "theirs" is what came first. A conflict keeps its number for ever.',
    examples: [
      ['tidemark conflicts', 'that are open, with what each side has'],
      ['tidemark conflicts settle 3 theirs', 'number 3: the file stays, the copy goes'],
      ['tidemark conflicts settle 3 merged --text merged.txt', 'both sides brought together by you'],
      ['tidemark conflicts unsettle 3', 'as it was before'],
    ],
    json: true,
  })
    .addOption(workspaceOption())
    .option('--all', 'settled ones too')
    .action(async ({ all: isAll = false, workspace, ...options }: ConflictOptions & { all?: boolean }) => {
      const workspaces = await chosenWorkspaces(shell, options, workspace);
      const found = (await conflictsOf(shell, options, workspaces)).filter(({ card }) => isAll || card.settled === null);
      const told = found.map(({ card, number, workspace: { id, name } }) => ({ number, workspace: id, workspaceName: name, ...card }));
      shell.tell(options, told, () => formatConflicts(found, workspaces.length > 1, shell.screen));
    });

  verb(conflicts, 'settle <conflict>', 'settle a conflict; can be taken back with "unsettle"', {
    more: 'The conflict is named by its number, by workspace:number where several workspaces are kept, or by its id. "mine": the conflict copy becomes the file. "theirs": the file stays. "both": both stay as they are. "merged": a text becomes the file. Where one side deleted it, that side deletes it after all, and the other keeps it; where both moved it, each side is a place. What goes is deleted, not lost: "tidemark restore".',
    examples: [
      ['tidemark conflicts settle 3 mine', ''],
      ['tidemark conflicts settle documents:3 both', ''],
      ['diff3 -m mine base theirs | tidemark conflicts settle 3 merged --text -', ''],
    ],
    json: true,
  })
    .addArgument(new Argument('<how>', 'which side').choices(ENDS))
    .addOption(workspaceOption())
    .addOption(new Option('--text <file>', 'with "merged": the text; - reads it from the input'))
    .action(async (name: string, how: ConflictEnd, { text: file, ...own }: ConflictOptions & { text?: string }) => {
      const options = { ...conflicts.opts<ConflictOptions>(), ...own };
      if ((how === 'merged') !== (file !== undefined))
        throw new CommandProblem('usage', '"merged" needs --text with the file that holds the merged text, and nothing else takes it.');
      const { workspace, card } = await namedConflict(shell, options, name);
      if (!card.ends.includes(how))
        throw new CommandProblem('usage', `This conflict can be settled as ${card.ends.join(', ')}; not as ${how}.`);
      const text = file === undefined ? undefined : await readText(file);
      const question = { workspace: workspace.id, conflict: card.conflict, how, ...(text !== undefined && { text }) };
      const settled = await shell.ask(options, 'settle', question);
      shell.tell(
        options,
        settled,
        () => `settled as ${how} in revision ${settled.revision}; "tidemark conflicts unsettle ${name}" takes it back`,
      );
    });

  verb(conflicts, 'unsettle <conflict>', 'take the settling of a conflict back: contents are as they were before it', {
    examples: [['tidemark conflicts unsettle 3', '"tidemark conflicts --all" lists the settled ones']],
    json: true,
  })
    .addOption(workspaceOption())
    .action(async (name: string, own: ConflictOptions) => {
      const options = { ...conflicts.opts<ConflictOptions>(), ...own };
      const { workspace, card } = await namedConflict(shell, options, name);
      const { revision } = await shell.ask(options, 'unsettle', { workspace: workspace.id, conflict: card.conflict });
      shell.tell(options, { revision }, () => `open again, in revision ${revision}`);
    });
}

const workspaceOption = () => new Option('--workspace <name>', 'of this one; else of the one this folder is in; else of all');

/** All of them, newest first, with numbers counted from each workspace's oldest. */
async function conflictsOf(shell: Shell, options: Common, workspaces: readonly Workspace[]): Promise<readonly NumberedConflict[]> {
  const all: NumberedConflict[] = [];
  for (const workspace of workspaces) {
    const { conflicts } = await shell.ask(options, 'conflicts', { workspace: workspace.id, all: true });
    const isCountable = conflicts.length < CONFLICTS_TOLD_MAX;
    for (const [at, card] of conflicts.entries()) all.push({ card, number: isCountable ? conflicts.length - at : undefined, workspace });
  }
  return all;
}

async function namedConflict(
  shell: Shell,
  options: ConflictOptions,
  name: string,
): Promise<{ readonly workspace: Workspace; readonly card: ConflictCard }> {
  const [, prefix, digits] = /^(?:(.+):)?(\d+)$/su.exec(name) ?? [];
  const workspaces = await chosenWorkspaces(shell, options, prefix ?? options.workspace);
  const all = await conflictsOf(shell, options, workspaces);
  const found = all.filter(({ card, number }) => card.conflict === name || (digits !== undefined && number === Number(digits)));
  const [first] = found;
  if (found.length > 1)
    throw new CommandProblem(
      'usage',
      `${name} is a conflict in ${found.map((one) => one.workspace.name).join(', ')}; say ${first?.workspace.name}:${name}.`,
    );
  const workspace = workspaces.find(({ id }) => id === first?.workspace.id);
  if (first && workspace) return { workspace, card: first.card };
  throw new CommandProblem('failed', `There is no conflict ${name}; "tidemark conflicts --all" lists them.`);
}

async function readText(file: string): Promise<string> {
  try {
    return file === '-' ? await readAll(process.stdin) : readFileSync(file, 'utf8');
  } catch (cause) {
    throw new CommandProblem('usage', `${file} cannot be read (${cause instanceof Error ? cause.message : String(cause)}).`, { cause });
  }
}
