// `npm run page:pictures`: every screen, light and dark, into docs/screens. Needs Chromium (Debian: apt-get install chromium; elsewhere name it in TIDEMARK_TEST_CHROMIUM).
import { mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { chromium, type Page, type Route } from 'playwright-core';
import { FACE_META } from '@tidemark/ipc';
import { startFakeAgent, type FakeAgent } from './fake-agent.ts';
import { smallPng } from './small-png.ts';

const FOLDER = fileURLToPath(new URL('../../../../../docs/screens/', import.meta.url));
const SIZE = { width: 1280, height: 800 };
/** Drawn at this part of their size, since they stand in the repository. */
const SCALE = 0.625;
const PHONE = { width: 360, height: 720 };
const CHROMIUM = process.env['TIDEMARK_TEST_CHROMIUM'] ?? '/usr/bin/chromium';
/** For what moves to have moved, and rates to be known. */
const RESTS_MS = 1_500;
const TRANSFERS_REST_MS = 22_000;

const press =
  (name: string | RegExp) =>
  (page: Page): Promise<void> =>
    page.getByRole('button', { name }).first().click();

const SCREENS: readonly { name: string; at: string; act?: (page: Page) => Promise<void> }[] = [
  { name: 'overview', at: '#/' },
  { name: 'files', at: '#/w/w-documents/files?chosen=Notes.md' },
  { name: 'activity', at: '#/w/w-documents/activity' },
  { name: 'deleted', at: '#/w/w-documents/deleted' },
  { name: 'issues', at: '#/w/w-photos/issues' },
  { name: 'conflicts', at: '#/w/w-photos/conflicts' },
  { name: 'texts', at: '#/w/w-photos/conflicts', act: press('Look at both texts') },
  { name: 'devices', at: '#/w/w-documents/devices' },
  { name: 'link', at: '#/w/w-documents/devices', act: press('Link a further device') },
  { name: 'kept', at: '#/w/w-documents/kept' },
  { name: 'settings', at: '#/settings' },
  { name: 'transfers', at: '#/transfers' },
];
const ON_PHONE = new Set(['overview', 'files', 'conflicts']);

await mkdir(FOLDER, { recursive: true });
const browser = await chromium.launch({ executablePath: CHROMIUM, args: process.getuid?.() === 0 ? ['--no-sandbox'] : [] });

async function open(agent: FakeAgent, colorScheme: 'light' | 'dark', viewport: { width: number; height: number }): Promise<Page> {
  const page = await browser.newPage({ viewport, colorScheme, deviceScaleFactor: SCALE, reducedMotion: 'reduce' });
  await page.goto(agent.url);
  await page.getByRole('heading', { level: 1 }).waitFor();
  return page;
}

async function take(page: Page, name: string): Promise<void> {
  await writeFile(`${FOLDER}${name}.png`, smallPng(await page.screenshot()));
}

for (const scheme of ['light', 'dark'] as const) {
  const agent = await startFakeAgent({ isLively: true });
  const page = await open(agent, scheme, SIZE);
  for (const { name, at, act } of SCREENS) {
    await page.evaluate((to) => {
      location.hash = to;
    }, at);
    await page.waitForTimeout(name === 'transfers' ? TRANSFERS_REST_MS : RESTS_MS);
    if (act) {
      await act(page);
      await page.waitForTimeout(RESTS_MS);
    }
    await take(page, `${name}-${scheme}`);
    if (act) await page.keyboard.press('Escape');
  }
  await page.close();
  const phone = await open(agent, scheme, PHONE);
  for (const { name, at } of SCREENS.filter((screen) => ON_PHONE.has(screen.name))) {
    await phone.evaluate(
      (to) => {
        location.hash = to;
      },
      at.replace(/\?.*/, ''),
    );
    await phone.waitForTimeout(RESTS_MS);
    await take(phone, `phone-${name}-${scheme}`);
  }
  await phone.close();
  await agent.close();

  const fresh = await startFakeAgent({ kind: 'new' });
  const first = await open(fresh, scheme, SIZE);
  await take(first, `first-run-${scheme}`);
  Object.assign(fresh.world.status.server, { url: 'https://tide.example.org', connected: true });
  fresh.world.tellStatus();
  await first.getByRole('heading', { name: 'Choose a folder' }).waitFor();
  await first.waitForTimeout(RESTS_MS);
  await take(first, `first-folder-${scheme}`);
  await first.close();

  const stranger = await browser.newPage({ viewport: SIZE, colorScheme: scheme, deviceScaleFactor: SCALE, reducedMotion: 'reduce' });
  await stranger.route(`${new URL(fresh.url).origin}/`, asServerDoes);
  await stranger.goto(`${new URL(fresh.url).origin}/`);
  await stranger.getByRole('heading', { level: 1 }).waitFor();
  await stranger.waitForTimeout(RESTS_MS);
  await take(stranger, `link-browser-${scheme}`);
  await stranger.close();
  await fresh.close();
}
await browser.close();

/** The page as a server gives it to a browser that is not linked. */
async function asServerDoes(route: Route): Promise<void> {
  const answer = await route.fetch();
  const body = (await answer.text()).replace(`name="${FACE_META}" content="agent"`, `name="${FACE_META}" content="server"`);
  await route.fulfill({ response: answer, body });
}

let bytes = 0;
for (const name of await readdir(FOLDER)) bytes += (await stat(`${FOLDER}${name}`)).size;
console.log(`${FOLDER}: ${Math.round(bytes / 1024)} KiB`);
