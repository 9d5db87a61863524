import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { residentBytes } from '../table.ts';
import { ask } from './devices.ts';

/** Of `/proc`, on every Linux. */
const TICKS_PER_SECOND = 100;
const QUIET_STEP_MS = 500;
/** Alike so many times in a row is quiet. A server collects once, two seconds after its last answer. */
const QUIET_STEPS = 8;
const QUIET_SHARE = 0.005;
const QUIET_MS_MAX = 40_000;
const ANSWERS_BEFORE_COLLECTION = 60;

/** Time that the processes have had of a processor so far, in their own code and in the system's, ms. NaN where there is no `/proc`. */
export async function cpuMs(pids: readonly number[]): Promise<number> {
  let sum = 0;
  for (const pid of pids) {
    const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
    const [user, system] = text.slice(text.lastIndexOf(')')).split(' ').slice(12, 14).map(Number);
    sum += (((user ?? Number.NaN) + (system ?? Number.NaN)) * 1_000) / TICKS_PER_SECOND;
  }
  return sum;
}

/** Time that programs which this process has run to their end have had, ms. */
export async function endedCpuMs(): Promise<number> {
  const text = await readFile('/proc/self/stat', 'utf8').catch(() => '');
  const [user, system] = text.slice(text.lastIndexOf(')')).split(' ').slice(14, 16).map(Number);
  return (((user ?? Number.NaN) + (system ?? Number.NaN)) * 1_000) / TICKS_PER_SECOND;
}

/** Resident memory of a server once it has collected its garbage and stays as it is. */
export async function quietBytes(pid: number, url: string): Promise<number> {
  // It collects when it was asked for something before it became quiet.
  for (let n = 0; n < ANSWERS_BEFORE_COLLECTION; n += 1) await ask('GET', `${url}/healthz`);
  const end = performance.now() + QUIET_MS_MAX;
  let last = 0;
  for (let alike = 0; alike < QUIET_STEPS && performance.now() < end;) {
    await sleep(QUIET_STEP_MS);
    const now = await residentBytes(pid);
    alike = Math.abs(now - last) <= last * QUIET_SHARE ? alike + 1 : 0;
    last = now;
  }
  return last;
}

/** Sum of a metric over all its labels that match. */
export async function metric(url: string, name: string, labels = ''): Promise<number> {
  const text = await ask<string>('GET', `${url}/metrics`);
  let sum = 0;
  for (const line of text.split('\n'))
    if (line.startsWith(name) && /^[{ ]/.test(line.slice(name.length)) && line.includes(labels)) sum += Number(line.split(' ').at(-1));
  return sum;
}

/** Most files and sockets that this process may have open; Node has raised its own limit as far as it goes. */
export async function openFilesMax(): Promise<number> {
  const text = await readFile('/proc/self/limits', 'utf8').catch(() => '');
  return Number(/^Max open files\s+(\d+)/m.exec(text)?.[1] ?? Number.POSITIVE_INFINITY);
}
