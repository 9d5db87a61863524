import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Program, SERVER, type Ran } from '../../support/processes.ts';
import { DistributedInstallation } from '../../support/installations/distributed.ts';
import { EmbeddedInstallation } from '../../support/installations/embedded.ts';
import { mongoKind } from '../../stack/mongo/mongo-server.ts';
import { startStack, whyNoStack, type Stack } from '../../stack/stack.ts';

/** What is measured: running, with the addresses of its processes, since a proxy before them would be measured too. */
export interface Measured {
  readonly name: string;
  /** Of its API processes; any request may go to any. */
  readonly urls: readonly string[];
  /** Where sockets are opened, and the process there. */
  readonly sockets: { readonly url: string; readonly pid: number };
  /** All processes of ours, while they run. */
  readonly pids: readonly number[];
  linkCode(): Promise<string>;
  /** `tidemark-projector --rebuild` */
  rebuild(): Promise<Ran>;
  /** Forgets the read model and starts again; only where the projector is inside the server. */
  restartWithoutReadModel?(): Promise<void>;
  stop(): Promise<void>;
}

/** Something to measure. */
export interface Kind {
  readonly name: string;
  /** Why it is not here; `undefined` where it is. */
  why(): string | undefined;
  /** @param processes how many take commits. */
  start(processes: number): Promise<Measured>;
  /** Ends what its installations shared. */
  end(): Promise<void>;
  /** What it stands on, once it was started. */
  story(): string;
}

/** `TIDEMARK_BENCH_PROFILE=DIR`: each server writes a CPU profile there when it ends. */
const profile = process.env['TIDEMARK_BENCH_PROFILE'];
const env = {
  TIDEMARK_LOG_LEVEL: 'error',
  ...(profile === undefined ? {} : { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${profile}` }),
};
const newFolder = (): Promise<string> => mkdtemp(join(process.env['TIDEMARK_TEST_DIR'] ?? tmpdir(), 'tidemark-bench-'));

/**
 * One process with SQLite and folders. Another one shares the log and the blocks and keeps a read model of its own: that is no way to run it, but the way
 * to have two write models on one log.
 */
async function startEmbedded(processes: number): Promise<Measured> {
  const base = await newFolder();
  const installation = new EmbeddedInstallation(base, env);
  const { data } = installation;
  const beside: Program[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(beside.map((program) => program.stop()));
    await installation.dispose();
    await rm(base, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    await installation.start();
    const urls = [installation.url];
    const shared = { TIDEMARK_EVENT_LOG: `sqlite:${join(data, 'events.sqlite')}`, TIDEMARK_BLOCKS: `file:${join(data, 'blocks')}` };
    while (urls.length < processes) {
      const folder = join(base, `beside-${urls.length}`);
      const program = new Program(SERVER, ['serve', '--data', folder, '--port', '0'], { ...env, ...shared });
      beside.push(program);
      const [, url = ''] = await program.line(/^ready (http:\S+)$/m);
      urls.push(url);
    }
    return {
      name: 'embedded',
      urls,
      get sockets() {
        return { url: installation.url, pid: installation.pids[0] ?? 0 };
      },
      get pids() {
        return [...installation.pids, ...beside.map(({ pid }) => pid)];
      },
      linkCode: () => installation.linkCode(),
      rebuild: () => installation.rebuild(),
      restartWithoutReadModel: async () => {
        await installation.stop();
        for (const suffix of ['', '-wal', '-shm']) await rm(join(data, `read-model.sqlite${suffix}`), { force: true });
        await installation.start();
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startDistributed(stack: Stack, processes: number): Promise<Measured> {
  const base = await newFolder();
  const installation = new DistributedInstallation(base, stack.urls, { env, spread: { apis: processes, projectors: 1, notifications: 1 } });
  const stop = async (): Promise<void> => {
    await installation.dispose();
    await rm(base, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    await installation.start();
  } catch (error) {
    const { output } = installation;
    await stop();
    throw new Error(`it did not start:\n${output}`, { cause: error });
  }
  const [line] = installation.notifications;
  return {
    name: 'distributed',
    urls: installation.apis.map(({ url }) => url),
    sockets: { url: line?.url ?? '', pid: line?.pid ?? 0 },
    pids: installation.pids,
    linkCode: () => installation.linkCode(),
    rebuild: () => installation.rebuild(),
    stop,
  };
}

let stack: Stack | undefined;
/** Figures of a double are none of the real thing. */
const EVENT_STORE =
  process.env['TIDEMARK_TEST_ESDB'] === undefined
    ? 'the double of EventStoreDB, on SQLite'
    : 'the EventStoreDB that TIDEMARK_TEST_ESDB names';

export const KINDS: readonly Kind[] = [
  {
    name: 'embedded',
    why: () => undefined,
    start: startEmbedded,
    end: () => Promise.resolve(),
    story: () => 'SQLite and folders, the projector inside the server',
  },
  {
    name: 'distributed',
    why: whyNoStack,
    start: async (processes) => startDistributed((stack ??= await startStack()), processes),
    end: async () => {
      await stack?.dispose();
      stack = undefined;
    },
    story: () =>
      `${EVENT_STORE}; ${mongoKind()}; Kafka; S3 through a proxy in this process; a projector and a notification process of its own`,
  },
];
