// `npm run bench:page`: what the page costs with 100,000 entries: its size, how soon something is seen, how it scrolls, its memory, and what agent, page and browser do while
// nothing happens. Everything is real: a server, an agent with its folder, and the built page in Chromium as that agent serves it. What the main thread did is read from the
// browser's own trace; of each task also its thread's own time, which other work on the machine leaves as it is. No figure is a pass mark.
// TIDEMARK_BENCH_SCALE=0.1 makes everything smaller; `npm run bench:page -- load scroll` runs some of it.
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { must } from '@tidemark/domain';
import type { Browser, BrowserContext, CDPSession, Page } from 'playwright-core';
import { missing, startBrowser } from '../support/chromium.ts';
import { entryOf, ipcOf } from '../support/faces.ts';
import { until } from '../support/processes.ts';
import { World, type Device } from '../support/world.ts';
import { CATEGORIES, rendererOf, tasksOf, type Task, type TraceEvent } from './page/main-thread.ts';
import { heapOf, memoryOf, processesOf, sharesOf, type Groups } from './page/weight.ts';
import { cpuMs } from './server/processes.ts';
import { bytes, percentile, printTable, scale, seconds, tell, timed, wanted } from './table.ts';

const ENTRIES = Math.round(100_000 * scale);
/** In one folder, and so in one list. */
const FLAT = Math.round(ENTRIES * 0.4);
const FILES_PER_FOLDER = 100;
const ACTIVITY_ROWS = Math.round(10_000 * scale);
const LOADS = 5;
const LONG_TASK_MS = 50;
const WHEEL_PX = 1_800;
const JUMPS = 60;
const IDLE_MS = 60_000 * Math.max(scale, 0.1);
/** An agent gives memory back when there has been nothing to do for 12 s, and ends its thread for the disk; a server after 2 s. */
const RESTED_MS = 20_000;
/** What faces have asked for, an agent gives back after it has looked for news, once a minute. */
const RESTED_FROM_FACES_MS = 75_000;
const SAVES = 20;
const SAVED_EVERY_MS = 400;
const PAGE_FOLDER = fileURLToPath(new URL('../../apps/desktop/page/dist/', import.meta.url));

/** What a person waits for on a screen, and the fragment that leads there. */
interface Place {
  readonly name: string;
  readonly fragment: string;
  readonly content: string;
}

// ---- what there is

/** Small files: most a few in each of many folders, three deep, and many in one. */
async function fill(world: World, laptop: Device): Promise<void> {
  const outside = join(world.base, 'outside');
  const flat = join(outside, 'Scans');
  await mkdir(flat, { recursive: true });
  for (let n = 0; n < FLAT; n += 1) await writeFile(join(flat, `scan ${String(n).padStart(6, '0')}.txt`), `scan ${n}`);
  for (let n = FLAT, folder = ''; n < ENTRIES; n += 1) {
    const number = Math.floor((n - FLAT) / FILES_PER_FOLDER);
    if ((n - FLAT) % FILES_PER_FOLDER === 0) {
      folder = join(outside, `Year ${2000 + (number % 25)}`, `Month ${Math.floor(number / 25) % 12}`, `Project ${number}`);
      await mkdir(folder, { recursive: true });
    }
    await writeFile(join(folder, `note ${n}.md`), `note ${n}`);
  }
  const took = await timed(async () => {
    for (const name of await readdir(outside)) await rename(join(outside, name), laptop.path(name));
    await until(
      'everything is on the server',
      async () => (await laptop.status()).workspaces[0]?.state === 'idle' && (await laptop.entries()) >= ENTRIES,
      1_800_000,
      500,
    );
  });
  console.log(`${ENTRIES} files, ${FLAT} of them in one folder, were synced in ${seconds(took)}; ${load()}`);
}

const load = (): string =>
  `${cpus().length} cores; load average ${loadavg()
    .map((each) => each.toFixed(1))
    .join(', ')}`;

// ---- size

async function bundle(): Promise<void> {
  const sum = { raw: 0, packed: 0 };
  const first = await readFile(join(PAGE_FOLDER, 'index.html'), 'utf8');
  for (const one of await readdir(PAGE_FOLDER, { recursive: true, withFileTypes: true })) {
    if (!one.isFile()) continue;
    const content = await readFile(join(one.parentPath, one.name));
    const packed = gzipSync(content).length;
    sum.raw += content.length;
    sum.packed += packed;
    if (/\.(?:js|css)$/.test(one.name))
      tell(`bundle: ${one.name}`, `${bytes(content.length)}, gzip ${bytes(packed)}`, first.includes(one.name) ? 'at once' : 'when needed');
  }
  tell('bundle: everything', `${bytes(sum.raw)}, gzip ${bytes(sum.packed)}`);
}

