import { until } from '../../support/processes.ts';
import { scale, seconds, tell, timed } from '../table.ts';
import { linkDevices } from './devices.ts';
import type { Measured } from './installation.ts';
import { cpuMs, endedCpuMs, metric } from './processes.ts';

const EVENTS = 20_000 * scale;
const DEVICES = 8;
const BATCH = 100;
const PROJECT_MS_MAX = 600_000;

/** Events that are in the log already, projected from the first one on: beside what is there, and by a server that has lost its read model. */
export async function projecting(measured: Measured): Promise<void> {
  const { name, urls } = measured;
  const devices = await linkDevices(measured, DEVICES);
  const shared = await devices[0]?.createWorkspace('projecting');
  if (shared === undefined) return;
  let left = Math.ceil(EVENTS / BATCH);
  await Promise.all(
    devices.map(async (device) => {
      device.work(shared);
      while (left-- > 0) await device.commit(device.folders(BATCH));
    }),
  );
  const cpuBefore = await endedCpuMs();
  const ran = await measured.rebuild();
  const cpu = (await endedCpuMs()) - cpuBefore;
  const [, streams, events, rows, took] = /rebuilt: (\d+) streams, (\d+) events, (\d+) rows, ([\d.]+) s/.exec(ran.stdout) ?? [];
  if (ran.code !== 0) throw new Error(`the rebuild ended with ${ran.code}:\n${ran.stderr}`);
  const count = Number(events);
  tell(
    `${name}: projector --rebuild`,
    `${(count / Number(took)).toFixed(0)} events/s`,
    `${count} events of ${streams} streams, ${rows} rows, ${took} s; ${(cpu / count).toFixed(2)} ms CPU an event, start included`,
  );

  if (measured.restartWithoutReadModel === undefined) return;
  await measured.restartWithoutReadModel();
  const ms = await timed(() =>
    until(
      'the read model is there again',
      async () => (await metric(urls[0] ?? '', 'tidemark_projector_events_total')) >= count,
      PROJECT_MS_MAX,
      100,
    ),
  );
  tell(
    `${name}: the projector inside the server, from nothing`,
    `${(count / (ms / 1_000)).toFixed(0)} events/s`,
    `${count} events, ${seconds(ms)}; ${((await cpuMs(measured.pids)) / count).toFixed(2)} ms CPU an event, start included`,
  );
}
