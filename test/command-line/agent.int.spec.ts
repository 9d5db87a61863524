import { CallProblem } from '@tidemark/ipc';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FakeAgent, statusOf } from './fake-agent.ts';

let agent: FakeAgent;
beforeEach(async () => {
  agent = await FakeAgent.start();
});
afterEach(async () => {
  await agent.close();
});

describe('pause and resume', () => {
  beforeEach(() => {
    agent.answers.pause = {};
    agent.answers.resume = {};
  });

  test('everything for a while, or one workspace until it is resumed', async () => {
    expect((await agent.run('pause', '--for', '1h30m')).out).toBe(
      'everything is paused for 1 h 30 min; "tidemark resume" ends it sooner\n',
    );
    expect((await agent.run('pause', 'docs')).out).toBe('docs is paused until "tidemark resume docs"\n');
    expect((await agent.run('resume', 'docs')).out).toBe('docs is synced again\n');
    expect((await agent.run('resume')).out).toBe('everything is synced again\n');
    expect(agent.asked).toEqual([
      { name: 'pause', question: { minutes: 90 } },
      { name: 'pause', question: { workspace: 'w-docs' } },
      { name: 'resume', question: { workspace: 'w-docs' } },
      { name: 'resume', question: {} },
    ]);
    expect(await agent.json('pause')).toEqual({});
    expect(await agent.json('resume')).toEqual({});
  });

  test('a duration that is none is exit code 2; an unknown workspace is 1; nothing is paused', async () => {
    agent.answers.workspaces = { workspaces: [] };
    expect((await agent.run('pause', '--for', 'lunch')).code).toBe(2);
    expect(await agent.run('pause', 'nothing')).toMatchObject({ code: 1, err: expect.stringContaining('tidemark ls --remote') });
    expect(agent.asked.some(({ name }) => name === 'pause')).toBe(false);
  });
});

test('issues tells what is in the way, why, and what would help', async () => {
  expect((await agent.run('issues')).out).toBe('Nothing is in the way.\n');
  const issues = [{ path: 'a/b.txt', code: 'BUSY', message: 'is being written to', nextStep: 'It is sent when it settles.' }];
  const status = statusOf([{ name: 'docs', id: 'w-docs', folder: '/d' }]);
  agent.answers.status = { ...status, workspaces: status.workspaces.map((one) => ({ ...one, issues })) };
  const { code, out } = await agent.run('issues');
  expect({ code, out }).toEqual({ code: 0, out: 'docs  /d\n  ! a/b.txt: is being written to\n    → It is sent when it settles.\n' });
  expect(await agent.json('issues')).toEqual([{ workspace: 'w-docs', name: 'docs', folder: '/d', issues }]);
  const coloured = await agent.runOn({ terminal: true, colours: true, columns: 80 }, 'issues');
  expect(coloured.out).toContain('\u001b[33m!\u001b[39m');
  expect((await agent.runOn({ terminal: true, colours: false, columns: 80 }, 'issues')).out).not.toContain('\u001b');
});

test('report leaves paths out unless it is told otherwise', async () => {
  agent.answers.report = { text: 'all about it\n' };
  expect((await agent.run('report')).out).toBe('all about it\n');
  expect(await agent.json('report', '--with-paths')).toEqual({ text: 'all about it\n' });
  expect(agent.asked.map(({ question }) => question)).toEqual([{ withPaths: false }, { withPaths: true }]);
  agent.answers.report = new CallProblem('FAILED', 'no');
  expect((await agent.run('report')).code).toBe(1);
});

test('link, add and remove answer scripts too', async () => {
  agent.answers.link = { url: 'http://s', device: 'd', deviceName: 'laptop' };
  expect(await agent.json('link', 'http://s', '--code', 'x')).toEqual(agent.answers.link);
  agent.answers.add = { workspace: 'w', name: 'docs', folder: '/d', created: true };
  expect(await agent.json('add', '/d', '--workspace', 'docs')).toEqual(agent.answers.add);
  agent.answers.remove = { workspace: 'w', name: 'docs', folder: '/d' };
  expect(await agent.json('remove', '/d')).toEqual(agent.answers.remove);
});

test('stop stops the agent and waits until it has gone', async () => {
  agent.answers.stop = () => {
    setTimeout(() => void agent.leave(), 200);
    return {};
  };
  expect(await agent.run('stop')).toMatchObject({ code: 0, out: 'No agent runs now.\n' });
  expect(agent.asked.map(({ name }) => name)).toEqual(['stop']);
});
