import { writeFile } from 'node:fs/promises';
import type { ConflictCard } from '@tidemark/ipc';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ADA, AT, FakeAgent, SHOWN_AT, statusOf } from './fake-agent.ts';

const W = 'w-docs';
const side = (path: string, revision: string) => ({
  entry: path,
  path,
  kind: 'file' as const,
  bytes: 10,
  isDeleted: false,
  revision,
  by: ADA,
});
const card = (conflict: string, more: Partial<ConflictCard> = {}): ConflictCard => ({
  conflict,
  at: AT,
  rule: 'edit / edit',
  said: 'Both edited it; the later one became a copy.',
  path: 'a.txt',
  by: ADA,
  base: null,
  mine: { ...side('a.txt', '4'), pathNow: 'a (conflict).txt' },
  theirs: { ...side('a.txt', '3'), isDeleted: true },
  ends: ['mine', 'theirs', 'both', 'merged'],
  settled: null,
  ...more,
});
/** As the agent gives them: newest first. */
const cards = [
  card('c-3'),
  card('c-2', { settled: { how: 'mine', revision: '8' } }),
  card('c-1', { mine: { ...side('a.txt', '4'), pathNow: null }, ends: ['both'] }),
];

let agent: FakeAgent;
beforeEach(async () => {
  agent = await FakeAgent.start();
  agent.answers.conflicts = ({ all }) => ({ reflects: '9', conflicts: cards.filter(({ settled }) => all || settled === null) });
  agent.answers.settle = { revision: '12' };
  agent.answers.unsettle = { revision: '13' };
});
afterEach(async () => {
  await agent.close();
});
const settlings = () => agent.asked.filter(({ name }) => name === 'settle' || name === 'unsettle');

describe('conflicts', () => {
  test('lists the open ones with what each side has and how they are settled; numbers count from the oldest', async () => {
    const { code, out } = await agent.run('conflicts');
    expect(code).toBe(0);
    expect(out.split('\n\n')[0]?.split('\n')).toEqual([
      '3  a.txt',
      `   ${SHOWN_AT}, met by ada, laptop [edit / edit]`,
      '   Both edited it; the later one became a copy.',
      '   before  nothing',
      '   mine    a (conflict).txt (10 B, revision 4), by ada, laptop',
      '   theirs  a.txt (deleted, revision 3), by ada, laptop',
      '   → tidemark conflicts settle 3 mine|theirs|both|merged',
    ]);
    expect(out).toContain('settle 1 both\n');
    expect(out).toContain('   mine    a.txt (10 B, revision 4, no longer there), by ada, laptop\n');
    expect(out).not.toContain('settled:');
  });

  test('where there are not two contents, each way to settle it is told with what it does', async () => {
    const deleted = { ...side('a.txt', '3'), isDeleted: true };
    const places = { mine: { ...side('b/a.txt', '4'), pathNow: 'c/a.txt' }, theirs: { ...side('c/a.txt', '3'), pathNow: 'c/a.txt' } };
    agent.answers.conflicts = {
      reflects: '9',
      conflicts: [
        card('c-3', { rule: 'move-move', ends: ['mine', 'theirs', 'both'], ...places }),
        card('c-2', { rule: 'delete-edit', ends: ['mine', 'theirs', 'both'], mine: deleted, theirs: side('a.txt', '4') }),
        card('c-1', { rule: 'name-name', ends: ['both'] }),
      ],
    };
    const [moved, edited, named] = (await agent.run('conflicts')).out.split('\n\n');
    expect(moved).toContain('   mine    b/a.txt (10 B, revision 4)');
    expect(moved).toMatch(/settle 3 mine {4}move it to b\/a\.txt\n {3}→ .* settle 3 theirs {2}leave it at c\/a\.txt$/);
    expect(edited).toMatch(/settle 2 mine {4}delete it after all\n {3}→ .* settle 2 theirs {2}keep it$/);
    expect(named).toMatch(/settle 1 both {4}leave it as it is\n$/);
  });

  test('with --all the settled ones too; for scripts as one JSON with number and workspace', async () => {
    expect((await agent.run('conflicts', '--all')).out).toContain('settled: mine, revision 8');
    expect(await agent.json('conflicts')).toEqual([
      { number: 3, workspace: W, workspaceName: 'docs', ...cards[0] },
      { number: 1, workspace: W, workspaceName: 'docs', ...cards[2] },
    ]);
    agent.answers.conflicts = { reflects: '9', conflicts: [] };
    expect((await agent.run('conflicts')).out).toBe('No conflict is open.\n');
  });
});

