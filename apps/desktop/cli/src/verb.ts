import { Option, type Command } from 'commander';

/** Heading of what every command takes; last in a help. */
export const COMMON_OPTIONS = 'Of every command:';

export interface VerbOptions {
  /** A paragraph of the manual. */
  readonly more?: string;
  /** `command` → what it does; as many as a manual needs. */
  readonly examples?: readonly (readonly [command: string, means: string])[];
  /** Answers in JSON, if asked to. */
  readonly json?: boolean;
}

/** A command with what all of them have: the home, `--json` where it answers something, and a help that is its manual. */
export function verb(
  parent: Command,
  definition: string,
  description: string,
  { more, examples = [], json = false }: VerbOptions = {},
): Command {
  const command = parent.command(definition).description(description);
  const common = [
    ...(json ? [new Option('--json', 'one JSON, for scripts')] : []),
    new Option('--home <dir>', "the agent's own folder (TIDEMARK_HOME); by default the platform's data folder"),
  ];
  for (const option of common) command.addOption(option.helpGroup(COMMON_OPTIONS));
  if (more !== undefined) command.addHelpText('after', () => `\n${wrapped(more, parent)}`);
  if (examples.length > 0) command.addHelpText('after', `\nExamples:\n${examples.map(formatExample).join('\n')}`);
  return command;
}

const formatExample = ([command, means]: readonly [string, string]): string =>
  means === '' ? `  ${command}` : `  ${command}\n      ${means}`;

const HELP_COLUMNS_MAX = 100;
const wrapped = (text: string, command: Command): string => {
  const help = command.createHelp();
  const columns = command.configureOutput().getOutHelpWidth?.() ?? HELP_COLUMNS_MAX;
  return help.boxWrap(text, Math.min(columns, HELP_COLUMNS_MAX));
};
