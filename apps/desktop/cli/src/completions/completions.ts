import type { Command } from 'commander';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type ShellName = (typeof SHELLS)[number];

/** A command of the tree, as far as completions care. */
interface Node {
  /** Words that lead to it, without the program's own. */
  readonly words: readonly string[];
  readonly description: string;
  readonly commands: readonly Node[];
  readonly options: readonly {
    readonly long: string;
    readonly description: string;
    readonly takesValue: boolean;
    readonly choices: readonly string[];
  }[];
  /** Values of arguments that are known beforehand. */
  readonly choices: readonly string[];
}

/** What makes a shell complete the commands of this tree. Paths are completed wherever the tree says nothing better. */
export function completionsFor(shell: ShellName, program: Command): string {
  const root = nodeOf(program, []);
  if (shell === 'bash') return bash(program.name(), root);
  if (shell === 'zsh') return zsh(program.name(), root);
  return fish(program.name(), root);
}

function nodeOf(command: Command, words: readonly string[]): Node {
  const help = command.createHelp();
  return {
    words,
    description: command.description(),
    commands: help.visibleCommands(command).map((child) => nodeOf(child, [...words, child.name()])),
    options: help
      .visibleOptions(command)
      .flatMap(({ long, description, required, argChoices }) =>
        long ? [{ long, description, takesValue: required, choices: argChoices ?? [] }] : [],
      ),
    choices: command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []),
  };
}

const withinOf = (node: Node): readonly Node[] => [node, ...node.commands.flatMap(withinOf)];
const lastOf = (node: Node): string => node.words.at(-1) ?? '';
const pathOf = (node: Node): string => node.words.join(' ');
/** Within single quotes of bash and zsh. */
const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;

/** Goes along the words that are there already: what both shells need to know which command this is. */
function walk(nodes: readonly Node[], words: { readonly array: string; readonly current: string; readonly first: number }): string {
  const known = nodes.filter(({ words }) => words.length > 0).map((node) => quoted(pathOf(node)));
  return [
    `  local at=${words.first} at_command='' next`,
    `  while (( at < ${words.current} )); do`,
    `    next="\${at_command:+$at_command }\${${words.array}[at]}"`,
    `    case "$next" in`,
    `      ${known.join('|')}) at_command="$next" ;;`,
    `    esac`,
    `    (( at += 1 ))`,
    `  done`,
  ].join('\n');
}

/** Per command and option that takes one of some values: the pattern that shells match, and the values. */
function choicesOf(nodes: readonly Node[]): readonly (readonly [pattern: string, values: readonly string[]])[] {
  return nodes.flatMap((node) =>
    node.options.flatMap(({ long, choices }) => (choices.length > 0 ? [[quoted(`${pathOf(node)}:${long}`), choices] as const] : [])),
  );
}

/** Any command with an option that takes a value which is not known beforehand. */
function openValues(nodes: readonly Node[]): string {
  const longs = nodes.flatMap(({ options }) =>
    options.flatMap(({ long, takesValue, choices }) => (takesValue && choices.length === 0 ? [long] : [])),
  );
  return [...new Set(longs)].map((long) => `*:${long}`).join('|');
}

function bash(program: string, root: Node): string {
  const nodes = withinOf(root);
  const values = choicesOf(nodes).map(
    ([pattern, choices]) => `    ${pattern}) COMPREPLY=($(compgen -W ${quoted(choices.join(' '))} -- "$word")); return ;;`,
  );
  const cases = nodes.map((node) => {
    const names = [...node.commands.map(lastOf), ...node.choices].join(' ');
    const options = node.options.map(({ long }) => long).join(' ');
    return `    ${quoted(pathOf(node))}) names=${quoted(names)} options=${quoted(options)} ;;`;
  });
  return `# Completions of ${program} for bash: eval "$(${program} completions bash)"
_${program}() {
  local word="\${COMP_WORDS[COMP_CWORD]}" names='' options=''
  COMPREPLY=()
${walk(nodes, { array: 'COMP_WORDS', current: 'COMP_CWORD', first: 1 })}
  case "$at_command:\${COMP_WORDS[COMP_CWORD-1]}" in
${values.join('\n')}
    ${openValues(nodes)}) return ;;
  esac
  case "$at_command" in
${cases.join('\n')}
  esac
  [[ "$word" == -* ]] && names="$options"
  COMPREPLY=($(compgen -W "$names" -- "$word"))
}
complete -o bashdefault -o default -F _${program} ${program}
`;
}

function zsh(program: string, root: Node): string {
  const nodes = withinOf(root);
  const described = (name: string, description: string): string => quoted(`${name.replaceAll(':', String.raw`\:`)}:${description}`);
  const values = choicesOf(nodes).map(([pattern, choices]) => `    ${pattern}) compadd -- ${choices.join(' ')}; return ;;`);
  const cases = nodes.map((node) => {
    const names = [
      ...node.commands.map((child) => described(lastOf(child), child.description)),
      ...node.choices.map((choice) => quoted(choice)),
    ];
    const options = node.options.map(({ long, description }) => described(long, description));
    return `    ${quoted(pathOf(node))}) names=(${names.join(' ')}) options=(${options.join(' ')}) ;;`;
  });
  return `#compdef ${program}
# Completions of ${program} for zsh: ${program} completions zsh > "\${fpath[1]}/_${program}"
_${program}() {
  local -a names options
${walk(nodes, { array: 'words', current: 'CURRENT', first: 2 })}
  case "$at_command:\${words[CURRENT-1]}" in
${values.join('\n')}
    ${openValues(nodes)}) _files; return ;;
  esac
  case "$at_command" in
${cases.join('\n')}
  esac
  if [[ "\${words[CURRENT]}" == -* ]]; then
    _describe 'option' options
  else
    (( \${#names} )) && _describe 'command' names
    [[ -n "$at_command" ]] && _files
  fi
}
if [[ "\${funcstack[1]}" == _${program} ]]; then _${program} "$@"; else compdef _${program} ${program}; fi
`;
}

function fish(program: string, root: Node): string {
  const lines = withinOf(root).flatMap((node) => {
    const isHere = fishCondition(node);
    const commands = node.commands.map(
      (child) => `complete -c ${program} -n ${isHere} -f -a ${lastOf(child)} -d ${fishQuoted(child.description)}`,
    );
    const choices = node.choices.map((choice) => `complete -c ${program} -n ${isHere} -f -a ${choice}`);
    const options = node.options.map(({ long, description, takesValue, choices }) => {
      const value = choices.length > 0 ? ` -x -a ${fishQuoted(choices.join(' '))}` : takesValue ? ' -r' : '';
      return `complete -c ${program} -n ${isHere} -l ${long.slice(2)}${value} -d ${fishQuoted(description)}`;
    });
    return [...commands, ...choices, ...options];
  });
  return `# Completions of ${program} for fish: ${program} completions fish > ~/.config/fish/completions/${program}.fish\n${lines.join('\n')}\n`;
}

/** At this command, and at none within it. */
function fishCondition({ words, commands }: Node): string {
  const seen = words.map((word) => `__fish_seen_subcommand_from ${word}`);
  const within = commands.length > 0 ? [`not __fish_seen_subcommand_from ${commands.map(lastOf).join(' ')}`] : [];
  return `'${[...seen, ...within].join('; and ')}'`;
}

const fishQuoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", String.raw`\'`)}'`;
