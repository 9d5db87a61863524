import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Program, PROJECTOR, run, SERVER, type Ran } from '../../support/processes.ts';

/** Real server processes over one set of stores, on loopback. */
export interface Installation {
  readonly name: string;
  /** Of its API processes; any request may go to any. */
  readonly urls: readonly string[];
  /** Where sockets are opened. */
  readonly socketUrl: string;
  /** Processes of ours that answer requests. */
  readonly apiPids: readonly number[];
  /** The process behind {@link socketUrl}. */
  readonly socketPid: number;
  /** A code for the operator's account. */
  linkCode(): Promise<string>;
  /** `tidemark-projector --rebuild` over its stores. */
  rebuild(): Promise<Ran>;
  /** Forgets the read model and starts again; only where the projector is inside the server. */
  restartWithoutReadModel?(): Promise<void>;
  stop(): Promise<void>;
}

/** An installation, or why there is none here. */
export type Kind = { readonly name: string } & (
  { readonly start: (options?: { readonly processes?: number }) => Promise<Installation> } | { readonly missing: string }
);

/** `TIDEMARK_BENCH_PROFILE=DIR`: each server writes a CPU profile there when it ends. */
const profile = process.env['TIDEMARK_BENCH_PROFILE'];
const serverEnv = profile === undefined ? {} : { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${profile}` };

async function startServer(data: string, port: string, env: Record<string, string> = {}): Promise<{ program: Program; url: string }> {
  const program = new Program(SERVER, ['serve', '--data', data, '--port', port], { TIDEMARK_LOG_LEVEL: 'error', ...serverEnv, ...env });
  const [, url] = await program.line(/^ready (http:\S+)$/m);
  return { program, url: url ?? '' };
}

/**
 * One process with SQLite and folders. A second one shares the log and the blocks and keeps a read model of its own: that is no way to run it, but the way
 * to have two write models on one log.
 */
async function embedded({ processes = 1 } = {}): Promise<Installation> {
  const base = await mkdtemp(join(process.env['TIDEMARK_TEST_DIR'] ?? tmpdir(), 'tidemark-bench-'));
  const data = join(base, 'server');
  const programs: Program[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(programs.map((program) => program.stop()));
    await rm(base, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const urls: string[] = [];
    for (let n = 0; n < processes; n += 1) {
      const shared = { TIDEMARK_EVENT_LOG: `sqlite:${join(data, 'events.sqlite')}`, TIDEMARK_BLOCKS: `file:${join(data, 'blocks')}` };
      const { program, url } = await startServer(n === 0 ? data : join(base, `beside-${n}`), '0', n === 0 ? {} : shared);
      programs.push(program);
      urls.push(url);
    }
    const [url = ''] = urls;
    return {
      name: processes === 1 ? 'embedded' : `embedded, ${processes} processes`,
      urls,
      socketUrl: url,
      get apiPids() {
        return programs.map(({ pid }) => pid);
      },
      get socketPid() {
        return programs[0]?.pid ?? 0;
      },
      linkCode: async () => {
        const ran = await run(SERVER, ['link-code', '--data', data]);
        const code = /[0-9A-Z]{4}(-[0-9A-Z]{4})+/.exec(ran.stdout)?.[0];
        if (code === undefined) throw new Error(`link-code ended with ${ran.code}:\n${ran.stdout}${ran.stderr}`);
        return code;
      },
      rebuild: () => run(PROJECTOR, ['--rebuild', '--data', data]),
      restartWithoutReadModel: async () => {
        await programs[0]?.stop();
        for (const suffix of ['', '-wal', '-shm']) await rm(join(data, `read-model.sqlite${suffix}`), { force: true });
        programs[0] = (await startServer(data, new URL(url).port)).program;
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

export const KINDS: readonly Kind[] = [
  { name: 'embedded', start: embedded },
  {
    name: 'distributed',
    missing:
      'starting EventStoreDB, MongoDB, Kafka and S3 with several processes is not in test/support yet, so nothing of it was measured',
  },
];
