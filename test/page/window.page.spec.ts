import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AgentWindow, coreHandshake } from '@tidemark/shell';
import { FakeCore } from '@tidemark/shell/testing';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { run, TIDEMARK, until } from '../support/processes.ts';
import { missing, startBrowser } from './browser.ts';

const reason = missing === undefined ? '' : ` (${missing})`;
const CLI = fileURLToPath(new URL('../../apps/desktop/cli/bin/tidemark.js', import.meta.url));

describe.skipIf(missing !== undefined)(`the window's frame, with a faked core and a real agent${reason}`, () => {
  let browser: Browser;
  let home: string;
  let core: FakeCore;
  let ended: Promise<void>;

  beforeAll(async () => {
    browser = await startBrowser();
    home = await mkdtemp(join(tmpdir(), 'tidemark-window-page-'));
    core = await FakeCore.start();
    ended = AgentWindow.run(coreHandshake.parse(JSON.parse(core.handshake)), {
      home,
      tidemark: { program: process.execPath, parameters: [CLI] },
      hasTrayHost: async () => true,
      log: () => undefined,
    });
  });
  afterAll(async () => {
    await browser.close();
    await core.close();
    await ended;
    await run(TIDEMARK, ['stop', '--home', home]);
    await rm(home, { recursive: true, force: true });
  });

  test("the agent's page is shown, loads again, and has nothing of the core's; no policy is broken on the way", async () => {
    const page = await browser.newPage();
    const problems: string[] = [];
    page.on('console', (message) => ['warning', 'error'].includes(message.type()) && problems.push(message.text()));
    page.on('pageerror', (error) => problems.push(String(error)));
    const globals = { NL_PORT: core.port, NL_TOKEN: core.token, NL_GINJECTED: true };
    // As the core hands them over: to the window's own page only.
    await page.addInitScript((given) => window.top === window && Object.assign(window, given), globals);
    await page.goto(`http://127.0.0.1:${core.port}/`);
    const shown = page.frameLocator('iframe').getByRole('heading', { level: 1 });
    await shown.waitFor();
    await page.reload();
    await shown.waitFor();
    const frame = page.frames().find((one) => one !== page.mainFrame());
    expect(await frame?.evaluate(() => 'NL_TOKEN' in window)).toBe(false);
    expect(core.of('extensions.dispatch').map(({ from, data }) => [from, data['event']])).toEqual([
      ['page', 'hello'],
      ['page', 'hello'],
    ]);
    expect(problems).toEqual([]);
    await page.close();
  });

  test('nobody else may show the page in a frame', async () => {
    const page = await browser.newPage();
    const other = await FakeCore.start();
    await page.goto(`http://127.0.0.1:${other.port}/`);
    const { base } = core.broadcast('tidemarkAgent').at(-1) as { base: string };
    const refused = page.waitForEvent('console', (message) => message.text().includes('frame-ancestors'));
    await page.evaluate((address) => {
      const frame = document.createElement('iframe');
      frame.src = address;
      document.body.append(frame);
    }, base);
    await refused;
    await page.close();
    await other.close();
  });

  test('a window whose extension was killed still shows the page, and can still be closed', async () => {
    const page = await browser.newPage();
    await page.addInitScript((given) => window.top === window && Object.assign(window, given), {
      NL_PORT: core.port,
      NL_TOKEN: core.token,
      NL_GINJECTED: true,
    });
    await page.goto(`http://127.0.0.1:${core.port}/`);
    const shown = page.frameLocator('iframe').getByRole('heading', { level: 1 });
    await shown.waitFor();
    await core.dropExtension();
    await ended;
    core.tell('windowClose');
    await until('the frame ends the window', () => core.of('app.exit').length > 0);
    expect(core.of('app.exit').map(({ from }) => from)).toEqual(['page']);
    expect(await shown.isVisible()).toBe(true);
    await page.close();
  });
});
