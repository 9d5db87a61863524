// `npm run bench:queries`: how long the query API takes on an embedded installation whose one workspace has 100,000 entries and 1,000,000 events.
// Every question is asked over HTTP on one kept connection, so many times, each time about something else. No figure is a pass mark.
// TIDEMARK_BENCH_SCALE=0.1 makes the workspace smaller; words choose questions by parts of their names.
import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EntryId, WorkspaceId } from '@tidemark/domain';
import { EmbeddedInstallation } from '../support/installations/embedded.ts';
import { fill, type LargeWorkspace } from './queries/large-workspace.ts';
import { ask, BenchDevice, hangUp } from './server/devices.ts';
import { cpuMs } from './server/processes.ts';
import { bytes, percentile, printTable, scale, seconds, tell } from './table.ts';

const ENTRIES = Math.round(100_000 * scale);
const LINES = Math.round(1_000_000 * scale);
const TIMES = 40;
const WARM_UP_TIMES = 3;
/** As a page asks. */
const LIMIT = 100;

type Question = readonly [what: string, path: (n: number) => string];

/** Each by what a person does. */
function questionsOf(large: LargeWorkspace): readonly Question[] {
  const { folders, files, flat, hot, devices, accounts, paths, timeAt } = large;
  const one = <Item>(items: readonly Item[], n: number): Item => items[(n * 7_919) % items.length] as Item;
  const pathOf = (entry: EntryId): string => encodeURIComponent(paths.get(entry) ?? '');
  const leaf = (n: number): EntryId => one(folders.slice(-Math.floor(folders.length / 2)), n);
  const top = (n: number): EntryId => one(folders.slice(1, 9), n);
  const history = (query: string): string => `history?limit=${LIMIT}&${query}`;
  const aDay = (n: number): string => {
    const line = Math.floor((LINES * ((n % 38) + 1)) / 40);
    return `since=${timeAt(line)}&until=${timeAt(line + 1_440)}`;
  };
  return [
    ['children of the root, with sizes', () => `children?limit=${LIMIT}`],
    ['children of a folder at the top', (n) => `children?limit=${LIMIT}&parent=${top(n)}`],
    ['children of a folder far below', (n) => `children?limit=${LIMIT}&parent=${leaf(n)}`],
    ['children of a very large folder, any page', (n) => `children?limit=${LIMIT}&parent=${flat}&after=file%20${10_000 + n * 100}`],
    ['an entry, with its path', (n) => `entries/${one(files, n)}`],
    ['the root, with its size', () => 'entries/at?path='],
    ['an entry at its path', (n) => `entries/at?path=${pathOf(one(files, n))}`],
    ['find, very many', () => `find?limit=${LIMIT}&text=file`],
    ['find, folders with their sizes', () => `find?limit=${LIMIT}&text=folder`],
    ['find, one', (n) => `find?limit=${LIMIT}&text=${encodeURIComponent(`file ${20_000 + n}.`)}`],
    ['find, nothing', () => `find?limit=${LIMIT}&text=nothing-of-that-name`],
    ['deleted, first page', () => `deleted?limit=${LIMIT}`],
    ['deleted, any page', (n) => `deleted?limit=${LIMIT}&before=${LINES - Math.floor((n * ENTRIES) / 2_000)}`],
    ['revisions of a file', (n) => `entries/${one(files, n)}/revisions?limit=${LIMIT}`],
    ['revisions of a file that is always saved', () => `entries/${hot}/revisions?limit=${LIMIT}`],
    ['history, newest', () => history('')],
    ['history, any page', (n) => history(`before=${Math.floor((LINES * (n + 1)) / 41)}`)],
    ['history of an entry', (n) => history(`entry=${one(files, n)}`)],
    ['history of a device', (n) => history(`device=${one(devices, n)}`)],
    ['history of a person, any page', (n) => history(`account=${one(accounts, n)}&before=${Math.floor((LINES * (n + 1)) / 41)}`)],
    ['history of a day', (n) => history(aDay(n))],
    ['history of a device in a day', (n) => history(`${aDay(n)}&device=${one(devices, n)}`)],
    ['history within a folder far below', (n) => history(`path=${pathOf(leaf(n))}`)],
    ['history within a folder at the top', (n) => history(`path=${pathOf(top(n))}`)],
    ['history within the very large folder', () => history(`path=${pathOf(flat)}`)],
    ['history within it, of a device that is none', () => history(`path=${pathOf(flat)}&device=${crypto.randomUUID()}`)],
    ['history within it, of a person, in a day', (n) => history(`path=${pathOf(flat)}&account=${one(accounts, n)}&${aDay(n)}`)],
    ['conflicts', () => `conflicts?limit=${LIMIT}`],
    ['devices', () => 'devices'],
  ];
}

const base = await mkdtemp(join(process.env['TIDEMARK_TEST_DIR'] ?? tmpdir(), 'tidemark-bench-'));
const installation = new EmbeddedInstallation(base, { TIDEMARK_LOG_LEVEL: 'error' });
async function end(): Promise<void> {
  hangUp();
  await installation.dispose();
  await rm(base, { recursive: true, force: true, maxRetries: 5 });
}
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void end().then(() => process.exit(1)));

const load = (): string =>
  `${cpus().length} cores; load average ${loadavg()
    .map((each) => each.toFixed(1))
    .join(', ')}`;
try {
  await installation.start();
  const device = await BenchDevice.link(installation.url, await installation.linkCode(), 'bench');
  const { workspace, root } = await device.createWorkspace('Large');
  const began = performance.now();
  const where = { workspace: workspace as WorkspaceId, root: root as EntryId };
  const large = await fill(join(installation.data, 'read-model.sqlite'), where, { entries: ENTRIES, lines: LINES });
  // A server closes what was not used for so long.
  hangUp();
  console.log(`${ENTRIES} entries and ${LINES} events written in ${seconds(performance.now() - began)}; ${load()}`);
  const words = process.argv.slice(2);
  for (const [what, path] of questionsOf(large)) {
    if (words.length > 0 && !words.some((word) => what.includes(word))) continue;
    const tookMs: number[] = [];
    let [characters, items, cpuBefore] = [0, 0, 0];
    for (let n = 0; n < TIMES + WARM_UP_TIMES; n += 1) {
      if (n === WARM_UP_TIMES) cpuBefore = await cpuMs(installation.pids);
      const asked = performance.now();
      const answer = await ask<object>('GET', `${installation.url}/v1/workspaces/${workspace}/${path(n)}`, { token: device.token });
      if (n >= WARM_UP_TIMES) tookMs.push(performance.now() - asked);
      characters = JSON.stringify(answer).length;
      items = Math.max(0, ...Object.values(answer).map((value) => (Array.isArray(value) ? value.length : 0)));
    }
    const [p50, p95] = [percentile(tookMs, 0.5), percentile(tookMs, 0.95)];
    const cpu = ((await cpuMs(installation.pids)) - cpuBefore) / TIMES;
    tell(
      what,
      `p50 ${p50.toFixed(1)} ms, p95 ${p95.toFixed(1)} ms`,
      `${cpu.toFixed(1)} ms of CPU each; ${items} items, ${bytes(characters)}`,
    );
  }
  console.log(load());
  printTable();
} finally {
  await end();
}
