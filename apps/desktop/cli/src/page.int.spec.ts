import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { answerOf, IPC_FILE, type Status } from '@tidemark/ipc';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { startAgent } from './page.ts';

const hasProcessList = existsSync('/proc/self/cmdline');
const reason = hasProcessList ? '' : ' (skipped: there is no /proc here to read other processes from)';
const status: Status = {
  agent: { pid: 1, version: '0.1.0' },
  server: { url: null, connected: false },
  workspaces: [],
  traffic: { sentBytes: 0, receivedBytes: 0 },
};

let home: string;
let winner: Server;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'tidemark-cli-'));
  winner = createServer((_, response) => response.end(JSON.stringify(answerOf(status))));
  await new Promise<void>((done) => winner.listen(0, '127.0.0.1', done));
});
afterEach(async () => {
  winner.closeAllConnections();
  winner.close();
  await rm(home, { recursive: true });
});

async function agentsOfHome(): Promise<number> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const lists = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
  return lists.filter((parameters) => parameters.includes(`\0run\0--home\0${home}\0`)).length;
}

test.skipIf(!hasProcessList)(
  `of two agents started at once, the one that came second does not wait to get the home later${reason}`,
  async () => {
    const address = winner.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    const written = JSON.stringify({ port, secret: 's'.repeat(43), pid: 1, version: '0.1.0' });
    await writeFile(join(home, IPC_FILE), written);
    expect(await startAgent(home)).toContain(`:${port}/`);
    await vi.waitFor(async () => expect(await agentsOfHome()).toBe(0), { timeout: 10_000 });
    expect(await readFile(join(home, IPC_FILE), 'utf8')).toBe(written);
  },
);
