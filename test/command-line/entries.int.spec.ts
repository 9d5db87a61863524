import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { CallProblem, type EntryView } from '@tidemark/ipc';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ADA, AT, FakeAgent, SHOWN_AT, statusOf } from './fake-agent.ts';
import { until } from '../support/processes.ts';

const W = 'w-docs';
const file = (name: string, more: Partial<EntryView> = {}): EntryView => ({
  id: `e-${name}`,
  parent: 'root',
  name,
  path: name,
  kind: 'file',
  bytes: 2_048,
  inside: 0,
  modified: AT,
  presence: 'here',
  ...more,
});
const root: EntryView = file('', { id: 'root', parent: null, kind: 'folder', modified: null });
const NOT_FOUND = new CallProblem('NOT_FOUND', 'There is no such entry.');

let agent: FakeAgent;
beforeEach(async () => {
  agent = await FakeAgent.start();
});
afterEach(async () => {
  await agent.close();
});

describe('ls', () => {
  const pages = [[file('a.txt'), file('old', { kind: 'folder', presence: 'away', modified: null })], [file('z', { presence: 'coming' })]];
  beforeEach(() => {
    agent.answers.entryAt = { reflects: '1', entry: root };
    agent.answers.entries = ({ after }) => {
      const entries = pages[after === undefined ? 0 : 1] ?? [];
      return { reflects: '1', folder: root, crumbs: [], entries, more: after === undefined };
    };
  });

  test('lists what this device keeps, all pages of it, and says how much is on the server only', async () => {
    const { code, out } = await agent.run('ls', agent.folder);
    expect(code).toBe(0);
    expect(out.split('\n')).toEqual([
      '   size  modified          where   name',
      `2.0 KiB  ${SHOWN_AT}  here    a.txt`,
      `2.0 KiB  ${SHOWN_AT}  coming  z`,
      '1 more on the server only: --remote',
      '',
    ]);
    expect(agent.asked.map(({ question }) => question)).toEqual([
      { workspace: W, path: '' },
      { workspace: W, limit: 500 },
      { workspace: W, limit: 500, after: 'old' },
    ]);
  });

  test('with --remote lists all of it; for scripts as one JSON', async () => {
    expect((await agent.run('ls', '--remote', 'docs:')).out).toContain('on the server only  old/');
    expect(await agent.json('ls', '--remote', 'docs:')).toEqual({ workspace: W, name: 'docs', path: '', entries: pages.flat() });
  });

  test('a path is found through links, and named in its workspace', async () => {
    await mkdir(join(agent.folder, 'sub'), { recursive: true });
    await symlink(agent.folder, agent.beside('link'));
    agent.answers.entryAt = { reflects: '1', entry: file('a.txt', { path: 'sub/a.txt' }) };
    for (const path of [join(agent.folder, 'sub/a.txt'), join(agent.beside('link'), 'sub/a.txt'), 'docs:sub/a.txt', 'docs:/sub//a.txt'])
      expect((await agent.run('ls', path)).out).toContain('a.txt');
    expect(agent.asked.map(({ question }) => question)).toEqual(Array.from({ length: 4 }, () => ({ workspace: W, path: 'sub/a.txt' })));
  });

  test('outside every synced folder it lists the workspaces; with --remote those that are not kept here too', async () => {
    expect((await agent.run('ls')).out).toContain(agent.folder);
    agent.answers.workspaces = { workspaces: [{ id: 'w-vm', name: 'vm', folder: null }] };
    expect((await agent.run('ls', '--remote')).out).toContain('vm         not kept here');
    expect(await agent.json('ls', '--remote')).toEqual(agent.answers.workspaces);
  });

  test('what lies in no synced folder is exit code 7 and says how to name what is not on this disk', async () => {
    agent.answers.workspaces = { workspaces: [] };
    expect(await agent.run('ls', '/nowhere')).toMatchObject({ code: 7, out: '', err: expect.stringContaining('workspace:path/in/it') });
    expect((await agent.run('ls', 'docs:../../etc')).code).toBe(7);
  });

  test('a workspace that is not kept here is asked for by its name', async () => {
    agent.answers.workspaces = { workspaces: [{ id: 'w-vm', name: 'vm', folder: null }] };
    await agent.run('ls', 'vm:disks');
    expect(agent.asked.at(1)).toEqual({ name: 'entryAt', question: { workspace: 'w-vm', path: 'disks' } });
  });

  test('a name cannot steer the terminal', async () => {
    pages[1] = [file('\u001b[2Jgone\u202e')];
    expect((await agent.run('ls', 'docs:')).out).toContain(String.raw`\u001b[2Jgone\u202e`);
  });
});

