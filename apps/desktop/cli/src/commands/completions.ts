import { Argument, type Command } from 'commander';
import { completionsFor, SHELLS, type ShellName } from '../completions/completions.ts';
import type { Shell } from '../shell.ts';
import { verb } from '../verb.ts';

export function addCompletionCommands(program: Command, shell: Shell): void {
  verb(program, 'completions', 'print what makes your shell complete commands, options and paths', {
    examples: [
      ['eval "$(tidemark completions bash)"', 'in ~/.bashrc'],
      ['tidemark completions zsh > "${fpath[1]}/_tidemark"', 'once'],
      ['tidemark completions fish > ~/.config/fish/completions/tidemark.fish', 'once'],
    ],
  })
    .addArgument(new Argument('<shell>', 'your shell').choices(SHELLS))
    .action((name: ShellName) => shell.say(completionsFor(name, program).trimEnd()));
}
