import { spawnSync } from 'node:child_process';
import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FakeAgent } from './fake-agent.ts';

const isLinux = process.platform === 'linux';
const hasAnalyze = isLinux && spawnSync('systemd-analyze', ['--version']).status === 0;
const because = (there: boolean, reason: string): string => (there ? '' : ` (skipped: ${reason})`);

interface Installed {
  readonly name: string;
  readonly file: string;
  readonly text: string;
}

let agent: FakeAgent;
const kept = { PATH: process.env['PATH'], XDG_CONFIG_HOME: process.env['XDG_CONFIG_HOME'] };
beforeEach(async () => {
  agent = await FakeAgent.start();
  agent.answers.stop = () => {
    setTimeout(() => void agent.leave(), 50);
    return {};
  };
  process.env['XDG_CONFIG_HOME'] = agent.beside('config');
});
afterEach(async () => {
  for (const [name, value] of Object.entries(kept))
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  await agent.close();
});

/** A `systemctl` that notes what it is told, and ends with this code. */
async function fakeSystemctl(code: number): Promise<{ told(): Promise<string[]> }> {
  const bin = agent.beside('bin');
  const notes = agent.beside('notes');
  await mkdir(bin);
  await writeFile(join(bin, 'systemctl'), `#!/bin/sh\necho "$*" >> '${notes}'\n[ "$2" = is-active ] && echo active\nexit ${code}\n`);
  await chmod(join(bin, 'systemctl'), 0o700);
  process.env['PATH'] = `${bin}:${kept.PATH}`;
  return { told: async () => (await readFile(notes, 'utf8')).trimEnd().split('\n') };
}

describe.skipIf(!isLinux)(`service${because(isLinux, 'the means of this platform cannot be replaced in a test')}`, () => {
  test('--print only prints the unit', async () => {
    const { file, text } = (await agent.json('service', 'install', '--print')) as Installed;
    expect((await agent.run('service', 'install', '--print')).out).toBe(text);
    await expect(stat(file)).rejects.toThrow('ENOENT');
    expect(agent.asked).toEqual([]);
  });

  test('install stops an agent started by hand, writes a unit of the person, starts it now and at every log-in; uninstall takes it away', async () => {
    const systemctl = await fakeSystemctl(0);
    const { name, file, text } = (await agent.json('service', 'install')) as Installed;
    expect(agent.asked.map((one) => one.name)).toEqual(['stop']);
    expect(file).toBe(join(agent.beside('config'), 'systemd', 'user', `${name}.service`));
    expect(await readFile(file, 'utf8')).toBe(text);
    expect(await agent.run('service', 'status')).toMatchObject({ code: 0, out: `${name}: active (${file})\n` });
    expect(await agent.json('service', 'status')).toEqual({ name, file, isInstalled: true, state: 'active' });
    expect((await agent.run('service', 'uninstall')).code).toBe(0);
    await expect(stat(file)).rejects.toThrow('ENOENT');
    expect(await systemctl.told()).toEqual([
      '--user daemon-reload',
      `--user enable ${name}.service`,
      `--user restart ${name}.service`,
      `--user is-active ${name}.service`,
      `--user is-active ${name}.service`,
      `--user disable --now ${name}.service`,
      '--user daemon-reload',
    ]);
    expect((await agent.run('service', 'status')).out).toContain('not installed');
  });

  test('where systemd does not answer, the unit is written and how to start it is said, with exit code 1', async () => {
    await fakeSystemctl(1);
    const { code, err } = await agent.run('service', 'install');
    expect(code).toBe(1);
    expect(err).toMatch(
      /is written; start it with: systemctl --user daemon-reload && systemctl --user enable --now tidemark-\w+\.service/u,
    );
  });

  test.skipIf(!hasAnalyze)(
    `systemd-analyze verify accepts the unit, whatever the folder is called${because(hasAnalyze, 'there is no systemd-analyze here')}`,
    async () => {
      for (const home of [agent.home, `${agent.beside('it is')} 100% "$HOME" \\n 'ü'`]) {
        const { out } = await agent.run('service', 'install', '--print', '--home', home);
        const unit = agent.beside('tidemark-try.service');
        await writeFile(unit, out);
        const env = { ...process.env, XDG_RUNTIME_DIR: agent.beside('.') };
        const verified = spawnSync('systemd-analyze', ['verify', '--user', unit], { env, encoding: 'utf8' });
        expect({ status: verified.status, told: verified.stderr }).toEqual({ status: 0, told: '' });
      }
    },
  );
});