describe('find', () => {
  test('tells where entries are, in every workspace that is kept here', async () => {
    agent.answers.status = statusOf([
      { name: 'docs', id: W, folder: agent.folder },
      { name: 'vm', id: 'w-vm', folder: agent.beside('vm') },
    ]);
    agent.answers.find = ({ workspace }) => ({ reflects: '1', entries: [file('a.txt', { path: `${workspace}/a.txt` })] });
    const { out } = await agent.run('find', 'a.t', '--limit', '7');
    expect(out).toContain('docs:w-docs/a.txt');
    expect(out).toContain('vm:w-vm/a.txt');
    expect(agent.asked.map(({ question }) => question)).toEqual([W, 'w-vm'].map((workspace) => ({ workspace, text: 'a.t', limit: 7 })));
    expect(await agent.json('find', 'a.t', '--workspace', 'vm')).toEqual([{ ...file('a.txt', { path: 'w-vm/a.txt' }), workspace: 'vm' }]);
  });

  test('says when nothing has such a name; a limit that is no number is exit code 2', async () => {
    agent.answers.find = { reflects: '1', entries: [] };
    expect((await agent.run('find', 'x')).out).toBe('Nothing has such a name.\n');
    expect((await agent.run('find', 'x', '--limit', 'many')).code).toBe(2);
  });
});

