import { readFileSync } from 'node:fs';
import { Command, CommanderError, Help } from 'commander';
import { EXIT_CODES } from './command-problem.ts';
import { addAgentCommands } from './commands/agent.ts';
import { addCompletionCommands } from './commands/completions.ts';
import { addConflictCommands } from './commands/conflicts.ts';
import { addDeviceCommands } from './commands/devices.ts';
import { addEntryCommands } from './commands/entries.ts';
import { addFolderCommands } from './commands/folders.ts';
import { addPageCommands } from './commands/page.ts';
import { addServiceCommands } from './commands/service.ts';
import { addSetUpCommands } from './commands/set-up.ts';
import { shownLines } from './format/text.ts';
import { PATH_HELP } from './place.ts';
import type { Screen } from './screen.ts';
import { Shell } from './shell.ts';
import { COMMON_OPTIONS } from './verb.ts';

const EXIT_CODES_HELP = `
Exit codes:
  ${EXIT_CODES.ok}  done; of status and issues: it was shown, whatever it says
  ${EXIT_CODES.failed}  failed; the message says what to do
  ${EXIT_CODES.usage}  the command line is not as it should be
  ${EXIT_CODES.notLinked}  this device is not linked to a server yet: tidemark link
  ${EXIT_CODES.unreachable}  the server cannot be reached
  ${EXIT_CODES.refused}  the server said no: a wrong code, an unlinked device, no such workspace
  ${EXIT_CODES.agentRunning}  an agent with this home runs already
  ${EXIT_CODES.folderUnusable}  the folder cannot be used, or is not synced`;

const HELP_COLUMNS_MAX = 100;

/** The command line: parses, asks the agent, prints. Gives the exit code. */
export async function runProgram(argv: readonly string[], screen: Screen, complain: (text: string) => void): Promise<number> {
  const shell = new Shell(screen, complain);
  try {
    await commandLine(shell).parseAsync([...argv], { from: 'user' });
    return shell.exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_CODES.ok : EXIT_CODES.usage;
    complain(`tidemark: ${shownLines(error instanceof Error ? error.message : String(error))}\n`);
    return error instanceof Error && 'exitCode' in error ? Number(error.exitCode) : EXIT_CODES.failed;
  } finally {
    await shell.close();
  }
}

/** The tree of commands: what is parsed, what help and completions are made of. */
export function commandLine(shell: Shell): Command {
  const { screen } = shell;
  const program = new Command('tidemark')
    .description('Keeps folders the same on all of your machines.')
    .version(ownVersion())
    .exitOverride()
    .configureOutput({
      writeOut: (text) => screen.write(text),
      writeErr: shell.complain,
      getOutHelpWidth: () => Math.min(screen.columns, HELP_COLUMNS_MAX),
      getErrHelpWidth: () => Math.min(screen.columns, HELP_COLUMNS_MAX),
      getOutHasColors: () => screen.colours,
    })
    .configureHelp({
      groupItems: (items, visible, groupOf) => {
        const isCommon = (item: (typeof items)[number]): number => Number(groupOf(item) === COMMON_OPTIONS);
        return new Help().groupItems(
          items.toSorted((a, b) => isCommon(a) - isCommon(b)),
          visible,
          groupOf,
        );
      },
    })
    .showHelpAfterError('(--help says more)')
    .addHelpText('after', `\n"tidemark <command> --help" is the manual of a command, with examples.\n${PATH_HELP}`)
    .addHelpText('afterAll', EXIT_CODES_HELP);
  program.commandsGroup('To begin:');
  addSetUpCommands(program, shell);
  program.commandsGroup('The agent:');
  addAgentCommands(program, shell);
  addServiceCommands(program, shell);
  addPageCommands(program, shell);
  program.commandsGroup('Files:');
  addEntryCommands(program, shell);
  addConflictCommands(program, shell);
  addFolderCommands(program, shell);
  program.commandsGroup('Devices:');
  addDeviceCommands(program, shell);
  program.commandsGroup('More:');
  addCompletionCommands(program, shell);
  return program;
}

function ownVersion(): string {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string };
  return version;
}
