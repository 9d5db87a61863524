import { numbers, percentile, scale, tell } from '../table.ts';
import { linkDevices, type BenchDevice } from './devices.ts';
import type { Measured } from './installation.ts';
import { cpuMs, metric } from './processes.ts';

const DEVICES = numbers('TIDEMARK_BENCH_DEVICES', [1, 8, 64]);
const BATCHES = numbers('TIDEMARK_BENCH_BATCHES', [1, 100]);
/** Of each series, after its first commits. */
const SERIES_MS = 6_000 * scale;
const WARM_UP_MS = 1_500 * scale;
const FILES_DEVICES = 8;

interface Series {
  readonly what: string;
  readonly devices: readonly BenchDevice[];
  /** All in one workspace, or each in one of its own. */
  readonly isShared: boolean;
  readonly operations: (device: BenchDevice) => readonly unknown[] | Promise<readonly unknown[]>;
}

interface Counted {
  /** With those before the series began. */
  readonly commitsEver: number;
  readonly events: number;
  readonly ms: number;
  /** Between two answers, to whomever: how long everything stood still. */
  readonly silenceMs: number;
  readonly latenciesMs: readonly number[];
}

async function place({ devices, isShared, what }: Series): Promise<void> {
  const shared = isShared ? await devices[0]?.createWorkspace(what) : undefined;
  for (const device of devices) device.work(shared ?? (await device.createWorkspace(what)));
  await Promise.all(devices.map((device) => device.connect()));
}

/** Every device sends one commit after the other until the time is over; those that were answered after the first moments count, up to the very last. */
async function measure({ devices, operations }: Series): Promise<Counted> {
  const begin = performance.now() + WARM_UP_MS;
  const latenciesMs: number[] = [];
  let [commitsEver, events, last, silenceMs] = [0, 0, begin, 0];
  await Promise.all(
    devices.map(async (device) => {
      while (performance.now() < begin + SERIES_MS) {
        const batch = await operations(device);
        const sent = performance.now();
        await device.commit(batch);
        const answered = performance.now();
        commitsEver += 1;
        if (answered < begin) continue;
        silenceMs = Math.max(silenceMs, answered - last);
        last = answered;
        latenciesMs.push(answered - sent);
        events += batch.length;
      }
    }),
  );
  return { commitsEver, events, ms: last - begin, silenceMs, latenciesMs };
}

async function run(measured: Measured, series: Series): Promise<void> {
  const { name, urls, pids } = measured;
  await place(series);
  const [racesBefore, putOffBefore] = [await races(measured), putOff(series)];
  const [cpuBefore, ownBefore, began] = [await cpuMs(pids), process.cpuUsage(), performance.now()];
  const { commitsEver, events, ms, silenceMs, latenciesMs } = await measure(series);
  const [cpu, own, tookMs] = [(await cpuMs(pids)) - cpuBefore, process.cpuUsage(ownBefore), performance.now() - began];
  const perSecond = (count: number): string => (count / (ms / 1_000)).toFixed(count / (ms / 1_000) < 10 ? 1 : 0);
  const beside = [
    `p50 ${percentile(latenciesMs, 0.5).toFixed(1)}, p99 ${percentile(latenciesMs, 0.99).toFixed(1)} ms, longest silence ${silenceMs.toFixed(0)}`,
    `servers ${(cpu / commitsEver).toFixed(2)} ms CPU a commit, ${(cpu / tookMs).toFixed(2)} cores; load ${((own.user + own.system) / 1_000 / tookMs).toFixed(2)}`,
  ];
  if (urls.length > 1)
    beside.push(
      `${(((await races(measured)) - racesBefore) / commitsEver).toFixed(2)} races lost a commit, ${putOff(series) - putOffBefore} put off`,
    );
  tell(`${name}: ${series.what}`, `${perSecond(latenciesMs.length)} commits/s, ${perSecond(events)} events/s`, beside.join('; '));
}

const putOff = ({ devices }: Series): number => devices.reduce((sum, device) => sum + device.putOff, 0);

/** Appends to workspaces that lost a race so far, over all processes. */
const races = async ({ urls }: Measured): Promise<number> => {
  let sum = 0;
  for (const url of urls) sum += await metric(url, 'tidemark_append_retries_total', 'workspace');
  return sum;
};

const spoken = (devices: number, batch: number): string => `${devices} device${devices === 1 ? '' : 's'} × ${batch}`;

/** Folders, which need nothing but the commit; all devices in one stream, and each in one of its own. */
export async function commits(measured: Measured): Promise<void> {
  const all = await linkDevices(measured, Math.max(...DEVICES));
  for (const isShared of [true, false])
    for (const count of DEVICES)
      for (const batch of BATCHES) {
        if (!isShared && count === 1) continue;
        await run(measured, {
          what: `${isShared ? 'one workspace' : 'a workspace each'}, ${spoken(count, batch)}`,
          devices: all.slice(0, count),
          isShared,
          operations: (device) => device.folders(batch),
        });
      }
}

/** Files of 4 KiB with what a device sends before their commit: a pack of their chunks. */
export async function files(measured: Measured): Promise<void> {
  const devices = await linkDevices(measured, FILES_DEVICES);
  for (const batch of BATCHES)
    await run(measured, {
      what: `files after their pack, ${spoken(FILES_DEVICES, batch)}`,
      devices,
      isShared: true,
      operations: (device) => device.files(batch),
    });
}

/** Several write models on one stream: every append may find the other's before it, and is decided again. */
export async function oneStream(measured: Measured): Promise<void> {
  const all = await linkDevices(measured, Math.max(...DEVICES));
  for (const count of DEVICES.filter((one) => one > 1))
    for (const batch of BATCHES)
      await run(measured, {
        what: `two processes, one stream, ${spoken(count, batch)}`,
        devices: all.slice(0, count),
        isShared: true,
        operations: (device) => device.folders(batch),
      });
}
