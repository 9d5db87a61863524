import { existsSync } from 'node:fs';
import { chromium, type Browser } from 'playwright-core';

const PLACES = [
  process.env['TIDEMARK_TEST_CHROMIUM'],
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];
const BUILT_PAGE = new URL('../../apps/desktop/page/dist/index.html', import.meta.url);
const found = PLACES.find((place) => place !== undefined && existsSync(place));

/** Why the page cannot be looked at here. */
export const missing =
  found === undefined
    ? 'skipped: no Chromium is installed (Debian: apt-get install chromium; elsewhere name it in TIDEMARK_TEST_CHROMIUM)'
    : existsSync(BUILT_PAGE)
      ? undefined
      : 'skipped: the page is not built (npm run build:page)';

export function startBrowser(): Promise<Browser> {
  // Chromium refuses its sandbox to root, and a container has often no other user.
  return chromium.launch({ executablePath: found as string, args: process.getuid?.() === 0 ? ['--no-sandbox'] : [] });
}
