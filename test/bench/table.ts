import { readFile } from 'node:fs/promises';

/** `TIDEMARK_BENCH_SCALE=0.1` makes everything smaller; the figures then stand for nothing. */
export const scale = Number(process.env['TIDEMARK_BENCH_SCALE'] ?? '1');
const asked = process.argv.slice(2);
/** Whether this part was asked for on the command line; all are where none is. */
export const wanted = (name: string): boolean => asked.length === 0 || asked.includes(name);

/** Numbers with commas in between, from the environment. */
export const numbers = (variable: string, otherwise: readonly number[]): readonly number[] =>
  process.env[variable]?.split(',').map(Number) ?? otherwise;

const MIB = 1024 * 1024;
const table: { what: string; figure: string; beside: string }[] = [];

/** A figure, said at once and once more in the table at the end. */
export function tell(what: string, figure: string, beside = ''): void {
  table.push({ what, figure, beside });
  console.log(`${what.padEnd(56)} ${figure.padStart(34)}  ${beside}`);
}

/** All that was told, as a table for a README. */
export function printTable(): void {
  console.log('\n| what | figure | beside |\n| --- | --- | --- |');
  for (const { what, figure, beside } of table) console.log(`| ${what} | ${figure} | ${beside} |`);
}

export const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`;
export const bytes = (count: number): string => (count < MIB / 10 ? `${(count / 1024).toFixed(1)} KiB` : `${(count / MIB).toFixed(2)} MiB`);

export async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

export const percentile = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? 0;

export async function residentBytes(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(text)?.[1] ?? Number.NaN) * 1024;
}
