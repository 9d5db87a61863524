import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { IpcClient, ipcFile, type IpcFile } from '@tidemark/ipc';
import { startAgent } from '@tidemark/shell';
import { FakeCore } from '@tidemark/shell/testing';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { run, TIDEMARK, until } from '../support/processes.ts';

const EXTENSION = fileURLToPath(new URL('../../apps/desktop/shell/dist/extension.js', import.meta.url));
const hasProcessList = existsSync('/proc/self/cmdline');
const reason = hasProcessList ? '' : ' (skipped: there is no /proc here to read other processes from)';

let home: string;
let cores: FakeCore[];
let extensions: ChildProcess[];

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'tidemark-window-'));
  cores = [];
  extensions = [];
});
afterEach(async () => {
  for (const core of cores) await core.close();
  for (const extension of extensions) extension.kill('SIGKILL');
  await run(TIDEMARK, ['stop', '--home', home]);
  await rm(home, { recursive: true, force: true });
});

/** As the core does it: the extension as a process, the handshake on its standard input. */
async function openWindow(): Promise<{ core: FakeCore; extension: ChildProcess; ended: Promise<unknown> }> {
  const core = await FakeCore.start();
  const extension = spawn(process.execPath, [EXTENSION], {
    env: { ...process.env, TIDEMARK_HOME: home },
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  extension.stdin?.end(core.handshake);
  cores.push(core);
  extensions.push(extension);
  return { core, extension, ended: once(extension, 'exit') };
}

const agentOf = async (): Promise<IpcFile> => ipcFile.parse(JSON.parse(await readFile(join(home, 'ipc.json'), 'utf8')));
const told = (core: FakeCore) =>
  until('the frame is told of an agent', () => core.broadcast('tidemarkAgent').at(-1) as { secret: string } | undefined);
/** It answers, and is the process that it was. */
const answeringPid = async (): Promise<number | null> => (await new IpcClient(await agentOf()).call('status', {})).agent.pid;

/** Everything that other processes can read of one: its parameters. */
async function processList(): Promise<{ pid: number; parameters: string }[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const lists = await Promise.all(
    pids.map(async (pid) => ({ pid: Number(pid), parameters: await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '') })),
  );
  return lists.filter(({ parameters }) => parameters !== '');
}

describe('the agent and its windows', () => {
  test.skipIf(!hasProcessList)(
    `two windows at once start one agent, and its secret is in no log and no process list${reason}`,
    async () => {
      const [one, two] = await Promise.all([openWindow(), openWindow()]);
      // One of the two is the first window; the other one goes.
      const left = await Promise.race([one.ended.then(() => two), two.ended.then(() => one)]);
      await told(left.core);
      const { secret, pid } = await agentOf();
      const processes = await processList();
      const agents = processes.filter(({ parameters }) => parameters.includes(home) && parameters.includes('\0run\0'));
      expect(agents.map((each) => each.pid)).toEqual([pid]);
      expect(processes.filter(({ parameters }) => parameters.includes(secret))).toEqual([]);
      for (const name of await readdir(home))
        if (name.endsWith('.log')) expect(await readFile(join(home, name), 'utf8')).not.toContain(secret);
      for (const { core } of [one, two]) expect(core.urls.join()).not.toContain(secret);
    },
  );

  test('several that start an agent at the same moment all find the one that has the home', async () => {
    const program = { program: process.execPath, parameters: [TIDEMARK] };
    const found = await Promise.all([1, 2, 3].map(() => startAgent(home, program)));
    expect(new Set(found.map(({ pid }) => pid)).size).toBe(1);
    expect(await answeringPid()).toBe(found[0]?.pid);
  });

  test('a window that comes to a running agent starts none', async () => {
    const first = await openWindow();
    await told(first.core);
    const pid = await answeringPid();
    await first.core.close();
    await first.ended;
    const second = await openWindow();
    await told(second.core);
    expect(await answeringPid()).toBe(pid);
  });

  test('kill -9 of the extension changes nothing for the agent, and the next window finds it', async () => {
    const first = await openWindow();
    const { secret } = await told(first.core);
    const pid = await answeringPid();
    first.extension.kill('SIGKILL');
    await first.ended;
    expect(await answeringPid()).toBe(pid);
    const second = await openWindow();
    expect((await told(second.core)).secret).toBe(secret);
    expect(await answeringPid()).toBe(pid);
  });

  test('kill -9 of the core ends the extension, and changes nothing for the agent', async () => {
    const { core, ended } = await openWindow();
    await told(core);
    const pid = await answeringPid();
    await core.close();
    expect(await ended).toEqual([0, null]);
    expect(await answeringPid()).toBe(pid);
  });

  test('an agent that was stopped and started anew is shown with its new secret; the window itself starts it only when somebody looks', async () => {
    const { core } = await openWindow();
    const { secret } = await told(core);
    await run(TIDEMARK, ['stop', '--home', home]);
    await until('the window notices', () => {
      const items = core.of('os.setTray').at(-1)?.data['menuItems'] as { id: string }[];
      return items.some(({ id }) => id === 'start');
    });
    expect(existsSync(join(home, 'ipc.json'))).toBe(false);
    core.hello();
    const next = await until('the new one is told', () => {
      const last = core.broadcast('tidemarkAgent').at(-1) as { secret: string };
      return last.secret !== secret && last;
    });
    expect(next.secret).toBe((await agentOf()).secret);
  });
});
