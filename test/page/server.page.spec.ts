// A browser at a server, with everything real: a server that serves the page, two agents, folders, and the page in a browser that has no agent.
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Browser, Page } from 'playwright-core';
import { until } from '../support/processes.ts';
import { World } from '../support/world.ts';
import { goTo, look, missing, settled, startBrowser, violations, type LookedAt } from './browser.ts';

describe.skipIf(missing !== undefined)(`the page of a real server ${missing ?? ''}`, () => {
  let browser: Browser;
  let world: World;
  let looked: LookedAt;

  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterAll(() => browser?.close());
  afterEach(async () => {
    await looked.close();
    await world.stop();
    expect(looked.problems).toEqual([]);
  });

  const on = (name: string, path: string): string => world.device(name).path(path);
  const heading = (page: Page, name: string | RegExp): Promise<void> => page.getByRole('heading', { level: 1, name }).waitFor();
  /** A "no" of the server is an error to the browser's console, and none to us. */
  function expectedNos(pattern: RegExp): void {
    expect(looked.problems.length).toBeGreaterThan(0);
    for (const one of looked.problems.splice(0)) expect(one).toMatch(pattern);
  }
  async function link(page: Page, code: string, name: string): Promise<void> {
    await page.getByRole('textbox', { name: 'Code' }).fill(code);
    await page.getByRole('textbox', { name: 'Name of this browser' }).fill(name);
    await page.getByRole('button', { name: 'Link this browser' }).click();
  }
  async function isAccessible(page: Page): Promise<void> {
    await settled(page);
    expect(await violations(page)).toEqual([]);
  }

  test('linked by a code it sees what agents synced, downloads what was, restores what was deleted, settles a conflict, and unlinks itself', async () => {
    world = await World.start();
    const laptop = world.device('laptop');
    await mkdir(on('laptop', 'photos'));
    await writeFile(on('laptop', 'photos/one.txt'), 'one');
    await writeFile(on('laptop', 'text.txt'), 'first');
    await world.quiet();
    await writeFile(on('laptop', 'text.txt'), 'second');
    await world.quiet();
    await rm(on('laptop', 'photos'), { recursive: true });
    await world.quiet();

    looked = await look(browser, { base: world.url, url: `${world.url}/` }, { acceptDownloads: true });
    const { page } = looked;
    await heading(page, 'Link this browser');
    await isAccessible(page);
    await link(page, 'AAAA-AAAA-AAAA-AAAA', 'office browser');
    await page.getByText('look for a typing mistake, or ask for a new one').waitFor();
    expectedNos(/^403: .*\/v1\/devices\/link$|status of 403/);
    await link(page, await world.linkCode(), 'office browser');
    await heading(page, '1 workspace on the server');
    const { token } = await page.evaluate(() => JSON.parse(localStorage.getItem('tidemark-browser') ?? '{}') as { token: string });
    expect(token.length).toBeGreaterThan(40);
    expect(page.url()).not.toContain(token);
    await isAccessible(page);

    const menu = page.getByRole('navigation', { name: 'Screens' });
    expect(await menu.getByRole('link').allInnerTexts()).toEqual([
      'Overview',
      'Files',
      'Activity',
      'Deleted',
      'Conflicts',
      'Devices',
      'Settings',
    ]);
    await menu.getByRole('link', { name: 'Files' }).click();
    await page.getByRole('row', { name: /text\.txt/ }).waitFor();
    await writeFile(on('laptop', 'later.txt'), 'later');
    // Nobody asks for it: the server tells.
    await page.getByRole('row', { name: /later\.txt/ }).waitFor();
    await isAccessible(page);
    await goTo(page, `${new URL(page.url()).hash}?chosen=text.txt`);
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page
        .getByRole('button', { name: /^Download revision/ })
        .last()
        .click(),
    ]);
    expect(await readFile(await download.path(), 'utf8')).toBe('first');
    await isAccessible(page);

    await menu.getByRole('link', { name: 'Deleted' }).click();
    await page.getByRole('button', { name: 'Restore photos' }).click();
    await world.untilOn('laptop', 'photos/one.txt');
    expect(await readFile(on('laptop', 'photos/one.txt'), 'utf8')).toBe('one');
    await page.getByText('Nothing is deleted').waitFor();
    await menu.getByRole('link', { name: 'Activity' }).click();
    await page
      .getByRole('row', { name: /office browser/ })
      .first()
      .waitFor();
    await isAccessible(page);

    const phone = world.device('phone');
    await world.quiet();
    phone.proxy.goOffline();
    await writeFile(on('laptop', 'later.txt'), 'of the laptop');
    await writeFile(on('phone', 'later.txt'), 'of the phone');
    await world.quietOne('laptop');
    await world.seen('phone');
    phone.proxy.goOnline();
    await menu.getByRole('link', { name: /^Conflicts\s*1/ }).click();
    await isAccessible(page);
    await page.getByRole('button', { name: 'Look at both texts' }).click();
    await page.getByRole('textbox', { name: 'The file, as it will be' }).getByText('of the laptop').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Keep the copy' }).click();
    await until('the laptop has what was chosen', async () => (await readFile(on('laptop', 'later.txt'), 'utf8')) === 'of the phone');
    await until('nothing is left to settle', async () => (await laptop.status()).workspaces[0]?.conflicts === 0);

    await menu.getByRole('link', { name: 'Devices' }).click();
    await page.getByRole('heading', { name: /office browser\s*This browser/ }).waitFor();
    await isAccessible(page);
    await menu.getByRole('link', { name: 'Settings' }).click();
    await isAccessible(page);
    await page.getByRole('button', { name: 'Unlink this browser…' }).click();
    await page.getByRole('button', { name: 'Unlink it' }).click();
    await heading(page, 'Link this browser');
    await page.getByText('This browser is unlinked, and its key is gone from it.').waitFor();
    expect(await page.evaluate(() => localStorage.length)).toBe(0);
    const again = await fetch(`${world.url}/call/status`, { method: 'POST', headers: { authorization: `Bearer ${token}` } });
    expect(again.status).toBe(401);
    // What the last page still followed may hear of it too.
    looked.problems.splice(0).forEach((one) => expect(one).toMatch(/^401: |status of 401/));

    await link(page, await world.linkCode(), 'another browser');
    await heading(page, '1 workspace on the server');
    const { device } = await page.evaluate(() => JSON.parse(localStorage.getItem('tidemark-browser') ?? '{}') as { device: string });
    await laptop.must('unlink', device, '--yes');
    await heading(page, 'Link this browser');
    await page.getByText('This device was unlinked; link it again with a new code to go on.').waitFor();
    expect(await page.evaluate(() => localStorage.length)).toBe(0);
    await until('the refusal was seen', async () => looked.problems.length > 0);
    expectedNos(/^401: |status of 401/);
  });
});