describe('get', () => {
  beforeEach(() => {
    agent.answers.entryAt = { reflects: '1', entry: file('a.txt', { path: 'sub/a.txt' }) };
    agent.answers.get = ({ to }) => ({ path: to, bytes: 2_048 });
  });

  test('puts a file where it is told, into a folder under its own name, and says how much', async () => {
    const to = agent.beside('old.txt');
    expect(await agent.run('get', 'docs:sub/a.txt', '--revision', '12', '--to', to)).toEqual({ code: 0, out: `${to}: 2.0 KiB\n`, err: '' });
    expect(agent.asked.at(-1)?.question).toEqual({ workspace: W, entry: 'e-a.txt', revision: '12', to });
    await mkdir(agent.beside('there'));
    expect(await agent.json('get', 'docs:sub/a.txt', '--to', agent.beside('there'))).toEqual({
      path: join(agent.beside('there'), 'a.txt'),
      bytes: 2_048,
    });
  });

  test('on a terminal a bar shows what is under way, and goes', async () => {
    let finish = (): void => undefined;
    agent.answers.get = async ({ to }) => {
      await new Promise<void>((done) => (finish = done));
      return { path: to, bytes: 2_048 };
    };
    let drawn = '';
    const write = (text: string): void => void (drawn += text);
    const running = agent.runOn({ terminal: true, columns: 80, write }, 'get', 'docs:sub/a.txt', '--to', agent.beside('x'));
    await until('the command listens', () => agent.isHeard);
    const transfer = { entry: 'e-a.txt', path: 'sub/a.txt', direction: 'down' as const, bytes: 2_048, doneBytes: 1_024 };
    agent.tell({ type: 'transfers', workspace: W, transfers: [{ ...transfer, entry: 'another', path: 'other' }, transfer] });
    await until('a bar', () => drawn.includes('50 %'));
    finish();
    expect((await running).code).toBe(0);
    expect(drawn).toContain('1.0 KiB of 2.0 KiB  sub/a.txt');
    expect(drawn).not.toContain('other');
    expect(drawn.endsWith(`\r\u001b[K${agent.beside('x')}: 2.0 KiB\n`)).toBe(true);
  });

  test('a link, and a revision that is no number, are exit code 2', async () => {
    expect((await agent.run('get', 'docs:sub/a.txt', '--revision', 'last')).code).toBe(2);
    agent.answers.entryAt = { reflects: '1', entry: file('l', { kind: 'link' }) };
    expect(await agent.run('get', 'docs:l')).toMatchObject({ code: 2, err: expect.stringContaining('is a link') });
  });

  test('a folder is put where it is told, under its own name where that is a folder, and what it came to is said', async () => {
    agent.answers.entryAt = { reflects: '1', entry: root };
    const folder = { files: 3, folders: 1, links: 0, same: 1, leftCount: 0, left: [] };
    agent.answers.get = ({ to }) => ({ path: to, bytes: 2_048, folder });
    const to = agent.beside('then');
    expect(await agent.run('get', 'docs:', '--revision', '812', '--to', to)).toEqual({
      code: 0,
      out: `${to}: 3 files, 1 folder, 1 file that was there already; 2.0 KiB\n`,
      err: '',
    });
    expect(agent.asked.at(-1)?.question).toEqual({ workspace: W, entry: root.id, revision: '812', to });
    await mkdir(agent.beside('stick'));
    expect(await agent.json('get', 'docs:', '--to', agent.beside('stick'))).toEqual({
      path: join(agent.beside('stick'), 'docs'),
      bytes: 2_048,
      folder,
    });
  });

  test('where something of a folder was in the way, it is listed, and the exit code is 5', async () => {
    agent.answers.entryAt = { reflects: '1', entry: root };
    const folder = { files: 1, folders: 0, links: 0, same: 0, leftCount: 3, left: ['a.txt', 'b\u001b[31m'] };
    agent.answers.get = ({ to }) => ({ path: to, bytes: 1, folder });
    const { code, out } = await agent.run('get', 'docs:', '--to', agent.beside('x'));
    expect(code).toBe(5);
    expect(out.split('\n').slice(1)).toEqual([
      '3 not put there, since something else is at the place; move that aside, or choose another place with --to:',
      '  a.txt',
      String.raw`  b\u001b[31m`,
      '  and 1 more',
      '',
    ]);
    expect((await agent.run('get', 'docs:', '--to', agent.beside('x'), '--json')).code).toBe(5);
  });

  test("the agent's no is passed on", async () => {
    agent.answers.get = new CallProblem('FOLDER_UNUSABLE', 'That lies in a synced folder; choose another place.');
    expect(await agent.run('get', 'docs:sub/a.txt')).toMatchObject({ code: 7, err: expect.stringContaining('choose another place') });
  });
});

describe('log', () => {
  const line = (revision: string) => ({ revision, at: AT, by: ADA, entry: 'e', path: 'sub/a.txt', what: 'changed' });

  test('says who did what, when, from which device; as many as asked for, page by page', async () => {
    agent.answers.activity = ({ before }) => ({ reflects: '9', lines: [line(before === undefined ? '9' : '8')], more: true });
    agent.answers.devices = { reflects: '1', devices: [] };
    expect((await agent.run('log', 'docs:sub', '--limit', '2')).out.split('\n')).toEqual([
      'when              revision  who          path       what',
      `${SHOWN_AT}         9  ada, laptop  sub/a.txt  changed`,
      `${SHOWN_AT}         8  ada, laptop  sub/a.txt  changed`,
      '',
    ]);
    expect(agent.asked.map(({ question }) => question)).toEqual([
      { workspace: W, path: 'sub', limit: 2 },
      { workspace: W, path: 'sub', limit: 2, before: '9' },
    ]);
    expect(await agent.json('log', '--limit', '1')).toEqual([{ ...line('9'), workspace: 'docs' }]);
  });

  test('asks for a time and a device', async () => {
    agent.answers.activity = { reflects: '9', lines: [], more: false };
    const device = { kind: 'agent' as const, person: 'ada', isThisOne: true, linked: AT, unlinked: null, receipt: null };
    agent.answers.devices = { reflects: '1', devices: [{ device: 'd1', name: 'laptop', ...device }] };
    const { out } = await agent.run('log', '--since', '2026-03-04', '--until', '2026-03-04 05:06', '--device', 'laptop');
    expect(out).toBe('Nothing has happened there.\n');
    const since = new Date(2026, 2, 4).getTime();
    expect(agent.asked.at(-1)?.question).toEqual({ workspace: W, since, until: AT, device: 'd1', limit: 50 });
    expect(await agent.run('log', '--device', 'phone')).toMatchObject({ code: 1, err: expect.stringContaining('tidemark devices') });
    expect((await agent.run('log', '--since', 'yesterday')).code).toBe(2);
  });

  test('with --revisions lists the contents of a file, of a deleted one too', async () => {
    const revisions = [
      { revision: '9', at: AT, by: ADA, bytes: 2_048, isCurrent: true },
      { revision: '3', at: AT, by: ADA, bytes: 10, isCurrent: false },
    ];
    agent.answers.revisions = { reflects: '9', revisions, more: false };
    agent.answers.entryAt = { reflects: '1', entry: file('a.txt') };
    expect((await agent.run('log', 'docs:a.txt', '--revisions')).out.split('\n')).toEqual([
      'revision  when                 size  who',
      `       9  ${SHOWN_AT}  2.0 KiB  ada, laptop  current`,
      `       3  ${SHOWN_AT}     10 B  ada, laptop`,
      '',
    ]);
    agent.answers.entryAt = NOT_FOUND;
    const gone = { id: 'gone', name: 'a.txt', path: 'a.txt', kind: 'file' as const, bytes: 1, inside: 0, at: AT, by: ADA };
    agent.answers.deleted = { reflects: '9', entries: [gone], next: null };
    expect(await agent.json('log', 'docs:a.txt', '--revisions')).toEqual({ workspace: W, path: 'a.txt', entry: 'gone', revisions });
    expect((await agent.run('log', '--revisions')).code).toBe(2);
  });
});

