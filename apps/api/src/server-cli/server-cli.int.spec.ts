import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FolderInUse, dataFolder, lockFolder } from './data-folder.ts';

const BIN = join(import.meta.dirname, '../../bin/tidemark-server.js');
const isBuilt = existsSync(join(import.meta.dirname, '../../dist/main.js'));
let data: string;
const started: ChildProcess[] = [];

beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'tidemark-cli-'));
});
afterEach(async () => {
  for (const process of started.splice(0)) {
    if (process.exitCode !== null || process.signalCode !== null) continue;
    process.kill('SIGKILL');
    await once(process, 'exit');
  }
  rmSync(data, { recursive: true, force: true });
});

test('the data folder is what is said, then what the environment says, then where this platform keeps such things', () => {
  expect(dataFolder('/said', { TIDEMARK_DATA: '/environment' })).toBe('/said');
  expect(dataFolder(undefined, { TIDEMARK_DATA: '/environment' })).toBe('/environment');
  expect(dataFolder(undefined, {})).toMatch(/tidemark-server$/);
});

test('a data folder has one server', () => {
  const lock = lockFolder(data);
  expect(() => lockFolder(data)).toThrow(FolderInUse);
  expect(() => lockFolder(data)).toThrow(`process ${process.pid}`);
  lock.release();
  lockFolder(data).release();
});

/** Skipped where nothing is built yet: `npm test` builds first. */
describe.skipIf(!isBuilt)('tidemark-server', () => {
  const run = (...args: readonly string[]) => {
    const child = spawn(process.execPath, [BIN, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, TIDEMARK_DATA: data },
    });
    started.push(child);
    let errors = '';
    child.stderr.on('data', (text: Buffer) => (errors += text.toString()));
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const next = async (): Promise<string> => String((await lines.next()).value);
    const exit = async (): Promise<{ code: number | null; errors: string }> => {
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      return { code: child.exitCode, errors };
    };
    return { child, next, exit };
  };
  const link = (url: string, code: string) =>
    fetch(`${url}/v1/devices/link`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ code, device: 'laptop' }),
    });

  test('says when it is ready, gives a code on its first run and another while it runs, and stops with connections open', async () => {
    const server = run('serve', '--port', '0');
    const [ready, , command] = [await server.next(), await server.next(), await server.next()];
    const url = /^ready (http:\/\/127\.0\.0\.1:\d+)$/.exec(ready)?.[1] ?? '';
    expect(command).toMatch(new RegExp(`^tidemark link ${url} --code [0-9A-Z-]{19}$`));
    expect((await link(url, command.slice(-19))).status).toBe(200);

    const another = run('link-code');
    const code = await another.next();
    expect((await another.exit()).code).toBe(0);
    expect((await link(url, code)).status).toBe(200);

    const second = run('serve', '--port', '0');
    const refused = await second.exit();
    expect([refused.code, refused.errors]).toEqual([3, expect.stringContaining('stop that one first')]);

    const asked = performance.now();
    server.child.kill('SIGTERM');
    expect((await server.exit()).code).toBe(0);
    // One that waited for the open connections would take a minute.
    expect(performance.now() - asked).toBeLessThan(20_000);
  });

  test('a killed server leaves nothing in the way of the next, which gives no code by itself', async () => {
    const first = run('serve', '--port', '0');
    for (let line = 0; line < 3; line++) await first.next();
    first.child.kill('SIGKILL');
    await first.exit();
    const second = run('serve', '--port', '0');
    expect(await second.next()).toMatch(/^ready /);
    second.child.kill('SIGTERM');
    expect(await second.next()).toBe('undefined');
    expect((await second.exit()).code).toBe(0);
  });

  test('a port in use, and an option that is none, end with their own codes', async () => {
    const first = run('serve', '--port', '0');
    const port = /:(\d+)$/.exec(await first.next())?.[1] ?? '';
    const other = mkdtempSync(join(tmpdir(), 'tidemark-cli-'));
    const second = await run('serve', '--data', other, '--port', port).exit();
    rmSync(other, { recursive: true, force: true });
    expect([second.code, second.errors]).toEqual([4, expect.stringContaining(port)]);
    expect((await run('serve', '--prot', '1').exit()).code).toBe(2);
    expect((await run('serve', '--port', 'many').exit()).code).toBe(2);
    expect((await run('link-code', '--data', join(data, 'nowhere')).exit()).code).toBe(2);
  });
});
