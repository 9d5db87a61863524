import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { run, SERVER, TIDEMARK } from '../support/processes.ts';
import { World } from '../support/world.ts';

describe('the command lines', () => {
  let world: World;
  beforeAll(async () => {
    world = await World.start({ devices: ['laptop'] });
  });
  afterAll(async () => {
    await world.stop();
  });

  const fresh = (name: string): string => join(world.base, `${name}-home`);

  test('`status --json` prints what scripts rely on', async () => {
    const laptop = world.device('laptop');
    await writeFile(laptop.path('a.txt'), 'a');
    await world.quiet();
    const status = JSON.parse(await laptop.must('status', '--json')) as Record<string, never>;
    const count = { entries: expect.any(Number), bytes: expect.any(Number) };
    expect(status).toEqual({
      agent: { pid: laptop.agent?.pid, version: expect.any(String) },
      server: { url: laptop.proxy.url, connected: true },
      workspaces: [
        {
          name: world.workspace,
          id: await world.workspaceId(laptop),
          folder: laptop.folder,
          state: 'idle',
          head: 1,
          applied: 1,
          pending: { upload: count, download: count },
          issues: [],
          conflicts: 0,
        },
      ],
      traffic: { sentBytes: expect.any(Number), receivedBytes: expect.any(Number) },
    });
    expect(await laptop.must('status')).toContain(world.workspace);
  });

  test('a wrong code is refused with a sentence and its own exit code, and links nothing', async () => {
    const ran = await run(TIDEMARK, ['link', world.url, '--code', 'AAAA-BBBB-CCCC-DDDD', '--device', 'x', '--home', fresh('x')]);
    expect(ran.code).toBe(5);
    expect(ran.stderr).toMatch(/code/i);
    const status = await run(TIDEMARK, ['status', '--json', '--home', fresh('x')]);
    expect((JSON.parse(status.stdout) as { server: { url: unknown } }).server.url).toBeNull();
  });

  test('a code works once', async () => {
    const code = await world.linkCode();
    expect((await run(TIDEMARK, ['link', world.url, '--code', code.toLowerCase(), '--home', fresh('once')])).code).toBe(0);
    expect((await run(TIDEMARK, ['link', world.url, '--code', code, '--home', fresh('twice')])).code).toBe(5);
  });

  test('a server that is not there, and a device that is not linked, have exit codes and say what to do', async () => {
    const away = await run(TIDEMARK, ['link', 'http://127.0.0.1:9', '--code', 'AAAA-BBBB-CCCC-DDDD', '--home', fresh('away')]);
    expect(away.code).toBe(4);
    const unlinked = await run(TIDEMARK, ['add', join(world.base, 'somewhere'), '--workspace', 'w', '--home', fresh('unlinked')]);
    expect(unlinked.code).toBe(3);
    expect(unlinked.stderr).toMatch(/tidemark link/);
  });

  test('a second agent on the same home is refused', async () => {
    const laptop = world.device('laptop');
    const second = await laptop.tidemark('agent');
    expect(second.code).toBe(6);
    expect(laptop.agent?.isRunning).toBe(true);
  });

  test('a second server on the same data folder is refused', async () => {
    const second = await world.server.startTwice();
    expect(second.code).toBe(3);
    expect(second.stderr).toMatch(/use/);
  });

  test('folders can be added and removed while the agent runs; unusable ones are refused', async () => {
    const laptop = world.device('laptop');
    const second = join(world.base, 'second');
    await mkdir(second);
    await writeFile(join(second, 'b.txt'), 'b');
    const another = `${world.workspace}, second`;
    await laptop.must('add', second, '--workspace', another, '--chunking', 'fixed-4mib');
    await world.quietOne('laptop');
    expect((await laptop.status()).workspaces.map(({ name, state }) => [name, state])).toEqual([
      [world.workspace, 'idle'],
      [another, 'idle'],
    ]);
    expect((await laptop.tidemark('add', join(second, 'inside'), '--workspace', 'third')).code).toBe(7);
    expect((await laptop.tidemark('add', join(laptop.home, 'inside'), '--workspace', 'third')).code).toBe(7);
    await laptop.must('remove', second);
    expect((await laptop.status()).workspaces.map(({ name }) => name)).toEqual([world.workspace]);
    expect(await readFile(join(second, 'b.txt'), 'utf8')).toBe('b');
    expect((await laptop.tidemark('remove', second)).code).toBe(7);
  });

  test('secrets are readable by their owner alone', async () => {
    for (const file of ['token', 'ipc.json']) expect((await stat(join(world.device('laptop').home, file))).mode & 0o077).toBe(0);
  });

  test('the help of both programs names every command and the exit codes', async () => {
    const tidemark = await run(TIDEMARK, ['--help']);
    for (const word of ['link', 'add', 'remove', 'agent', 'status', 'explain', 'xit code']) expect(tidemark.stdout).toContain(word);
    const server = await run(SERVER, ['--help']);
    for (const word of ['serve', 'link-code']) expect(server.stdout).toContain(word);
  });
});
