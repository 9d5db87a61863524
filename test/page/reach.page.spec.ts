import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Browser, Page } from 'playwright-core';
import { startFakeAgent, type FakeAgent } from '@tidemark/page/testing';
import { goTo, look, missing, settled, startBrowser } from './browser.ts';

/** More would mean that a list draws what nobody sees. */
const ROWS_DRAWN_MAX = 80;

describe.skipIf(missing !== undefined)(`reach: the keyboard and long lists ${missing ?? ''}`, () => {
  let browser: Browser;
  let agent: FakeAgent;
  beforeAll(async () => {
    browser = await startBrowser();
    agent = await startFakeAgent();
  });
  afterAll(async () => {
    await browser?.close();
    await agent?.close();
  });

  const focused = (page: Page): Promise<string> =>
    page.evaluate(() => {
      const element = document.activeElement as HTMLElement | null;
      return element?.getAttribute('aria-label') ?? element?.innerText ?? '';
    });
  const tabTo = async (page: Page, name: string | RegExp): Promise<void> => {
    for (let presses = 0; presses < 60; presses += 1) {
      await page.keyboard.press('Tab');
      const now = await focused(page);
      if (typeof name === 'string' ? now === name : name.test(now)) return;
    }
    throw new Error(`Tab does not lead to ${name}; it is at ${await focused(page)}`);
  };

  test('with the keyboard alone: past the menu, into a folder, to the details, back out, and something deleted restored', async () => {
    const { page, problems, close } = await look(browser, agent);
    await tabTo(page, 'Files');
    await page.keyboard.press('Enter');
    await page.getByRole('grid', { name: 'Files' }).waitFor();
    await page.locator('body').press('Tab');
    await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
    await tabTo(page, /Skip to the content/);
    await page.keyboard.press('Enter');
    await tabTo(page, /onerror/);
    // One stop for the whole list; arrows and Home and End move in it.
    await page.keyboard.press('ArrowDown');
    await expect.poll(() => focused(page)).toMatch(/^Accounts/);
    await page.keyboard.press('End');
    await expect.poll(() => focused(page)).toMatch(/^Work/);
    await page.keyboard.press('ArrowUp');
    await expect.poll(() => focused(page)).toMatch(/^Travel/);
    await page.keyboard.press('Tab');
    expect(await focused(page)).toBe('Details of Travel');
    await page.keyboard.press('Enter');
    await page.getByRole('complementary', { name: 'Details' }).getByRole('heading', { name: 'Travel' }).waitFor();
    await page.keyboard.press('Shift+Tab');
    await page.keyboard.press('Home');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.getByRole('navigation', { name: 'Path' }).getByText('Accounts').waitFor();

    await goTo(page, '#/w/w-documents/deleted');
    await page.getByRole('grid', { name: /Deleted/ }).waitFor();
    await page.locator('main').focus();
    await tabTo(page, /^Old letterhead/);
    await page.keyboard.press('ArrowDown');
    await expect.poll(() => focused(page)).toMatch(/^Flat viewing/);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByText('Flat viewing.pdf is back.').waitFor();
    expect(problems).toEqual([]);
    await close();
  });

  test('on a phone the menu opens, holds the focus, and closes with Escape and with a choice', async () => {
    const { page, problems, close } = await look(browser, agent, { viewport: { width: 360, height: 740 } });
    await page.getByRole('button', { name: 'Menu' }).press('Enter');
    const menu = page.getByRole('dialog', { name: 'Menu' });
    await menu.waitFor();
    for (let presses = 0; presses < 30; presses += 1) {
      await page.keyboard.press('Tab');
      expect(await menu.evaluate((element) => element.contains(document.activeElement))).toBe(true);
    }
    await page.keyboard.press('Escape');
    await menu.waitFor({ state: 'detached' });
    await expect.poll(() => focused(page)).toBe('Menu');
    await page.keyboard.press('Enter');
    await menu.getByRole('link', { name: 'Devices' }).click();
    await page.getByRole('heading', { level: 1, name: 'Devices' }).waitFor();
    await menu.waitFor({ state: 'detached' });
    expect(problems).toEqual([]);
    await close();
  });

  for (const at of ['#/w/w-documents/files', '#/w/w-documents/activity'])
    test(`the rows of ${at} lie close on each other, and do so again when the window becomes narrow`, async () => {
      const { page, problems, close } = await look(browser, agent, { at });
      await settled(page);
      const places = (): Promise<{ top: number; height: number }[]> =>
        page
          .getByRole('grid')
          .first()
          .getByRole('row')
          .evaluateAll((rows) =>
            rows
              .map((row) => ({ top: row.getBoundingClientRect().top, height: row.getBoundingClientRect().height }))
              .toSorted((a, b) => a.top - b.top),
          );
      const gaps = (rows: readonly { top: number; height: number }[]): number[] =>
        rows.slice(1).map(({ top }, before) => Math.round(top - (rows[before]?.top ?? 0) - (rows[before]?.height ?? 0)));
      const wide = await places();
      expect(wide.length).toBeGreaterThan(5);
      expect(new Set(gaps(wide))).toEqual(new Set([0]));
      await page.setViewportSize({ width: 360, height: 740 });
      await expect.poll(async () => (await places()).at(-1)?.height).toBeGreaterThan(wide.at(-1)?.height ?? Number.NaN);
      expect(new Set(gaps(await places()))).toEqual(new Set([0]));
      expect(problems).toEqual([]);
      await close();
    });

  for (const [what, at, isLast] of [
    ['a folder of almost 100,000 files', '#/w/w-documents/files/SCANS', /^scan-\d{6}\.pdf/],
    ['10,000 lines of activity', '#/w/w-documents/activity', /./],
  ] as const)
    test(`${what} is gone through to its end, page by page, with no more rows drawn than are seen`, async () => {
      const { page, problems, close } = await look(browser, agent);
      const scans = agent.world.workspaces.get('w-documents')!.tree.at('Scans')!;
      await goTo(page, at.replace('SCANS', scans.id));
      await settled(page);
      const grid = page.getByRole('grid').first();
      await grid.getByRole('row').first().focus();
      let drawnMost = 0;
      for (let jumps = 0; (await grid.getAttribute('aria-rowcount')) === '-1'; jumps += 1) {
        expect(jumps).toBeLessThan(5_000);
        await page.keyboard.press('End');
        drawnMost = Math.max(drawnMost, await grid.getByRole('row').count());
      }
      await page.keyboard.press('End');
      const count = Number(await grid.getAttribute('aria-rowcount'));
      expect(count).toBeGreaterThanOrEqual(at.includes('SCANS') ? scans.inside : 10_000);
      await expect.poll(() => page.evaluate(() => document.activeElement?.getAttribute('aria-rowindex'))).toBe(String(count));
      expect(await focused(page)).toMatch(isLast);
      expect(drawnMost).toBeLessThan(ROWS_DRAWN_MAX);
      // By the wheel, from the end to somewhere in the middle: rows are there, no gap.
      await grid.evaluate((element) => element.scrollTo(0, element.scrollHeight / 2));
      await expect.poll(() => grid.getByRole('row').first().getAttribute('aria-rowindex').then(Number)).toBeLessThan(count * 0.6);
      expect(await grid.getByRole('row').count()).toBeLessThan(ROWS_DRAWN_MAX);
      expect(problems).toEqual([]);
      await close();
    });
});
