import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { until } from '../support/processes.ts';
import { FakeAgent } from './fake-agent.ts';

const hasXdgOpen = process.platform === 'linux';
const reason = hasXdgOpen ? '' : ' (skipped: only on Linux is the browser started by a program that a test can put into PATH)';

let agent: FakeAgent;
const path = process.env['PATH'];
beforeEach(async () => {
  agent = await FakeAgent.start();
});
afterEach(async () => {
  process.env['PATH'] = path;
  await agent.close();
});

describe('open', () => {
  test('prints the address of the page, with its secret', async () => {
    expect(await agent.run('open', '--print')).toEqual({ code: 0, out: `${agent.address}#secret=${agent.secret}\n`, err: '' });
    expect(await agent.json('open', '--print')).toEqual({ url: `${agent.address}#secret=${agent.secret}` });
  });

  test.skipIf(!hasXdgOpen)(`hands the browser a file that only its owner can read, never the secret itself${reason}`, async () => {
    const bin = agent.beside('bin');
    const told = agent.beside('told');
    await mkdir(bin);
    await writeFile(join(bin, 'xdg-open'), `#!/bin/sh\nprintf '%s' "$*" > '${told}.new'; mv '${told}.new' '${told}'\n`);
    await chmod(join(bin, 'xdg-open'), 0o700);
    process.env['PATH'] = `${bin}:${path}`;
    expect(await agent.run('open')).toMatchObject({ code: 0, err: '' });
    const opened = await until('the browser is started', () => readFile(told, 'utf8'));
    expect(opened).not.toContain(agent.secret);
    const door = fileURLToPath(opened);
    expect((await stat(door)).mode & 0o077).toBe(0);
    expect(await readFile(door, 'utf8')).toContain(`location.replace("${agent.address}#secret=${agent.secret}")`);
  });

  test.skipIf(!hasXdgOpen)(`without a browser the address is printed and said to be for one${reason}`, async () => {
    process.env['PATH'] = agent.beside('empty');
    expect(await agent.run('open')).toMatchObject({
      code: 0,
      out: expect.stringContaining('#secret='),
      err: expect.stringContaining('open the address'),
    });
  });

  test('where no agent runs it starts none by itself', async () => {
    await agent.leave();
    const { code, out, err } = await agent.run('open');
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toContain('--start');
  });
});
