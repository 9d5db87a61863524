import { rmSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { CallProblem, IPC_FILE, NOTICES_PATH, answerOf, refusalOf, status as statusSchema, type Notice, type Status } from '@tidemark/ipc';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { stopRunningAgent } from './agent-line.ts';
import { parseAnswer } from './agent-program.ts';
import { PLAIN } from './format/text.ts';
import { homeOf } from './home.ts';
import { runProgram } from './program.ts';
import { Shell } from './shell.ts';
import { watch } from './watch.ts';

const status: Status = {
  agent: { pid: 1, version: '0.1.0' },
  server: { url: 'http://s', connected: true },
  workspaces: [
    {
      name: 'Docs',
      id: 'w',
      folder: '/d',
      state: 'idle',
      head: 1,
      applied: 1,
      pending: { upload: { entries: 0, bytes: 0 }, download: { entries: 0, bytes: 0 } },
      issues: [],
      conflicts: 0,
    },
  ],
  traffic: { sentBytes: 1, receivedBytes: 2 },
};

describe('the command line speaks with the running agent', () => {
  let home: string;
  let agent: Server;
  let asked: { name: string; question: unknown }[];
  let answers: Record<string, unknown>;
  let notices: readonly Notice[];
  /** What becomes of the agent when it was asked that. */
  let done: Record<string, () => void>;
  let writeFileOf: (secret: string) => void;

  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'tidemark-cli-'));
    asked = [];
    answers = { status };
    notices = [];
    done = {};
    const serve = async (request: IncomingMessage, response: ServerResponse) => {
      if (request.url === NOTICES_PATH) {
        for (const notice of notices) response.write(`${JSON.stringify(notice)}\n`);
        return;
      }
      let body = '';
      for await (const part of request) body += String(part);
      const name = (request.url ?? '').slice('/call/'.length);
      if (name !== 'status') asked.push({ name, question: JSON.parse(body) });
      const answer = answers[name];
      done[name]?.();
      response.end(JSON.stringify(answer instanceof Error ? refusalOf(answer) : answerOf(answer)));
    };
    agent = createServer((request, response) => void serve(request, response));
    await new Promise<void>((done) => agent.listen(0, '127.0.0.1', done));
    const address = agent.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    writeFileOf = (secret) =>
      writeFileSync(join(home, IPC_FILE), JSON.stringify({ port, secret: secret.repeat(43), pid: 1, version: '0.1.0' }));
    writeFileOf('s');
  });
  afterEach(async () => {
    agent.closeAllConnections();
    agent.close();
    await rm(home, { recursive: true });
  });

  async function run(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
    let out = '';
    let err = '';
    const screen = { ...PLAIN, write: (text: string) => void (out += text) };
    const code = await runProgram([...argv, '--home', home], screen, (text) => void (err += text));
    return { code, out, err };
  }

  test('status --json prints exactly the status', async () => {
    const { code, out } = await run('status', '--json');
    expect(code).toBe(0);
    expect(statusSchema.parse(JSON.parse(out))).toEqual(status);
    expect((await run('status')).out).toContain('up to date');
  });

  test('folders are told as absolute paths', async () => {
    answers['add'] = { workspace: 'w', name: 'Docs', folder: resolve('x'), created: true };
    expect(await run('add', 'x', '--workspace', 'Docs', '--chunking', 'fixed-4mib')).toMatchObject({ code: 0, err: '' });
    expect(asked).toEqual([{ name: 'add', question: { folder: resolve('x'), workspace: 'Docs', chunking: 'fixed-4mib' } }]);
    answers['remove'] = { workspace: 'w', name: 'Docs', folder: resolve('x') };
    expect((await run('remove', 'x')).out).toContain('files stay');
  });

  test('link sends address, code and a name for the device', async () => {
    answers['link'] = { url: 'http://s', device: 'd', deviceName: 'laptop' };
    expect((await run('link', 'http://s', '--code', 'AB-12', '--device', 'laptop')).code).toBe(0);
    expect(asked).toEqual([{ name: 'link', question: { url: 'http://s', code: 'AB-12', device: 'laptop' } }]);
  });

  test("the agent's no is told on stderr and by its exit code", async () => {
    answers['link'] = new CallProblem('REFUSED', 'This code was used already; ask for another one.');
    expect(await run('link', 'http://s', '--code', 'x')).toEqual({
      code: 5,
      out: '',
      err: 'tidemark: This code was used already; ask for another one.\n',
    });
  });

  test('stop waits for the agent to go, and stops one that comes to the home meanwhile', async () => {
    answers['stop'] = {};
    done['stop'] = () => (asked.length === 1 ? writeFileOf('t') : rmSync(join(home, IPC_FILE)));
    expect(await run('stop')).toEqual({ code: 0, out: 'No agent runs now.\n', err: '' });
    expect(asked.map(({ name }) => name)).toEqual(['stop', 'stop']);
  });

  test('an agent that is still there after its time is not said to be gone', async () => {
    answers['stop'] = {};
    await expect(stopRunningAgent(home, 300)).rejects.toThrow(/process 1\) still has .*tidemark service status/);
    done['stop'] = () => void setTimeout(() => rmSync(join(home, IPC_FILE)), 100);
    await stopRunningAgent(home, 60_000);
  });

  test('a wrong command line is exit code 2; help is 0 and documents the codes', async () => {
    expect((await run('add', 'x')).code).toBe(2);
    expect((await run('add', 'x', '--workspace', 'D', '--chunking', 'other')).code).toBe(2);
    expect((await run('nonsense')).code).toBe(2);
    const help = await run('add', '--help');
    expect(help.code).toBe(0);
    expect(help.out).toContain('Exit codes:');
  });

  test('explain prints what was decided', async () => {
    answers['explain'] = { workspace: 'Docs', folder: '/d', path: 'a', entry: null, now: 'It is ignored.', decisions: [] };
    expect((await run('explain', 'a')).out).toContain('It is ignored.');
  });

  test('watch prints plain lines where there is no terminal: states, and what is synced as it happens', async () => {
    notices = [
      { type: 'status', status },
      { type: 'activity', at: 0, workspace: 'Docs', direction: 'down', path: 'a.txt', what: 'created' },
      { type: 'status', status },
    ];
    const stop = new AbortController();
    const lines: string[] = [];
    const write = (text: string) => {
      lines.push(text);
      if (lines.length === 2) setImmediate(() => stop.abort());
    };
    await watch(new Shell({ ...PLAIN, write }, () => undefined), { home }, stop.signal);
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(/^Docs: idle/);
    expect(lines[1]).toMatch(/↓ Docs\/a\.txt created\n$/u);
  });
});

test('the home is what the option says, else the variable, else a folder of the platform', () => {
  expect(homeOf('x', { TIDEMARK_HOME: '/h' })).toBe(resolve('x'));
  expect(homeOf(undefined, { TIDEMARK_HOME: '/h' })).toBe(resolve('/h'));
  expect(homeOf(undefined, {})).toMatch(/tidemark/);
});

test('a line that is no answer is not taken for one', () => {
  expect(parseAnswer('{"ok":true,"result":{}}')).toEqual({ ok: true, result: {} });
  for (const line of ['starting…', '{"level":30}', '']) expect(parseAnswer(line)).toBeUndefined();
});
