import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Program, run, SERVER, TIDEMARK, until } from '../support/processes.ts';

const shell = fileURLToPath(new URL('../../apps/desktop/shell', import.meta.url));
const CODE = /[0-9A-Z]{4}(-[0-9A-Z]{4})+/;
let base: string;

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'tidemark-packed-'));
});
afterAll(() => rm(base, { recursive: true, force: true }));

test('what is packed needs no Node: its agent syncs a folder both ways with one of this repository, its worker included', async () => {
  const made = await run(join(shell, 'dist/package/main.js'), []);
  expect(made).toMatchObject({ code: 0, stderr: '' });
  const built = join(shell, 'built', 'package');
  const name = (await readdir(built)).find((one) => one.endsWith('.tar.gz')) ?? '';
  await promisify(execFile)('tar', ['-xzf', join(built, name), '-C', base]);
  const executable = join(base, name.replace('.tar.gz', ''), 'app/bin/tidemark');
  const packed = async (...words: string[]): Promise<string> =>
    (await promisify(execFile)(executable, [...words, '--home', join(base, 'packed')], { env: { PATH: '/usr/bin:/bin', HOME: base } }))
      .stdout;
  const plain = async (...words: string[]): Promise<string> => (await run(TIDEMARK, [...words, '--home', join(base, 'plain')])).stdout;

  const server = new Program(SERVER, ['serve', '--data', join(base, 'server'), '--port', '0']);
  try {
    const [, url = ''] = await server.line(/^ready (http:\S+)$/m);
    for (const [device, tidemark] of [
      ['one', packed],
      ['two', plain],
    ] as const) {
      const [code = ''] = CODE.exec((await run(SERVER, ['link-code', '--data', join(base, 'server')])).stdout) ?? [];
      await mkdir(join(base, device));
      await tidemark('link', url, '--code', code, '--device', device);
      await tidemark('add', join(base, device), '--workspace', 'w');
      await tidemark('open', '--start', '--print');
    }
    await writeFile(join(base, 'one', 'a.txt'), 'from the package');
    await until('it arrives', async () => (await readFile(join(base, 'two', 'a.txt'), 'utf8')) === 'from the package');
    await writeFile(join(base, 'two', 'b.txt'), 'to the package');
    await until('it arrives', async () => (await readFile(join(base, 'one', 'b.txt'), 'utf8')) === 'to the package');
  } finally {
    await packed('stop').catch(() => undefined);
    await plain('stop');
    await server.stop();
  }
});
