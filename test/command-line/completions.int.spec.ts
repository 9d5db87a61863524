import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PLAIN, runProgram } from '@tidemark/cli';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const has = (shell: string): boolean => spawnSync(shell, ['-c', 'true']).status === 0;
const because = (shell: string): string => (has(shell) ? '' : ` (skipped: there is no ${shell} here)`);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tidemark-completions-'));
  for (const shell of ['bash', 'zsh', 'fish']) {
    let script = '';
    const write = (text: string): void => void (script += text);
    expect(await runProgram(['completions', shell], { ...PLAIN, write }, () => undefined)).toBe(0);
    await writeFile(join(folder, shell), script);
  }
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

/** What a shell really offers, in any order. */
type Offer = (line: readonly string[]) => string[];
const wordsOf = (output: string): string[] => output.split('\n').filter((line) => line !== '');

const offers: readonly (readonly [shell: string, offer: Offer])[] = [
  [
    'bash',
    (line) => {
      const words = line.map((word) => `'${word}'`).join(' ');
      const script = `source "$1"; COMP_WORDS=(${words}); COMP_CWORD=${line.length - 1}; _tidemark; printf '%s\\n' "\${COMPREPLY[@]}"`;
      return wordsOf(execFileSync('bash', ['-c', script, 'bash', join(folder, 'bash')], { encoding: 'utf8' }));
    },
  ],
  [
    'fish',
    (line) => {
      const script = `source "$argv[1]"; complete -C "$argv[2]"`;
      const output = execFileSync('fish', ['--no-config', '-c', script, join(folder, 'fish'), line.join(' ')], { encoding: 'utf8' });
      return wordsOf(output).map((one) => one.split('\t')[0] ?? one);
    },
  ],
];

describe.each(offers)('completions of %s', (shell, offer) => {
  test.skipIf(!has(shell))(`follow the tree of commands, their options and their values${because(shell)}`, () => {
    expect(offer(['tidemark', 'conf'])).toEqual(['conflicts']);
    expect(offer(['tidemark', 'service', '']).toSorted()).toEqual(expect.arrayContaining(['install', 'status', 'uninstall']));
    expect(offer(['tidemark', 'service', '']).includes('link')).toBe(false);
    expect(offer(['tidemark', 'conflicts', 'settle', '3', 'm']).toSorted()).toEqual(['merged', 'mine']);
    expect(offer(['tidemark', 'add', 'x', '--chunking', '']).toSorted()).toEqual(['fastcdc', 'fixed-4mib']);
    expect(offer(['tidemark', 'get', 'x', '--rev'])).toEqual(['--revision']);
    expect(offer(['tidemark', 'status', '--rev'])).toEqual([]);
  });
});

test.skipIf(!has('zsh'))(`zsh takes its completions, and each command is in them${because('zsh')}`, () => {
  expect(spawnSync('zsh', ['-n', join(folder, 'zsh')], { encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
  const script = `
    autoload -Uz compinit; compinit -D -u -d "$2"
    _describe() { print -rl -- "\${(@P)2}" }
    compadd() { print -rl -- "\${@:2}" }
    _files() { print files }
    source "$1"
    words=(tidemark conflicts settle 3 ''); CURRENT=5; _tidemark
    words=(tidemark add x --chunking ''); CURRENT=5; _tidemark
    words=(tidemark status --wa); CURRENT=3; _tidemark`;
  const output = execFileSync('zsh', ['-f', '-c', script, 'zsh', join(folder, 'zsh'), join(folder, 'dump')], { encoding: 'utf8' });
  expect(wordsOf(output)).toEqual(
    expect.arrayContaining(['mine', 'theirs', 'both', 'merged', 'files', 'fastcdc', 'fixed-4mib', expect.stringMatching(/^--watch:/u)]),
  );
});

test('a shell that is none is exit code 2', async () => {
  expect(await runProgram(['completions', 'tcsh'], { ...PLAIN, write: () => undefined }, () => undefined)).toBe(2);
});
