// What a page and those who serve it cost: processor time while nothing happens, and memory.
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser, CDPSession } from 'playwright-core';
import { cpuMs } from '../server/processes.ts';

/** Process ids by what they belong to. */
export type Groups = Readonly<Record<string, readonly number[]>>;

/** All processes of a browser; ids are those of `/proc`. */
export async function processesOf(browser: Browser): Promise<readonly number[]> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  return processInfo.map(({ id }) => id);
}

/** Of each group the share of one core that it takes for so long, in percent. A process that ends meanwhile makes it NaN. */
export async function sharesOf(groups: Groups, forMs: number): Promise<ReadonlyMap<string, number>> {
  const names = Object.keys(groups);
  const spent = (): Promise<number[]> => Promise.all(names.map((name) => cpuMs(groups[name] ?? [])));
  const [before, began] = [await spent(), performance.now()];
  await sleep(forMs);
  const [after, took] = [await spent(), performance.now() - began];
  return new Map(names.map((name, at) => [name, (((after[at] ?? NaN) - (before[at] ?? NaN)) / took) * 100]));
}

export interface Memory {
  /** With what it shares with other processes, such as the browser's own program. */
  readonly resident: number;
  /** That part of it which is its own and nobody else's. */
  readonly own: number;
}

/** Bytes. */
export async function memoryOf(pid: number): Promise<Memory> {
  const text = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const kib = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1] ?? Number.NaN);
  return { resident: kib('VmRSS') * 1024, own: kib('RssAnon') * 1024 };
}

/** Bytes of the page's own objects once what is garbage was collected, and how many nodes its documents have. */
export async function heapOf(session: CDPSession): Promise<{ readonly bytes: number; readonly nodes: number }> {
  await session.send('HeapProfiler.collectGarbage');
  await session.send('Performance.enable');
  const { metrics } = await session.send('Performance.getMetrics');
  await session.send('Performance.disable');
  const of = (name: string): number => metrics.find((metric) => metric.name === name)?.value ?? Number.NaN;
  return { bytes: of('JSHeapUsedSize'), nodes: of('Nodes') };
}