describe('restore', () => {
  const gone = (path: string, id: string) => ({ id, name: path, path, kind: 'file' as const, bytes: 1, inside: 0, at: AT, by: ADA });
  beforeEach(() => {
    agent.answers.entryAt = NOT_FOUND;
    agent.answers.deleted = ({ before }) =>
      before === undefined
        ? { reflects: '9', entries: [gone('b.txt', 'b'), gone('old', 'old')], next: 'page 2' }
        : { reflects: '9', entries: [gone('a.txt', 'later'), gone('a.txt', 'earlier')], next: null };
    agent.answers.restore = { path: 'a.txt' };
  });

  test('brings back the one that was deleted there last', async () => {
    expect(await agent.run('restore', join(agent.folder, 'a.txt'))).toEqual({ code: 0, out: 'docs:a.txt is there again\n', err: '' });
    expect(agent.asked.at(-1)).toEqual({ name: 'restore', question: { workspace: W, entry: 'later' } });
    expect(await agent.json('restore', 'docs:a.txt')).toEqual({ path: 'a.txt' });
  });

  test('gives a file the content that it had', async () => {
    agent.answers.entryAt = { reflects: '1', entry: file('a.txt') };
    expect((await agent.run('restore', 'docs:a.txt', '--revision', '3')).out).toBe('docs:a.txt is there with the content of revision 3\n');
    expect(agent.asked.filter(({ name }) => name === 'restore')).toEqual([
      { name: 'restore', question: { workspace: W, entry: 'e-a.txt', revision: '3' } },
    ]);
    expect(await agent.run('restore', 'docs:a.txt')).toMatchObject({ code: 2, err: expect.stringContaining('--revision') });
  });

  test('a name of somebody else can steer no terminal out of a refusal either', async () => {
    agent.answers.deleted = { reflects: '9', entries: [gone("o'ld \u001b[2J", 'old')], next: null };
    const { err } = await agent.run('restore', "docs:o'ld \u001b[2J/c.txt");
    expect(err).toContain(String.raw`tidemark restore 'docs:o'\''ld \u001b[2J'`);
    expect(err).not.toContain('\u001b');
  });

  test('says which folder a deleted file went with, and when there never was one', async () => {
    expect(await agent.run('restore', 'docs:old/c.txt')).toMatchObject({ code: 1, err: expect.stringContaining('docs:old') });
    expect(await agent.run('restore', 'docs:never')).toMatchObject({ code: 1, err: expect.stringContaining('tidemark find') });
    expect(agent.asked.some(({ name }) => name === 'restore')).toBe(false);
  });
});
