import { EXIT } from '@tidemark/ipc';
import type { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { EXIT_CODES } from './command-problem.ts';
import { PLAIN } from './format/text.ts';
import { commandLine, runProgram } from './program.ts';
import { Shell } from './shell.ts';

const tree = commandLine(new Shell({ ...PLAIN, write: () => undefined }, () => undefined));
const wordsOf = (command: Command): string[] => (command.parent ? [...wordsOf(command.parent), command.name()] : []);
const within = (command: Command): Command[] => [command, ...command.commands.flatMap(within)];
const commands = within(tree).slice(1);
/** Those that only hold others. */
const holders = ['service', 'ignore'];
/** Those that answer no question. */
const withoutAnswer = ['agent', 'completions'];

async function helpOf(words: readonly string[]): Promise<{ code: number; out: string }> {
  let out = '';
  const write = (text: string): void => void (out += text);
  const code = await runProgram([...words, '--help'], { ...PLAIN, write }, () => undefined);
  return { code, out };
}

test('every verb is there', () => {
  const names = commands.map((command) => wordsOf(command).join(' '));
  for (const verb of [
    ...['link', 'add', 'remove', 'agent', 'status', 'issues', 'pause', 'resume', 'choose', 'ls', 'find', 'get', 'log', 'restore'],
    ...['conflicts', 'conflicts settle', 'conflicts unsettle', 'explain', 'devices', 'invite', 'unlink', 'ignore check', 'ignore show'],
    ...['report', 'service install', 'service uninstall', 'service status', 'completions', 'open', 'stop'],
  ])
    expect(names).toContain(verb);
});

describe.each(commands.map((command) => [wordsOf(command).join(' '), command] as const))('the help of %s', (name, command) => {
  test('is its manual: usage, what it does, every option, examples that could be typed, exit codes', async () => {
    const { code, out } = await helpOf(name.split(' '));
    expect(code).toBe(0);
    expect(out).toContain(`Usage: tidemark ${name}`);
    expect(out).toContain('Exit codes:');
    for (const option of command.options) expect(out).toContain(option.long);
    if (holders.includes(name)) return;
    expect(out).toContain('--home');
    expect(out.includes('--json')).toBe(!withoutAnswer.includes(name));
    const [, examples = ''] = out.split('\nExamples:\n');
    expect(examples).toContain(`tidemark ${name.split(' ')[0]}`);
  });
});

test('the help of all names every command once, in groups, and says how paths are written', async () => {
  const { out } = await helpOf([]);
  for (const command of tree.commands) expect(out.match(new RegExp(`^ {2}${command.name()}\\b`, 'gmu'))).toHaveLength(1);
  for (const text of ['To begin:', 'The agent:', 'Files:', 'Devices:', 'workspace:path/in/it']) expect(out).toContain(text);
});

test('exit codes are those of the agent', () => {
  expect(EXIT_CODES).toEqual(EXIT);
});
