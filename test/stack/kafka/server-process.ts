import { execFile, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** What tests install once and keep: ignored by git, may be deleted at any time. */
export const STACK_CACHE = fileURLToPath(new URL('../../../.cache/stack/', import.meta.url));
const OUTPUT_CHARACTERS_MAX = 20_000;
const STOP_MS_MAX = 20_000;

/** A server of another maker that tests start, stop and break; it comes back on the same port with the same data. */
export interface StackServer {
  /** As our own variables want it. */
  readonly url: string;
  readonly isRunning: boolean;
  /** Asks it to end, and waits. */
  stop(): Promise<void>;
  /** Ends it as a power cut would. */
  kill(): Promise<void>;
  /** Begins again, on the same port with the same data, and waits until it answers. */
  restart(): Promise<void>;
  /** It keeps its connections and says nothing more, until `resume`. */
  pause(): void;
  resume(): void;
  /** Stops it and removes its data. */
  dispose(): Promise<void>;
}

export const hasProgram = (name: string, option: string): boolean => spawnSync(name, [option], { stdio: 'ignore' }).status === 0;

/** What `build` makes in an empty folder is kept under the name; a build that fails, or is broken off, leaves nothing. Gives the folder. */
export async function builtOnce(name: string, build: (folder: string) => Promise<void>): Promise<string> {
  const folder = join(STACK_CACHE, name);
  if (existsSync(folder)) return folder;
  mkdirSync(dirname(folder), { recursive: true });
  const unfinished = mkdtempSync(`${folder}.unfinished-`);
  try {
    await build(unfinished);
    renameSync(unfinished, folder);
  } catch (error) {
    rmSync(unfinished, { recursive: true, force: true });
    // Somebody else's was sooner.
    if (!existsSync(folder)) throw error;
  }
  return folder;
}

/** Runs a build step to its end. */
export async function runStep(program: string, options: readonly string[], cwd: string, env: Record<string, string> = {}): Promise<string> {
  const { stdout } = await promisify(execFile)(program, [...options], {
    cwd,
    env: { ...process.env, ...env },
    maxBuffer: 64 * 1024 * 1024,
  });
  return stdout;
}

/** A port of 127.0.0.1 that nobody has at this moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port to be had');
  return address.port;
}

/** One process that can be begun again; ended by its own id, and with us. */
export class ServerProcess {
  readonly #command: readonly [program: string, ...options: string[]];
  readonly #env: Record<string, string>;
  readonly #cwd: string;
  readonly #isReady: (process: ServerProcess) => Promise<boolean>;
  readonly #endWithUs = (): void => void this.#child?.kill('SIGKILL');
  #child: ChildProcess | undefined;
  output = '';

  constructor(
    command: readonly [string, ...string[]],
    options: {
      readonly cwd: string;
      readonly env?: Record<string, string>;
      readonly isReady: (process: ServerProcess) => Promise<boolean>;
    },
  ) {
    this.#command = command;
    this.#cwd = options.cwd;
    this.#env = options.env ?? {};
    this.#isReady = options.isReady;
  }

  async start(limitMs = 90_000): Promise<void> {
    this.output = '';
    const [program, ...options] = this.#command;
    const child = spawn(program, options, { cwd: this.#cwd, env: { ...process.env, ...this.#env }, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    process.once('exit', this.#endWithUs);
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (data: Buffer) => (this.output = (this.output + data.toString()).slice(-OUTPUT_CHARACTERS_MAX)));
    for (const end = performance.now() + limitMs; !(await this.#isReady(this)); await new Promise((next) => setTimeout(next, 50))) {
      if (child.exitCode !== null || child.signalCode !== null) throw new Error(`${program} ended while it started:\n${this.output}`);
      if (performance.now() > end) throw new Error(`${program} was not ready within ${limitMs / 1_000} s:\n${this.output}`);
    }
  }

  get isRunning(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal);
  }

  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    process.removeListener('exit', this.#endWithUs);
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGCONT');
    child.kill(signal);
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS_MAX);
    await gone;
    clearTimeout(timer);
  }
}

export function serverOf(url: string, server: ServerProcess, folder: string): StackServer {
  return {
    url,
    get isRunning() {
      return server.isRunning;
    },
    stop: () => server.end('SIGTERM'),
    kill: () => server.end('SIGKILL'),
    restart: async () => {
      await server.end('SIGTERM');
      await server.start();
    },
    pause: () => server.signal('SIGSTOP'),
    resume: () => server.signal('SIGCONT'),
    dispose: async () => {
      await server.end('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
