// `npm run bench:server`: what a server does on this machine. Servers are real processes; their devices are this one process, which speaks the protocol over
// kept connections and plain sockets. No figure is a pass mark; ARCHITECTURE.md says what bounds each. Words choose parts and kinds of stores:
// `npm run bench:server -- embedded commits pushes`. TIDEMARK_BENCH_SCALE=0.1 makes everything shorter and smaller (the figures then stand for nothing);
// TIDEMARK_BENCH_DEVICES=1,8,64, _BATCHES=1,100 and _CONNECTED=1,100,2000 choose the series; TIDEMARK_BENCH_PROFILE=DIR has each server write a CPU profile.
import { cpus, loadavg } from 'node:os';
import { printTable, scale } from './table.ts';
import { commits, files, oneStream } from './server/commits.ts';
import { hangUp } from './server/devices.ts';
import { KINDS, type Kind, type Measured } from './server/installation.ts';
import { projecting } from './server/projecting.ts';
import { pushes } from './server/pushes.ts';

/** Each on an installation of its own, so that none finds what another left behind. */
const PARTS: readonly { readonly name: string; readonly processes: number; readonly run: (measured: Measured) => Promise<void> }[] = [
  { name: 'commits', processes: 1, run: commits },
  { name: 'files', processes: 1, run: files },
  { name: 'one-stream', processes: 2, run: oneStream },
  { name: 'pushes', processes: 1, run: pushes },
  { name: 'projecting', processes: 1, run: projecting },
];

const words = process.argv.slice(2);
/** Of these names those that were asked for, or all where none was. */
function asked<Named extends { readonly name: string }>(all: readonly Named[]): readonly Named[] {
  const some = all.filter(({ name }) => words.includes(name));
  return some.length === 0 ? all : some;
}

const unknown = words.filter((word) => ![...PARTS, ...KINDS].some(({ name }) => name === word));
if (unknown.length > 0) throw new Error(`${unknown.join(', ')}: choose among ${[...KINDS, ...PARTS].map(({ name }) => name).join(', ')}`);

const machine = (): string => {
  const load = loadavg().map((one) => one.toFixed(1));
  return `${cpus().length} cores for servers, load and whatever else runs here; load average ${load.join(', ')}`;
};

let running: Measured | undefined;
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => {
    const ends = [running?.stop() ?? Promise.resolve(), ...KINDS.map((kind) => kind.end())];
    void Promise.allSettled(ends).then(() => process.exit(1));
  });

async function runAll(kind: Kind): Promise<void> {
  const why = kind.why();
  if (why !== undefined) {
    console.log(`\n${kind.name}: not here: ${why}`);
    return;
  }
  try {
    for (const { name, processes, run } of asked(PARTS)) {
      running = await kind.start(processes);
      if (name === asked(PARTS)[0]?.name) console.log(`\n${kind.name}: ${kind.story()}`);
      try {
        await run(running);
      } catch (error) {
        throw new Error(`${kind.name}, ${name}`, { cause: error });
      } finally {
        hangUp();
        await running.stop();
        running = undefined;
      }
    }
  } finally {
    await kind.end();
  }
}

console.log(`${machine()}; scale ${scale}`);
for (const kind of asked(KINDS)) await runAll(kind);
console.log(`\n${machine()}`);
printTable();
