import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import type { FakeAgent } from '@tidemark/page/testing';
import { missing } from '../support/chromium.ts';

export { missing, startBrowser } from '../support/chromium.ts';

if (missing !== undefined) console.log(`the page is not looked at; ${missing}`);

export interface LookedAt {
  readonly page: Page;
  /** What went wrong without being asked for: script errors, console warnings, requests that failed or were refused, requests to anywhere but the agent. */
  readonly problems: string[];
  readonly close: () => Promise<void>;
}

export async function look(
  browser: Browser,
  agent: Pick<FakeAgent, 'url' | 'base'>,
  options: BrowserContextOptions & { at?: string } = {},
): Promise<LookedAt> {
  const { at, ...context } = options;
  const opened = await browser.newContext({ viewport: { width: 1280, height: 860 }, reducedMotion: 'reduce', ...context });
  const page = await opened.newPage();
  const problems: string[] = [];
  page.on('console', (message) => ['warning', 'error'].includes(message.type()) && problems.push(`console: ${message.text()}`));
  page.on('pageerror', (error) => problems.push(`script: ${error.stack ?? error.message}`));
  page.on(
    'request',
    (request) =>
      !/^(data|blob):/.test(request.url()) && !request.url().startsWith(`${agent.base}/`) && problems.push(`outside: ${request.url()}`),
  );
  // What the page itself lets go of (a question that nobody waits for any more) is no failure.
  page.on('requestfailed', (request) => request.failure()?.errorText !== 'net::ERR_ABORTED' && problems.push(`failed: ${request.url()}`));
  page.on('response', (response) => response.status() >= 400 && problems.push(`${response.status()}: ${response.url()}`));
  await page.goto(agent.url);
  await page.getByRole('heading', { level: 1 }).waitFor();
  if (at !== undefined) await goTo(page, at);
  return { page, problems, close: () => opened.close() };
}

export async function goTo(page: Page, fragment: string): Promise<void> {
  await page.evaluate((to) => {
    location.hash = to;
  }, fragment);
}

/** Nothing is on its way any more, and what it said is shown. */
export async function settled(page: Page): Promise<void> {
  await page.waitForFunction(() => document.querySelectorAll('.waiting').length === 0 && document.querySelector('h1') !== null);
}

const axeSource = readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What axe finds against WCAG 2.2 AA and its own best practices, each as one line. */
export async function violations(page: Page): Promise<string[]> {
  await page.evaluate(await axeSource);
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: {
        run: (
          root: Document,
        ) => Promise<{ violations: { id: string; help: string; nodes: { html: string; failureSummary?: string }[] }[] }>;
      };
    };
    const { violations } = await axe.run(document);
    return violations.map(
      ({ id, help, nodes }) =>
        `${id}: ${help}\n${nodes.map((node) => `    ${node.html.slice(0, 200)}\n    ${node.failureSummary ?? ''}`).join('\n')}`,
    );
  });
}
