import { PROTOCOL_VERSION, SOCKET_DELTA, SOCKET_FOLLOW, SOCKET_NAMESPACE } from '@tidemark/protocol';
import { io, type Socket } from 'socket.io-client';
import { until } from '../../support/processes.ts';
import { bytes, numbers, percentile, scale, tell } from '../table.ts';
import { linkDevices, type BenchDevice, type WireCursor, type Workspace } from './devices.ts';
import type { Measured } from './installation.ts';
import { cpuMs, openFilesMax, quietBytes } from './processes.ts';

const CONNECTED = numbers('TIDEMARK_BENCH_CONNECTED', [1, 100, 2_000]);
/** With so many devices the sockets are opened by turns: linking each of 2,000 would measure linking. */
const DEVICES_MAX = 50;
const CONNECTS_AT_ONCE = 20;
/** Files that are open besides the sockets. */
const FILES_SPARE = 200;
const SAVES_MAX = 100;
const DELTAS_MAX = 60_000;
const HEARD_MS_MAX = 60_000;

interface Delta {
  readonly to: WireCursor;
  readonly rows?: readonly unknown[];
}

/** One commit, and when each follower heard of it, by this process's clock. */
interface Save {
  readonly sentMs: number;
  answeredMs: number;
  readonly heardMs: number[];
  pokes: number;
}

/** Sockets that follow one workspace; each counts what it is told against the commit that is under way. */
class Audience {
  readonly #sockets: Socket[] = [];
  save: Save | undefined;

  async grow(to: number, url: string, devices: readonly BenchDevice[], { workspace }: Workspace, cursor: () => WireCursor): Promise<void> {
    const open = async (): Promise<void> => {
      while (this.#sockets.length < to) {
        const device = devices[this.#sockets.length % devices.length];
        const socket = io(`${url}${SOCKET_NAMESPACE}`, {
          auth: { token: device?.token, protocol: PROTOCOL_VERSION },
          transports: ['websocket'],
          reconnection: false,
          forceNew: true,
        });
        this.#sockets.push(socket);
        await new Promise<void>((resolve, reject) => {
          socket.once('connect', resolve);
          socket.once('connect_error', reject);
        });
        socket.on('disconnect', (reason) => {
          if (reason !== 'io client disconnect') throw new Error(`a socket was lost: ${reason}`);
        });
        socket.on(SOCKET_DELTA, (delta: Delta) => this.#heard(delta));
        const { ok } = (await socket.emitWithAck(SOCKET_FOLLOW, { workspace, cursor: cursor() })) as { ok: boolean };
        if (!ok) throw new Error('a socket may not follow');
      }
    };
    await Promise.all(Array.from({ length: CONNECTS_AT_ONCE }, open));
  }

  leave(): void {
    for (const socket of this.#sockets.splice(0)) socket.disconnect();
  }

  #heard({ rows }: Delta): void {
    this.save?.heardMs.push(performance.now());
    if (this.save !== undefined && rows === undefined) this.save.pokes += 1;
  }
}

/** From a commit to each follower, one commit at a time, with nothing else to do; and what a connected device costs in memory. */
export async function pushes(measured: Measured): Promise<void> {
  const { name, sockets, pids } = measured;
  const filesMax = (await openFilesMax()) - FILES_SPARE;
  const [writer, ...others] = await linkDevices(measured, DEVICES_MAX + 1);
  if (writer === undefined) return;
  const workspace = await writer.createWorkspace('pushes');
  writer.work(workspace);
  let at = await writer.commit(writer.folders(1));
  const audience = new Audience();
  let connected = 0;
  const atZero = await quietBytes(sockets.pid, sockets.url);
  try {
    for (const wanted of CONNECTED.map((count) => Math.max(1, Math.round(count * Math.min(scale, 1))))) {
      const count = Math.min(wanted, filesMax);
      if (count < wanted)
        console.log(`${wanted} sockets need more open files than the ${filesMax} this process may have: ${count}; raise ulimit -n`);
      await audience.grow(count, sockets.url, others, workspace, () => at);
      connected = count;
      // What is open already hears this one too; the first measured commit finds everybody where it begins.
      const saves: Save[] = [];
      const [cpuBefore, ownBefore] = [await cpuMs(pids), process.cpuUsage()];
      for (let n = 0; n < Math.min(SAVES_MAX, Math.ceil(DELTAS_MAX / count)); n += 1) {
        const operations = writer.folders(1);
        const save: Save = { sentMs: performance.now(), answeredMs: 0, heardMs: [], pokes: 0 };
        audience.save = save;
        at = await writer.commit(operations);
        save.answeredMs = performance.now();
        await until('every follower hears', () => save.heardMs.length >= count, HEARD_MS_MAX, 2);
        saves.push(save);
      }
      const cpu = (await cpuMs(pids)) - cpuBefore;
      const { user, system } = process.cpuUsage(ownBefore);
      audience.save = undefined;
      const what = `${name}: commit → delta, ${count} connected${count > others.length ? ` (of ${others.length} devices)` : ''}`;
      tellLatency(what, saves, { servers: cpu, load: (user + system) / 1_000 });
    }
    const atMany = await quietBytes(sockets.pid, sockets.url);
    tell(
      `${name}: memory of a connected device`,
      bytes((atMany - atZero) / connected),
      `${bytes(atZero)} with none, ${bytes(atMany)} with ${connected}`,
    );
  } finally {
    audience.leave();
  }
}

function tellLatency(what: string, saves: readonly Save[], cpuMsOf: { readonly servers: number; readonly load: number }): void {
  const since = (from: (save: Save) => number): readonly number[] =>
    saves.flatMap((save) => save.heardMs.map((heard) => heard - from(save)));
  const three = (values: readonly number[]): string =>
    [0.5, 0.95, 0.99].map((share) => `p${share * 100} ${percentile(values, share).toFixed(1)}`).join(', ');
  const messages = saves.reduce((sum, { heardMs }) => sum + heardMs.length, 0);
  const pokes = saves.reduce((sum, save) => sum + save.pokes, 0);
  const first = saves.map(({ sentMs, heardMs }) => (heardMs[0] ?? sentMs) - sentMs);
  const each = (ms: number): string => `${((ms * 1_000) / messages).toFixed(0)} µs`;
  tell(
    what,
    `${three(since(({ sentMs }) => sentMs))} ms`,
    [
      `from the answer: ${three(since(({ answeredMs }) => answeredMs))} ms; the first hears after p50 ${percentile(first, 0.5).toFixed(1)} ms`,
      `${saves.length} commits, ${messages} messages, ${pokes} of them pokes`,
      `CPU a message: servers ${each(cpuMsOf.servers)}, load ${each(cpuMsOf.load)}`,
    ].join('; '),
  );
}
