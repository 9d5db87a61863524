import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PLAIN, runProgram } from '@tidemark/cli';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../support/processes.ts';
import { World, type Device } from '../support/world.ts';

/** The verbs against a real agent and a real server; what each prints is held in test/command-line/. */
describe('the command line, with real agents', () => {
  let world: World;
  let laptop: Device;
  let phone: Device;
  /** The workspace as paths name it. */
  let docs: string;

  beforeAll(async () => {
    world = await World.start();
    laptop = world.device('laptop');
    phone = world.device('phone');
    docs = `${world.workspace}:`;
    await mkdir(laptop.path('old'), { recursive: true });
    await writeFile(laptop.path('old/in-it.txt'), 'in it');
    await writeFile(laptop.path('a.txt'), 'first');
    await world.quiet();
    await writeFile(laptop.path('a.txt'), 'second, and longer');
    await world.quiet();
  });
  afterAll(async () => {
    // One that a test has started is nobody's child.
    await run(phone, 'stop');
    await world.stop();
  });

  async function run(device: Device, ...argv: string[]): Promise<{ code: number; out: string; err: string }> {
    let out = '';
    let err = '';
    const screen = { ...PLAIN, write: (text: string) => void (out += text) };
    const code = await runProgram([...argv, '--home', device.home], screen, (text) => void (err += text));
    return { code, out, err };
  }
  async function must(device: Device, ...argv: string[]): Promise<string> {
    const { code, out, err } = await run(device, ...argv);
    if (code !== 0) throw new Error(`tidemark ${argv.join(' ')} ended with ${code}: ${err}`);
    return out;
  }
  const json = async <Answer>(device: Device, ...argv: string[]): Promise<Answer> =>
    JSON.parse(await must(device, ...argv, '--json')) as Answer;

  test('ls, find and log tell what is there and what happened', async () => {
    expect(await must(laptop, 'ls', laptop.folder)).toMatch(/18 B .* here +a\.txt\n/u);
    expect(await must(phone, 'ls', `${docs}old`)).toContain('in-it.txt');
    expect(await must(laptop, 'find', 'IN-it')).toContain(`${docs}old/in-it.txt`);
    expect(await must(phone, 'log', phone.path('a.txt'))).toMatch(/laptop +a\.txt +changed\n.*laptop +a\.txt +created\n/u);
    expect(await must(laptop, 'log', '--limit', '1')).toMatch(/a\.txt +changed\n$/u);
  });

  test('get and restore bring back what a file was, and what was deleted', async () => {
    const { revisions } = await json<{ revisions: { revision: string; bytes: number }[] }>(
      laptop,
      'log',
      laptop.path('a.txt'),
      '--revisions',
    );
    expect(revisions.map(({ bytes }) => bytes)).toEqual([18, 5]);
    const first = revisions.at(-1)?.revision ?? '';
    const to = join(world.base, 'got.txt');
    expect(await must(laptop, 'get', laptop.path('a.txt'), '--revision', first, '--to', to)).toBe(`${to}: 5 B\n`);
    expect(await readFile(to, 'utf8')).toBe('first');
    await must(laptop, 'restore', `${docs}a.txt`, '--revision', first);
    await world.quiet();
    expect(await readFile(phone.path('a.txt'), 'utf8')).toBe('first');
    await rm(phone.path('a.txt'));
    await world.quiet();
    expect((await run(laptop, 'ls', laptop.path('a.txt'))).code).toBe(1);
    await must(laptop, 'restore', laptop.path('a.txt'));
    await world.quiet();
    expect(await readFile(phone.path('a.txt'), 'utf8')).toBe('first');
  });

  test('while get lasts a terminal shows how far it is', async () => {
    const bytes = 2 * 1024 * 1024;
    await writeFile(laptop.path('large.bin'), randomBytes(bytes));
    await world.quiet();
    let drawn = '';
    const screen = { ...PLAIN, terminal: true, columns: 100, write: (text: string) => void (drawn += text) };
    phone.proxy.faults.bytesPerSecond = bytes / 2;
    try {
      const to = join(world.base, 'large.bin');
      expect(await runProgram(['get', `${docs}large.bin`, '--to', to, '--home', phone.home], screen, () => undefined)).toBe(0);
      expect(await readFile(to)).toEqual(await readFile(laptop.path('large.bin')));
    } finally {
      phone.proxy.faults.bytesPerSecond = 0;
    }
    expect(drawn).toMatch(/↓ \[█+░+\] \d+ % .* of 2\.0 MiB {2}large\.bin/u);
    expect(drawn.endsWith(`\r\u001b[K${join(world.base, 'large.bin')}: 2.0 MiB\n`)).toBe(true);
  });

  test('pause and resume; a conflict that came of it is listed, settled, and opened again', async () => {
    await must(phone, 'pause');
    expect((await phone.status()).workspaces[0]?.state).toBe('paused');
    await writeFile(laptop.path('a.txt'), 'of the laptop');
    await writeFile(phone.path('a.txt'), 'of the phone');
    await world.quietOne('laptop');
    await must(phone, 'resume', world.workspace);
    await until('the conflict is told', async () => (await must(laptop, 'conflicts')).includes('a.txt'));
    await world.quiet();
    expect(await must(laptop, 'conflicts')).toContain('tidemark conflicts settle 1 ');
    await must(laptop, 'conflicts', 'settle', '1', 'mine');
    await world.quiet();
    expect(await readFile(laptop.path('a.txt'), 'utf8')).toBe('of the phone');
    expect(await must(laptop, 'conflicts')).toBe('No conflict is open.\n');
    await must(phone, 'conflicts', 'unsettle', '1');
    await world.quiet();
    expect(await readFile(laptop.path('a.txt'), 'utf8')).toBe('of the laptop');
    await must(phone, 'conflicts', 'settle', '1', 'both');
  });

  test('choose leaves a folder to the server and brings it back', async () => {
    await must(phone, 'choose', phone.path('old'), '--away');
    await until('it has gone', async () => !(await stat(phone.path('old/in-it.txt')).catch(() => undefined)));
    expect(await must(phone, 'choose')).toBe(`${docs}old\n`);
    expect(await must(phone, 'ls', '--remote', docs)).toMatch(/on the server only +old\//u);
    await must(phone, 'choose', `${docs}old`, '--keep');
    await until('it is there', () => readFile(phone.path('old/in-it.txt'), 'utf8'));
  });

  test('ignore check says which rule hides a path', async () => {
    await writeFile(laptop.path('.tidemarkignore'), '*.o\n');
    await until('the rules are read', async () => (await must(laptop, 'ignore', 'check', laptop.path('x.o'))).includes('*.o'));
    expect(await must(laptop, 'ignore', 'check', laptop.path('a.txt'))).toContain('no rule hides it');
    expect(await must(laptop, 'ignore', 'show')).toBe('*.o\n');
  });

  test('report names no file unless it is told to, and never a secret; issues says that nothing is in the way', async () => {
    const secret = (await readFile(join(laptop.home, 'token'), 'utf8')).trim();
    const report = await must(laptop, 'report');
    expect(report).not.toContain('a.txt');
    for (const text of [report, await must(laptop, 'report', '--with-paths')]) expect(text).not.toContain(secret);
    expect(await must(laptop, 'issues')).toBe('Nothing is in the way.\n');
  });

  test('invite lets a further device in; devices lists it; unlink takes it out', async () => {
    const { code } = await json<{ code: string }>(laptop, 'invite');
    const tablet = { home: join(world.base, 'tablet-home'), folder: join(world.base, 'tablet') } as Device;
    await must(tablet, 'link', world.url, '--code', code, '--device', 'tablet');
    await must(tablet, 'add', tablet.folder, '--workspace', world.workspace);
    expect(await must(laptop, 'devices')).toMatch(/laptop \(this one\).*\n(.*\n)*tablet /u);
    await must(laptop, 'unlink', 'tablet', '--yes');
    expect(await must(laptop, 'devices')).not.toContain('tablet');
    expect((await run(tablet, 'invite')).code).not.toBe(0);
  });

  test('open gives the address at which the agent answers whoever has the secret', async () => {
    const url = new URL((await must(laptop, 'open', '--print')).trim());
    const answer = await fetch(new URL('/call/status', url), {
      method: 'POST',
      headers: { authorization: `Bearer ${url.hash.replace('#secret=', '')}`, 'content-type': 'application/json' },
      body: '{}',
    });
    expect(answer.status).toBe(200);
  });

  test('while no agent runs, what can be answered is answered by its program; stop and open --start', async () => {
    await must(phone, 'stop');
    await until('the agent has ended', () => phone.agent?.isRunning === false);
    expect(await must(phone, 'status')).toContain('No agent runs');
    expect(await must(phone, 'ls', docs)).toContain('a.txt');
    expect((await run(phone, 'open', '--print')).code).toBe(1);
    expect(await must(phone, 'open', '--print', '--start')).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/#secret=/u);
    await world.quiet();
    await must(phone, 'stop');
  });
});
