import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { IpcClient, ipcFile } from '@tidemark/ipc';
import { findCore, stageWindow, whyNoWindow } from '@tidemark/shell';
import { expect, test } from 'vitest';
import { run, TIDEMARK, until } from '../support/processes.ts';

const shell = fileURLToPath(new URL('../../apps/desktop/shell', import.meta.url));
const bin = join(shell, 'bin');
const core = findCore(bin);
const missing = whyNoWindow(core, bin);
if (missing !== undefined) console.log(`the window's real core is not looked at: ${missing}`);
const reason = missing === undefined ? '' : ` (skipped: ${missing})`;

test.skipIf(missing !== undefined)(
  `the real core starts the extension, which finds an agent and hears the frame's hello; kill -9 of it leaves the agent alone${reason}`,
  async () => {
    const home = await mkdtemp(join(tmpdir(), 'tidemark-core-'));
    stageWindow(shell, join(shell, 'built'));
    const window = spawn(core as string, [`--path=${join(shell, 'built')}`], {
      env: { ...process.env, TIDEMARK_HOME: home },
      stdio: 'ignore',
    });
    const ended = once(window, 'exit');
    try {
      const log = async (): Promise<string> => readFile(join(home, 'window.log'), 'utf8');
      await until('the extension finds an agent', async () => (await log()).includes('an agent is there'));
      await until('the frame says hello', async () => (await log()).includes('the frame asks where the agent is'));
      expect(await log()).not.toContain('NE_RT_NATPRME');
      const file = ipcFile.parse(JSON.parse(await readFile(join(home, 'ipc.json'), 'utf8')));
      window.kill('SIGKILL');
      await ended;
      expect((await new IpcClient(file).call('status', {})).agent.pid).toBe(file.pid);
    } finally {
      window.kill('SIGKILL');
      await run(TIDEMARK, ['stop', '--home', home]);
      await rm(home, { recursive: true, force: true });
    }
  },
);
