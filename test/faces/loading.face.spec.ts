import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { TIDEMARK } from '../support/processes.ts';

const AGENT = fileURLToPath(new URL('../../apps/desktop/agent/dist/main.js', import.meta.url));

let base: string;
let watchLoading: string;
let count = 0;
beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'tidemark-loading-'));
  watchLoading = pathToFileURL(join(base, 'watch-loading.mjs')).href;
  const hook = `import { registerHooks } from 'node:module';
import { appendFileSync } from 'node:fs';
registerHooks({ load(url, context, next) { appendFileSync(process.env.LOADED, url + '\\n'); return next(url, context); } });`;
  await writeFile(new URL(watchLoading), hook);
});
afterAll(async () => {
  await rm(base, { recursive: true });
});

/** What a program loads, as URLs. */
async function loadedBy(script: string, options: readonly string[], input: string): Promise<{ loaded: string; out: string }> {
  const list = join(base, `loaded-${(count += 1)}`);
  const env = { ...process.env, LOADED: list };
  const out = execFileSync(process.execPath, ['--import', watchLoading, script, ...options], { input, env, encoding: 'utf8' });
  return { loaded: await readFile(list, 'utf8'), out };
}

test('the program that answers one call loads neither socket nor watchers nor what syncs', async () => {
  const question = `${JSON.stringify({ name: 'status', question: {} })}\n`;
  const { loaded, out } = await loadedBy(AGENT, ['calls', '--home', join(base, 'home')], question);
  expect(out).toContain('"ok":true');
  expect(loaded).toContain('agent/dist/calls.js');
  for (const one of ['socket.io', 'chokidar', 'workspace-sync', 'indexer/indexer', 'agent/dist/run.js']) expect(loaded).not.toContain(one);
});

test('help and completions need not know how answers are read', async () => {
  for (const words of [['--help'], ['completions', 'bash'], ['conflicts', '--help'], ['get', '--help']]) {
    const { loaded, out } = await loadedBy(TIDEMARK, words, '');
    expect(out).toContain('tidemark');
    // Of what faces share only the words, which load nothing.
    for (const one of ['/zod/', 'agent-line', 'desktop/ipc/dist/index.js']) expect(loaded).not.toContain(one);
  }
});
