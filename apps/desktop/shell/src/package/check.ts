import { execFile, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findAgent } from '../agent-line.ts';

const STEP_MS_MAX = 60_000;
const run = promisify(execFile);

/** Runs what was packed, with a home of its own: gives what does not work. */
export async function checkPackage(executable: string, version: string): Promise<string[]> {
  const home = await mkdtemp(join(tmpdir(), 'tidemark-package-'));
  const problems: string[] = [];
  // Nothing of where it was made may help: no node on the path, another folder, no settings.
  const environment = { PATH: '/usr/bin:/bin', HOME: home, XDG_CACHE_HOME: join(home, 'cache') };
  const tidemark = async (...words: string[]): Promise<string> =>
    (await run(executable, words, { cwd: home, timeout: STEP_MS_MAX, env: process.platform === 'win32' ? process.env : environment }))
      .stdout;
  const step = async (what: string, work: () => Promise<boolean>): Promise<void> => {
    try {
      if (!(await work())) problems.push(`${what}: not as it should be`);
    } catch (error) {
      problems.push(`${what}: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  try {
    await step('the version', async () => (await tidemark('--version')).trim() === version);
    await step(
      'the status without an agent',
      async () => (JSON.parse(await tidemark('status', '--json', '--home', home)) as { agent: { pid: unknown } }).agent.pid === null,
    );
    await step('the agent starts', async () => (await tidemark('open', '--start', '--print', '--home', home)).includes('#secret='));
    const agent = await findAgent(home);
    await step('the agent answers', async () => agent?.version === version);
    if (agent !== undefined) {
      await step('the page is served', async () =>
        (await (await fetch(`http://127.0.0.1:${agent.port}/`)).text()).includes('<title>Tidemark</title>'),
      );
      await step(
        'the agent stops',
        async () => (await tidemark('stop', '--home', home)) !== undefined && (await findAgent(home)) === undefined,
      );
    }
    await step('the extension says what it is', () => extensionRefuses(executable));
  } finally {
    await rm(home, { recursive: true, force: true, maxRetries: 5 });
  }
  return problems;
}

/** Without a handshake it ends by itself. */
function extensionRefuses(executable: string): Promise<boolean> {
  return new Promise((done) => {
    const extension = spawn(executable, ['--as-window'], { stdio: ['ignore', 'ignore', 'ignore'], timeout: STEP_MS_MAX });
    extension.once('exit', (code) => done(code === 2));
    extension.once('error', () => done(false));
  });
}
