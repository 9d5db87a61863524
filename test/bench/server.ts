// `npm run bench:server`: what one server does on this machine. Servers are real processes; their devices are this one process, which speaks the protocol over
// kept connections and plain sockets. No figure is a pass mark; ARCHITECTURE.md says what bounds each. `npm run bench:server -- commits pushes` runs some of
// them; TIDEMARK_BENCH_SCALE=0.1 makes everything shorter and smaller (the figures then stand for nothing); TIDEMARK_BENCH_DEVICES=1,8,64, _BATCHES=1,100 and
// _CONNECTED=1,100,2000 choose the series; TIDEMARK_BENCH_PROFILE=DIR has each server write a CPU profile there.
import { cpus, loadavg } from 'node:os';
import { printTable, scale, wanted } from './table.ts';
import { commits, files, oneStream } from './server/commits.ts';
import { hangUp } from './server/devices.ts';
import { KINDS, type Installation, type Kind } from './server/installation.ts';
import { projecting } from './server/projecting.ts';
import { pushes } from './server/pushes.ts';

/** Each on an installation of its own, so that none finds what another left behind. */
const PARTS: readonly {
  readonly name: string;
  readonly processes?: number;
  readonly run: (installation: Installation) => Promise<void>;
}[] = [
  { name: 'commits', run: commits },
  { name: 'files', run: files },
  { name: 'one-stream', processes: 2, run: oneStream },
  { name: 'pushes', run: pushes },
  { name: 'projecting', run: projecting },
];

const machine = (): string =>
  `${cpus().length} cores shared by servers and load, load average ${loadavg()
    .map((one) => one.toFixed(1))
    .join(' ')}`;

let running: Installation | undefined;
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => void (running?.stop() ?? Promise.resolve()).finally(() => process.exit(1)));

async function runAll(kind: Kind): Promise<void> {
  if ('missing' in kind) {
    console.log(`\n${kind.name}: not here: ${kind.missing}`);
    return;
  }
  for (const { name, processes, run } of PARTS.filter((part) => wanted(part.name))) {
    running = await kind.start(processes === undefined ? {} : { processes });
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
}

console.log(`${machine()}; scale ${scale}\n`);
for (const kind of KINDS) await runAll(kind);
console.log(`\n${machine()}`);
printTable();
