// `npm run bench`: prints what the promises of speed and size are worth on this machine. Bytes are counted on the wire by a proxy between each agent and the
// server, headers included; times stand beside a plain copy of the same bytes where one makes sense. `npm run bench -- headline files` runs some of them;
// TIDEMARK_BENCH_SCALE=0.1 makes everything smaller (the figures then stand for nothing).
import { appendFile, copyFile, mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { overwriteByte, writeLarge } from '../support/files.ts';
import { until } from '../support/processes.ts';
import { World, type Device } from '../support/world.ts';
import { bytes, percentile, printTable, residentBytes, scale, seconds, tell, timed, wanted } from './table.ts';

const MIB = 1024 * 1024;
/** What is kept as base for later edits is kept in the background after a sync. */
const BASES_KEPT_MS = 10_000 * Math.max(scale, 0.3);
/** An agent gives memory back when there has been nothing to do for 12 s, a server after 2 s. */
const RESTED_MS = 20_000;

/** Waits until the receiver shows the file with the sender's size and time, then until both are quiet. */
async function crossed(world: World, from: Device, to: Device, name: string): Promise<number> {
  const wish = await stat(from.path(name));
  const started = performance.now();
  await until(
    `${name} crosses`,
    async () => {
      const seen = await stat(to.path(name)).catch(() => undefined);
      return seen?.size === wish.size && Math.trunc(seen.mtimeMs) === Math.trunc(wish.mtimeMs);
    },
    600_000,
    20,
  );
  const took = performance.now() - started;
  await world.quiet(600_000);
  return took;
}

async function headline(chunking: 'fastcdc' | 'fixed-4mib'): Promise<void> {
  const size = Math.round(1024 * MIB * scale);
  const world = await World.start({ chunking });
  const laptop = world.device('laptop');
  const phone = world.device('phone');
  try {
    const source = join(world.base, 'source.bin');
    await writeLarge(source, size, 'headline');
    const copy = await timed(() => copyFile(source, join(world.base, 'copy.bin')));
    await rename(source, laptop.path('large.bin'));
    const took = await crossed(world, laptop, phone, 'large.bin');
    tell(`(a) ${chunking}: first sync of ${bytes(size)}`, seconds(took), `${(took / copy).toFixed(1)} × a plain copy (${seconds(copy)})`);
    // The base of later edits is kept in the background; what counts is an edit of a file that has been there for a while.
    await new Promise((next) => setTimeout(next, BASES_KEPT_MS));
    const edits: [string, (path: string) => Promise<void>][] = [
      ['overwrite 1 byte', (path) => overwriteByte(path, Math.floor(size / 2))],
      [
        'insert 1 byte at the front',
        async (path) => {
          const beside = join(world.base, 'beside.bin');
          const file = await open(beside, 'w');
          await file.write('X');
          for await (const part of (await open(path)).createReadStream({ highWaterMark: 4 * MIB })) await file.write(part as Buffer);
          await file.close();
          await rename(beside, path);
        },
      ],
      ['append 1 KiB', (path) => appendFile(path, Buffer.alloc(1024, 'a'))],
    ];
    const sum = { up: 0, down: 0 };
    for (const [what, edit] of edits) {
      const before = { up: laptop.proxy.traffic().up, down: phone.proxy.traffic().down };
      await edit(laptop.path('large.bin'));
      const ms = await crossed(world, laptop, phone, 'large.bin');
      const up = laptop.proxy.traffic().up - before.up;
      const down = phone.proxy.traffic().down - before.down;
      sum.up += up;
      sum.down += down;
      tell(`(a) ${chunking}: ${what}`, `${bytes(up)} up, ${bytes(down)} down`, seconds(ms));
      await new Promise((next) => setTimeout(next, BASES_KEPT_MS));
    }
    tell(`(a) ${chunking}: the three edits`, `${bytes(sum.up)} up, ${bytes(sum.down)} down`);
  } finally {
    await world.stop();
  }
}

async function manyFiles(): Promise<void> {
  const count = Math.round(10_000 * scale);
  const world = await World.start();
  const laptop = world.device('laptop');
  const phone = world.device('phone');
  try {
    const outside = join(world.base, 'many');
    await mkdir(outside);
    const content = Buffer.alloc(4096);
    for (let n = 0; n < count; n += 1) {
      content.writeUInt32LE(n, 0);
      content.write(`file ${n}`.repeat(200), 8);
      await writeFile(join(outside, `file ${n}`), content);
    }
    const started = performance.now();
    await rename(outside, laptop.path('many'));
    await until(
      'uploaded',
      async () => {
        const [workspace] = (await laptop.status()).workspaces;
        return workspace?.state === 'idle' && (await laptop.entries()) >= count;
      },
      600_000,
      100,
    );
    const up = performance.now() - started;
    await until('received', async () => (await phone.entries()) >= count, 600_000, 100);
    await world.idle(600_000);
    const both = performance.now() - started;
    await world.quiet(600_000);
    tell(`(b) ${count} files of 4 KiB up`, `${Math.round(count / (up / 1000))} files/s`, seconds(up));
    tell(`(b) ${count} files of 4 KiB on the other device`, `${Math.round(count / (both / 1000))} files/s end to end`, seconds(both));
    tell(`(b) bytes on the wire`, `${bytes(laptop.proxy.traffic().up)} up, ${bytes(phone.proxy.traffic().down)} down`);

    const late = await world.prepareDevice('tablet', 'shared');
    const alone = await timed(async () => {
      await late.start();
      await until(
        'downloaded',
        async () => {
          const [workspace] = (await late.status()).workspaces;
          return workspace?.state === 'idle' && (await late.entries()) >= count;
        },
        600_000,
        100,
      );
    });
    tell(`(b) ${count} files of 4 KiB down to a new device, with fsync`, `${Math.round(count / (alone / 1000))} files/s`, seconds(alone));
    await late.stop();

    await new Promise((next) => setTimeout(next, RESTED_MS));
    tell('(d) memory, idle: agent', bytes(await residentBytes(laptop.agent?.pid ?? 0)), 'aim ≤ 150 MiB');
    tell('(d) memory, idle: receiving agent', bytes(await residentBytes(phone.agent?.pid ?? 0)), 'aim ≤ 150 MiB');
    tell('(d) memory, idle: server', bytes(await residentBytes(world.server.pids[0] ?? 0)), 'aim ≤ 150 MiB');

    const before = { up: laptop.proxy.traffic().up, down: phone.proxy.traffic().down };
    await rename(laptop.path('many'), laptop.path('renamed'));
    const renamed = await timed(async () => {
      await world.untilOn('phone', `renamed/file ${count - 1}`, 600_000);
      await world.idle(600_000);
    });
    await world.quiet(600_000);
    tell(
      `(f) a folder of ${count} files renamed`,
      `${bytes(laptop.proxy.traffic().up - before.up)} up, ${bytes(phone.proxy.traffic().down - before.down)} down`,
      `${seconds(renamed)} until both are idle again`,
    );
    await rm(phone.path('renamed'), { recursive: true });
    await world.quiet(600_000);
  } finally {
    await world.stop();
  }
}

async function latency(): Promise<void> {
  const world = await World.start();
  const laptop = world.device('laptop');
  const phone = world.device('phone');
  try {
    const times: number[] = [];
    for (let n = 0; n < Math.max(10, Math.round(50 * scale)); n += 1) {
      const name = `note ${n % 7}.txt`;
      const text = `save number ${n}\n`.repeat(1 + (n % 50));
      await writeFile(laptop.path(name), text);
      const started = performance.now();
      await until('visible', async () => (await readFile(phone.path(name), 'utf8').catch(() => '')) === text, 60_000, 5);
      times.push(performance.now() - started);
    }
    tell(
      '(c) save → visible on the other device',
      `p50 ${seconds(percentile(times, 0.5))}, p95 ${seconds(percentile(times, 0.95))}`,
      'aim 0.6 s, 2 s',
    );
  } finally {
    await world.stop();
  }
}

async function coldStart(): Promise<void> {
  const count = Math.round(100_000 * scale);
  const world = await World.start({ devices: ['laptop'] });
  const laptop = world.device('laptop');
  try {
    const outside = join(world.base, 'tree');
    for (let folder = 0; folder < count / 100; folder += 1) {
      await mkdir(join(outside, `folder ${folder}`), { recursive: true });
      for (let n = 0; n < 100; n += 1) await writeFile(join(outside, `folder ${folder}`, `file ${n}`), `${folder} ${n}`);
    }
    const first = await timed(async () => {
      await rename(outside, laptop.path('tree'));
      await until(
        'uploaded',
        async () => (await laptop.status()).workspaces[0]?.state === 'idle' && (await laptop.entries()) >= count,
        1_800_000,
        250,
      );
    });
    tell(`(e) ${count} small files, first upload`, `${Math.round(count / (first / 1000))} files/s`, seconds(first));
    await laptop.stop();
    const cold = await timed(async () => {
      await laptop.start();
      await until('idle', async () => (await laptop.status()).workspaces[0]?.state === 'idle', 600_000, 25);
    });
    tell(`(e) cold start with ${count} unchanged files`, seconds(cold), 'aim ≤ 3 s to idle');
    tell(`(e) memory of that agent`, bytes(await residentBytes(laptop.agent?.pid ?? 0)));
  } finally {
    await world.stop();
  }
}

if (wanted('headline')) {
  await headline('fastcdc');
  await headline('fixed-4mib');
}
if (wanted('files')) await manyFiles();
if (wanted('latency')) await latency();
if (wanted('start')) await coldStart();

printTable();
