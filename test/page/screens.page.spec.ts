import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Browser } from 'playwright-core';
import { startFakeAgent, type FakeAgent } from '@tidemark/page/testing';
import { goTo, look, missing, settled, startBrowser, violations } from './browser.ts';

const SCREENS: readonly [at: string, heading: RegExp | string][] = [
  ['#/', 'Photos needs you'],
  ['#/transfers', 'Transfers'],
  ['#/w/w-documents/files', 'Files'],
  ['#/w/w-documents/files?chosen=Notes.md', 'Files'],
  ['#/w/w-documents/activity', 'Activity'],
  ['#/w/w-documents/deleted', 'Deleted'],
  ['#/w/w-documents/devices', 'Devices'],
  ['#/w/w-documents/kept', /What is kept/],
  ['#/w/w-documents/issues', 'Issues'],
  ['#/w/w-photos/issues', 'Issues'],
  ['#/w/w-photos/conflicts', 'Conflicts'],
  ['#/w/w-studio/conflicts', 'Conflicts'],
  ['#/settings', 'Settings'],
  ['#/w/nowhere/files', 'This workspace is not kept here'],
];

describe.skipIf(missing !== undefined)(`every screen of the page ${missing ?? ''}`, () => {
  let browser: Browser;
  let agent: FakeAgent;
  beforeAll(async () => {
    browser = await startBrowser();
    agent = await startFakeAgent({ entries: 2_000, lines: 600 });
  });
  afterAll(async () => {
    await browser?.close();
    await agent?.close();
  });

  for (const colorScheme of ['light', 'dark'] as const)
    test(`renders in ${colorScheme} without an error, a warning, a failed or an outside request, and axe finds nothing`, async () => {
      const { page, problems, close } = await look(browser, agent, { colorScheme });
      const found: string[] = [];
      for (const [at, heading] of SCREENS) {
        await goTo(page, at);
        await page.getByRole('heading', { level: 1, name: heading }).waitFor();
        await settled(page);
        found.push(...(await violations(page)).map((one) => `${at} ${one}`));
      }
      expect([...found, ...problems]).toEqual([]);
      await close();
    });

  test('fits 360 px: nothing is cut off at the side', async () => {
    const { page, problems, close } = await look(browser, agent, { viewport: { width: 360, height: 740 } });
    const found: string[] = [];
    for (const [at] of SCREENS) {
      await goTo(page, at);
      await settled(page);
      const wider = await page.evaluate(() =>
        [...document.querySelectorAll('main, main *')]
          .filter(
            (element) =>
              !element.closest('.cm-editor, svg') &&
              element.getBoundingClientRect().right > innerWidth + 1 &&
              element.getBoundingClientRect().width > 0 &&
              !element.closest('.hidden-words, .waterline'),
          )
          .map((element) => `${element.tagName}.${element.className}`),
      );
      found.push(...wider.map((one) => `${at} wider: ${one}`), ...(await violations(page)).map((one) => `${at} ${one}`));
      await page.keyboard.press('Escape');
    }
    expect([...found, ...problems]).toEqual([]);
    await close();
  });
});