describe('settle', () => {
  test('by number or by id; says how it is taken back', async () => {
    const { code, out } = await agent.run('conflicts', 'settle', '3', 'theirs');
    expect({ code, out }).toEqual({ code: 0, out: 'settled as theirs in revision 12; "tidemark conflicts unsettle 3" takes it back\n' });
    expect(await agent.json('conflicts', 'settle', 'c-3', 'mine')).toEqual({ revision: '12' });
    expect(settlings().map(({ question }) => question)).toEqual([
      { workspace: W, conflict: 'c-3', how: 'theirs' },
      { workspace: W, conflict: 'c-3', how: 'mine' },
    ]);
  });

  test('with a merged text out of a file, and only then with one', async () => {
    const text = agent.beside('merged.txt');
    await writeFile(text, 'both\n');
    expect((await agent.run('conflicts', 'settle', '3', 'merged', '--text', text)).code).toBe(0);
    expect(settlings()).toEqual([{ name: 'settle', question: { workspace: W, conflict: 'c-3', how: 'merged', text: 'both\n' } }]);
    for (const wrong of [
      ['3', 'merged'],
      ['3', 'mine', '--text', text],
      ['3', 'merged', '--text', agent.beside('nothing')],
      ['3', 'sideways'],
      ['1', 'mine'],
    ])
      expect((await agent.run('conflicts', 'settle', ...wrong)).code).toBe(2);
    expect(settlings()).toHaveLength(1);
  });

  test('a number that no conflict has is exit code 1; one that several workspaces have needs the workspace', async () => {
    expect(await agent.run('conflicts', 'settle', '4', 'both')).toMatchObject({ code: 1, err: expect.stringContaining('--all') });
    agent.answers.status = statusOf([
      { name: 'docs', id: W, folder: agent.folder },
      { name: 'vm', id: 'w-vm', folder: agent.beside('vm') },
    ]);
    expect(await agent.run('conflicts', 'settle', '3', 'both')).toMatchObject({ code: 2, err: expect.stringContaining('docs:3') });
    expect((await agent.run('conflicts')).out).toContain('settle vm:3 ');
    expect((await agent.run('conflicts', 'settle', 'vm:3', 'both')).code).toBe(0);
    expect((await agent.run('conflicts', 'settle', '3', 'both', '--workspace', 'vm')).code).toBe(0);
    expect(settlings().map(({ question }) => question)).toEqual(
      Array.from({ length: 2 }, () => ({ workspace: 'w-vm', conflict: 'c-3', how: 'both' })),
    );
  });
});

test('where there are too many to be counted they are named by their ids, which stay', async () => {
  agent.answers.conflicts = { reflects: '9', conflicts: Array.from({ length: 5_000 }, (_, at) => card(`c-${at}`)) };
  expect((await agent.run('conflicts')).out).toContain('settle c-7 mine');
  expect((await agent.run('conflicts', 'settle', '1', 'mine')).code).toBe(1);
  expect((await agent.run('conflicts', 'settle', 'c-7', 'mine')).code).toBe(0);
});

test('unsettle takes a settled one back', async () => {
  expect((await agent.run('conflicts', 'unsettle', '2')).out).toBe('open again, in revision 13\n');
  expect(settlings()).toEqual([{ name: 'unsettle', question: { workspace: W, conflict: 'c-2' } }]);
  expect(await agent.json('conflicts', 'unsettle', '2')).toEqual({ revision: '13' });
});