// ---- looking

interface Tab {
  readonly context: BrowserContext;
  readonly page: Page;
  readonly session: CDPSession;
  /** Where the agent serves it. */
  readonly base: string;
}

/** Nothing is cached in it. `at`: what is waited for. */
async function open(browser: Browser, laptop: Device, at: Place): Promise<Tab> {
  const { port, secret } = await ipcOf(laptop);
  const base = `http://127.0.0.1:${port}/`;
  const context = await browser.newContext({ viewport: { width: 1280, height: 860 } });
  await context.addInitScript(`
    try { sessionStorage.setItem('tidemark-secret', ${JSON.stringify(secret)}); } catch { /* a page that is nowhere */ }
    new MutationObserver((_, observer) => {
      if (document.querySelector(${JSON.stringify(at.content)}) === null) return;
      observer.disconnect();
      requestAnimationFrame(() => setTimeout(() => { globalThis.contentSeenMs = performance.now(); }));
    }).observe(document, { childList: true, subtree: true });`);
  const page = await context.newPage();
  page.on('pageerror', (error) => console.error(`a fault of the page: ${error.stack ?? error.message}`));
  return { context, page, base, session: await context.newCDPSession(page) };
}

/** By the browser itself: Playwright evaluates texts by `eval`, which the page forbids. */
async function evaluate(session: CDPSession, expression: string): Promise<unknown> {
  const { result, exceptionDetails } = await session.send('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true });
  if (exceptionDetails) throw new Error(`${expression}: ${exceptionDetails.exception?.description ?? exceptionDetails.text}`);
  return result.value;
}

/** Opens the page there. @returns what happened meanwhile, and the process that the page is in. */
async function goAndSee(
  browser: Browser,
  { page, base, session }: Tab,
  { fragment }: Place,
): Promise<{ events: readonly TraceEvent[]; renderer: number }> {
  const { events } = await traced(browser, async () => {
    await page.goto(base + fragment);
    const look = 'globalThis.contentSeenMs === undefined ? setTimeout(look, 20) : seen()';
    await evaluate(session, `new Promise((seen) => { const look = () => ${look}; look(); })`);
  });
  return { events, renderer: must(rendererOf(events, base), 'the trace tells the process of the page') };
}

async function traced<Result>(browser: Browser, work: () => Promise<Result>): Promise<{ events: readonly TraceEvent[]; result: Result }> {
  await browser.startTracing(undefined, { categories: CATEGORIES });
  const result = await work();
  const trace = JSON.parse((await browser.stopTracing()).toString('utf8')) as { traceEvents: TraceEvent[] };
  return { events: trace.traceEvents, result };
}

function tellTasks(what: string, tasks: readonly Task[], aim: string): void {
  const long = tasks.filter(({ ms }) => ms > LONG_TASK_MS);
  const ownLong = long.filter(({ ownMs }) => ownMs > LONG_TASK_MS);
  const longest = tasks.toSorted((a, b) => b.ownMs - a.ownMs)[0];
  const parts = longest?.parts.slice(0, 4).map(([name, ms]) => `${name} ${ms.toFixed(0)}`);
  tell(
    `${what}: tasks over ${LONG_TASK_MS} ms`,
    `${ownLong.length} (${long.length} by the clock)`,
    [
      `of ${tasks.length}`,
      longest && `longest ${longest.ownMs.toFixed(0)} ms (${Math.max(...tasks.map(({ ms }) => ms)).toFixed(0)} by the clock)`,
      parts?.length && `of it ${parts.join(', ')}`,
      aim,
    ]
      .filter(Boolean)
      .join('; '),
  );
}

async function loads(browser: Browser, laptop: Device, places: readonly Place[]): Promise<void> {
  for (const place of places) {
    const seen: { paint: number; contentful: number; content: number }[] = [];
    let tasks: readonly Task[] = [];
    for (let n = 0; n < LOADS; n += 1) {
      const tab = await open(browser, laptop, place);
      const { events, renderer } = await goAndSee(browser, tab, place);
      tasks = [...tasks, ...tasksOf(events, renderer)];
      seen.push(
        (await evaluate(
          tab.session,
          `(() => {
            const at = (name) => performance.getEntriesByName(name)[0]?.startTime ?? NaN;
            return { paint: at('first-paint'), contentful: at('first-contentful-paint'), content: globalThis.contentSeenMs };
          })()`,
        )) as (typeof seen)[number],
      );
      await tab.context.close();
    }
    const middle = (of: (one: (typeof seen)[number]) => number): string =>
      `${percentile(seen.map(of), 0.5).toFixed(0)} (${Math.max(...seen.map(of)).toFixed(0)})`;
    tell(
      `${place.name}: first paint, contentful, its content`,
      `${middle(({ paint }) => paint)}, ${middle(({ contentful }) => contentful)}, ${middle(({ content }) => content)} ms`,
      `median of ${LOADS} (worst), nothing cached; aim < 1 s`,
    );
    tellTasks(`${place.name}, loading`, tasks, '');
  }
}

// ---- scrolling

interface Scrolled {
  readonly isAtEnd: boolean;
  readonly last: number;
  readonly drawn: number;
}
const scrolled = (session: CDPSession): Promise<Scrolled> =>
  evaluate(
    session,
    `(() => {
    const grid = document.querySelector('[role=grid]');
    const rows = [...grid.querySelectorAll('[role=row]')];
    return {
      isAtEnd: grid.getAttribute('aria-rowcount') !== '-1' && grid.scrollTop + grid.clientHeight >= grid.scrollHeight - 2,
      last: Math.max(0, ...rows.map((row) => Number(row.getAttribute('aria-rowindex')))),
      drawn: rows.length,
    };
  })()`,
  ) as Promise<Scrolled>;

/** By the wheel, as fast as the page follows, to the end or to so many rows; then here and there, as by the scroll bar. */
async function scroll({ page, session }: Tab, rowsMax: number): Promise<{ rows: number; drawnMost: number }> {
  const box = await page.locator('[role=grid]').boundingBox();
  await page.mouse.move((box?.x ?? 0) + 200, (box?.y ?? 0) + 200);
  let [rows, drawnMost] = [0, 0];
  for (let isDone = false; !isDone;) {
    for (let n = 0; n < 20; n += 1) await page.mouse.wheel(0, WHEEL_PX);
    const { isAtEnd, last, drawn } = await scrolled(session);
    rows = Math.max(rows, last);
    drawnMost = Math.max(drawnMost, drawn);
    isDone = isAtEnd || rows >= rowsMax;
  }
  for (let n = 0; n < JUMPS; n += 1) {
    await evaluate(
      session,
      `new Promise((next) => {
        const grid = document.querySelector('[role=grid]');
        grid.scrollTo(0, grid.scrollHeight * ${((n * 7_919) % 1_000) / 1_000});
        requestAnimationFrame(() => requestAnimationFrame(next));
      })`,
    );
  }
  return { rows, drawnMost };
}

/** One tab, in which a person looks through the largest folder and then at what happened: what it weighs in the end is the most that it may. */
async function scrolling(browser: Browser, laptop: Device, [overview, files, activity]: readonly [Place, Place, Place]): Promise<void> {
  const tab = await open(browser, laptop, overview);
  const { page, session } = tab;
  const { renderer } = await goAndSee(browser, tab, overview);
  const weigh = async (when: string): Promise<void> => {
    const [heap, memory] = [await heapOf(session), await memoryOf(renderer)];
    tell(
      `memory of the page: ${when}`,
      `heap ${bytes(heap.bytes)}, process ${bytes(memory.own)} its own`,
      `aim < 200 MiB; ${bytes(memory.resident)} with the browser's own program, ${heap.nodes} nodes`,
    );
  };
  await weigh('overview');
  for (const [place, rowsMax] of [
    [files, Number.POSITIVE_INFINITY],
    [activity, ACTIVITY_ROWS],
  ] as const) {
    await evaluate(session, `location.hash = ${JSON.stringify(place.fragment)}`);
    await page.locator(place.content).first().waitFor();
    const { events, result } = await traced(browser, () => scroll(tab, rowsMax));
    tellTasks(`${place.name}, scrolling through ${result.rows} rows`, tasksOf(events, renderer), 'aim: none');
    tell(`${place.name}: rows drawn at a time, at most`, String(result.drawnMost));
    await weigh(`after ${result.rows} rows of ${place.name}`);
  }
  await tab.context.close();
}

// ---- while nothing happens, and while something does

async function tellIdle(what: string, groups: Groups): Promise<void> {
  const shares = await sharesOf(groups, IDLE_MS);
  const ours = [...shares].filter(([name]) => name === 'agent' || name === 'page').reduce((sum, [, share]) => sum + share, 0);
  tell(
    `idle ${seconds(IDLE_MS)}, ${what}: agent${'page' in groups ? ' and page' : ''}`,
    `${ours.toFixed(2)} % of a core`,
    `aim < 0.5 %; ${[...shares].map(([name, share]) => `${name} ${share.toFixed(2)}`).join(', ')}`,
  );
}

async function tellResident(world: World, laptop: Device): Promise<void> {
  for (const [name, pid] of [
    ['agent', laptop.agent?.pid],
    ['server', world.server.pids[0]],
  ] as const) {
    const { resident, own } = await memoryOf(pid ?? 0);
    tell(`memory at rest: ${name}`, bytes(resident), `${bytes(own)} its own; aim ≤ 150 MiB`);
  }
}

async function idle(world: World, laptop: Device, browser: Browser, places: readonly Place[]): Promise<void> {
  const programs = { agent: [laptop.agent?.pid ?? 0], server: world.server.pids };
  const empty = await processesOf(browser);
  await sleep(RESTED_FROM_FACES_MS);
  await tellIdle('no page', { ...programs, 'an empty browser': empty });
  await tellResident(world, laptop);
  for (const place of places) {
    const tab = await open(browser, laptop, place);
    const { renderer } = await goAndSee(browser, tab, place);
    await sleep(RESTED_MS);
    const others = (await processesOf(browser)).filter((id) => id !== renderer);
    await tellIdle(place.name, { ...programs, page: [renderer], 'rest of the browser': others });
    await tab.context.close();
  }
}

/** What somebody's saves cost while a page shows where they show up. */
async function saves(world: World, laptop: Device, browser: Browser, places: readonly (Place | undefined)[]): Promise<void> {
  for (const place of places) {
    const opened = place && (await open(browser, laptop, place));
    const renderer = opened && (await goAndSee(browser, opened, place)).renderer;
    await sleep(3_000);
    const groups: Groups = {
      agent: [laptop.agent?.pid ?? 0],
      server: world.server.pids,
      ...(renderer !== undefined && { page: [renderer] }),
    };
    const spent = (): Promise<number[]> => Promise.all(Object.values(groups).map(cpuMs));
    const before = await spent();
    const from = await laptop.entries();
    for (let n = 0; n < SAVES; n += 1) {
      await writeFile(laptop.path(`save ${place?.name ?? 'nobody looks'} ${n}.txt`), `save ${n}`);
      await sleep(SAVED_EVERY_MS);
    }
    await until('the saves are there', async () => (await laptop.entries()) >= from + SAVES, 60_000, 200);
    await sleep(3_000);
    const after = await spent();
    const each = Object.keys(groups).map((name, at) => `${name} ${(((after[at] ?? NaN) - (before[at] ?? NaN)) / SAVES).toFixed(0)}`);
    tell(`a save, one every ${SAVED_EVERY_MS} ms, ${place ? `${place.name} open` : 'no page'}`, `${each.join(', ')} ms of CPU`);
    await opened?.context.close();
  }
}

// ---- all of it

if (missing !== undefined) {
  console.log(`bench:page is ${missing}`);
  process.exit(0);
}
if (wanted('bundle')) await bundle();
const world = await World.start({ devices: ['laptop'] });
let browser: Browser | undefined;
async function end(): Promise<void> {
  await browser?.close();
  await world.stop();
}
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void end().then(() => process.exit(1)));
try {
  const laptop = world.device('laptop');
  await fill(world, laptop);
  browser = await startBrowser();
  const id = await world.workspaceId(laptop);
  const overview = { name: 'overview', fragment: '#/', content: '.workspace-card-facts li' };
  const files = { name: 'files', fragment: `#/w/${id}/files/${await entryOf(laptop, 'Scans')}`, content: '.long-list .entry-row' };
  const activity = { name: 'activity', fragment: `#/w/${id}/activity`, content: '.long-list .activity-row' };
  if (wanted('load')) await loads(browser, laptop, [overview, files, activity]);
  if (wanted('scroll')) await scrolling(browser, laptop, [overview, files, activity]);
  if (wanted('idle')) await idle(world, laptop, browser, [overview, files, activity]);
  if (wanted('saves')) await saves(world, laptop, browser, [undefined, overview, files]);
  console.log(load());
  printTable();
} finally {
  await end();
}
