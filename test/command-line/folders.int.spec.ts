import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FakeAgent } from './fake-agent.ts';

const W = 'w-docs';
const archive = {
  id: 'e-archive',
  parent: 'root',
  name: 'archive',
  path: 'archive',
  kind: 'folder' as const,
  bytes: 0,
  inside: 0,
  modified: null,
  presence: 'here' as const,
};

let agent: FakeAgent;
beforeEach(async () => {
  agent = await FakeAgent.start();
  agent.answers.entryAt = { reflects: '1', entry: archive };
  agent.answers.choose = { left: ['e-archive'] };
});
afterEach(async () => {
  await agent.close();
});

describe('choose', () => {
  test('leaves a folder to the server, and brings it back', async () => {
    const path = join(agent.folder, 'archive');
    expect((await agent.run('choose', path, '--away')).out).toBe(
      'docs:archive is left to the server; what is unchanged goes from this disk\n',
    );
    expect((await agent.run('choose', path, '--keep')).out).toBe('docs:archive is kept on this device; it comes\n');
    expect(agent.asked.filter(({ name }) => name === 'choose').map(({ question }) => question)).toEqual([
      { workspace: W, entry: 'e-archive', keep: false },
      { workspace: W, entry: 'e-archive', keep: true },
    ]);
    expect(await agent.json('choose', path, '--away')).toEqual({ left: ['e-archive'] });
  });

  test('without a path lists what is left to the server', async () => {
    agent.answers.scope = { left: [] };
    expect((await agent.run('choose')).out).toBe('This device keeps everything.\n');
    agent.answers.scope = { left: [{ entry: 'e-archive', path: 'archive' }] };
    expect((await agent.run('choose')).out).toBe('docs:archive\n');
    expect(await agent.json('choose')).toEqual([{ workspace: 'docs', left: [{ entry: 'e-archive', path: 'archive' }] }]);
  });

  test('wants to know which way', async () => {
    for (const ways of [[], ['--away', '--keep']]) expect((await agent.run('choose', 'docs:archive', ...ways)).code).toBe(2);
    expect(agent.asked.some(({ name }) => name === 'choose')).toBe(false);
  });
});

describe('ignore', () => {
  const hidden = [
    { path: 'build', isFolder: true, rule: 'build/' },
    { path: 'a.o', isFolder: false, rule: '*.o' },
  ];

  test('check says by which rule a path is hidden, or that none hides it', async () => {
    agent.answers.ignoreCheck = { hidden: hidden.slice(1), more: false };
    expect((await agent.run('ignore', 'check', 'docs:a.o')).out).toBe('docs:a.o is hidden by the rule *.o\n');
    agent.answers.ignoreCheck = { hidden: [], more: false };
    expect((await agent.run('ignore', 'check', 'docs:a.c')).out).toBe('docs:a.c is synced: no rule hides it\n');
    expect(agent.asked.at(-1)?.question).toEqual({ workspace: W, path: 'a.c' });
    expect(await agent.json('ignore', 'check', 'docs:a.c')).toEqual([{ workspace: 'docs', hidden: [], more: false }]);
  });

  test('check without a path lists what rules hide, also rules that are only tried', async () => {
    agent.answers.ignoreCheck = { hidden, more: true };
    const rules = agent.beside('rules');
    await writeFile(rules, '*.o\n');
    expect((await agent.run('ignore', 'check', '--rules', rules)).out.split('\n')).toEqual([
      'rule    hidden in docs',
      'build/  build/',
      '*.o     a.o',
      'and more than 2 entries',
      '',
    ]);
    expect(agent.asked.at(-1)?.question).toEqual({ workspace: W, rules: '*.o\n' });
    expect((await agent.run('ignore', 'check', '--rules', agent.beside('nothing'))).code).toBe(2);
  });

  test('show prints the rules', async () => {
    agent.answers.ignoreRules = { rules: '*.o\nbuild/\n' };
    expect((await agent.run('ignore', 'show', 'docs')).out).toBe('*.o\nbuild/\n');
    expect(await agent.json('ignore', 'show')).toEqual([{ workspace: 'docs', rules: '*.o\nbuild/\n' }]);
    agent.answers.ignoreRules = { rules: '' };
    expect((await agent.run('ignore', 'show')).out).toBe('# no rules: everything is synced\n');
    agent.answers.workspaces = { workspaces: [] };
    expect((await agent.run('ignore', 'show', 'nothing')).code).toBe(1);
  });
});
