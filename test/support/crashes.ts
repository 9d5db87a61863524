import { readdir, stat } from 'node:fs/promises';
import { until } from './processes.ts';
import { writeLarge } from './files.ts';
import { World, type Device } from './world.ts';

/** Of one pack on the wire, with its request. */
export const PACK_ON_THE_WIRE_BYTES_MAX = 8 * 1024 * 1024 + 256 * 1024;
const NAME = 'large.bin';

interface Result {
  /** Bytes that went over the wire beyond the file itself. */
  readonly again: number;
  readonly packBytesMax: number;
  /** Sizes under which the file was visible on the receiving device before it was whole. */
  readonly sawHalf: readonly number[];
}

interface Crash {
  readonly name: string;
  readonly run: (bytes: number, bytesPerSecond: number) => Promise<Result>;
}

async function crash(
  bytes: number,
  bytesPerSecond: number,
  direction: 'up' | 'down',
  kill: (world: World, sender: Device, receiver: Device) => Promise<void>,
): Promise<Result> {
  const world = await World.start();
  const sender = world.device('laptop');
  const receiver = world.device('phone');
  const watched = direction === 'up' ? sender : receiver;
  const sawHalf = new Set<number>();
  const over = new AbortController();
  const watching = (async () => {
    while (!over.signal.aborted) {
      const names = await readdir(receiver.folder).catch((): string[] => []);
      if (names.includes(NAME)) {
        const seen = await stat(receiver.path(NAME)).catch(() => undefined);
        if (seen && seen.size !== bytes) sawHalf.add(seen.size);
      }
      await new Promise((next) => setTimeout(next, 10));
    }
  })();
  try {
    const before = watched.proxy.traffic()[direction];
    watched.proxy.faults.bytesPerSecond = bytesPerSecond;
    await writeLarge(sender.path(NAME), bytes);
    await until('a good part is on the way', () => watched.proxy.traffic()[direction] - before > bytes * 0.4, 120_000);
    await kill(world, sender, receiver);
    watched.proxy.faults.bytesPerSecond = 0;
    await world.quiet(180_000);
    const again = watched.proxy.traffic()[direction] - before - bytes;
    return { again, packBytesMax: PACK_ON_THE_WIRE_BYTES_MAX, sawHalf: [...sawHalf] };
  } finally {
    over.abort();
    await watching;
    await world.stop();
  }
}

const restartServer = async (world: World): Promise<void> => {
  await world.server.stop('SIGKILL');
  await world.server.start();
};
const restart = async (device: Device): Promise<void> => {
  await device.kill();
  await device.start();
};

export const crashes: readonly Crash[] = [
  { name: 'the server in an upload', run: (bytes, rate) => crash(bytes, rate, 'up', restartServer) },
  { name: 'the server in a download', run: (bytes, rate) => crash(bytes, rate, 'down', restartServer) },
  { name: 'the agent in its upload', run: (bytes, rate) => crash(bytes, rate, 'up', (_world, sender) => restart(sender)) },
  { name: 'the agent in its download', run: (bytes, rate) => crash(bytes, rate, 'down', (_world, _sender, receiver) => restart(receiver)) },
];
