import { execFile, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const repository = fileURLToPath(new URL('../..', import.meta.url));
export const SERVER = `${repository}apps/api/bin/tidemark-server.js`;
export const TIDEMARK = `${repository}apps/desktop/cli/bin/tidemark.js`;
export const PROJECTOR = `${repository}apps/projector/bin/tidemark-projector.js`;

const STOP_MS_MAX = 15_000;

/**
 * Waits until the check gives something; says what it waited for when it does not. No sleeping for luck: the check decides. By a clock that stands still while the machine does:
 * virtual ones are halted for minutes now and then.
 */
export async function until<Value>(
  what: string,
  check: () => Promise<Value | undefined | false> | Value | undefined | false,
  limitMs = 60_000,
  everyMs = 25,
): Promise<Value> {
  const end = performance.now() + limitMs;
  let problem: unknown;
  for (;;) {
    try {
      const value = await check();
      if (value !== undefined && value !== false) return value;
    } catch (error) {
      problem = error;
    }
    if (performance.now() > end) throw new Error(`${what}: not within ${limitMs / 1000} s`, { cause: problem });
    await new Promise((next) => setTimeout(next, everyMs));
  }
}

/** One of our programs, really running; its output is kept for the story of a failing test. */
export class Program {
  readonly child: ChildProcess;
  output = '';

  /** @param through A program that becomes the one that stands after it. */
  constructor(script: string, options: readonly string[], env: Record<string, string | undefined> = {}, through: readonly string[] = []) {
    const own = [process.execPath, script, ...options];
    const [program = process.execPath, ...rest] = [...through, ...own];
    this.child = spawn(program, rest, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.child.stdout, this.child.stderr]) stream?.on('data', (data: Buffer) => (this.output += data.toString()));
  }

  get pid(): number {
    if (this.child.pid === undefined) throw new Error('did not start');
    return this.child.pid;
  }

  get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  async line(pattern: RegExp, limitMs = 30_000): Promise<RegExpExecArray> {
    return until(
      `a line ${pattern} from ${this.child.spawnargs.slice(1, 4).join(' ')}`,
      () => {
        const found = pattern.exec(this.output);
        if (!found && !this.isRunning)
          throw new Error(`ended with ${this.child.exitCode ?? this.child.signalCode}:\n${this.output.slice(-3000)}`);
        return found ?? undefined;
      },
      limitMs,
    );
  }

  /** Asks it to stop; `SIGKILL` for a crash. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    if (!this.isRunning) return;
    const gone = once(this.child, 'exit');
    this.child.kill(signal);
    const timer = setTimeout(() => this.child.kill('SIGKILL'), STOP_MS_MAX);
    await gone;
    clearTimeout(timer);
  }
}

/**
 * Through it a program is bound by permissions also where the tests run as root, who may read everything: nothing for anybody else.
 * Undefined where that cannot be had.
 */
export function boundByPermissions(): readonly string[] | undefined {
  if (process.getuid === undefined) return undefined;
  if (process.getuid() !== 0) return [];
  const lacks = '-dac_override,-dac_read_search';
  const through = ['setpriv', `--inh-caps=${lacks}`, `--bounding-set=${lacks}`];
  return spawnSync('setpriv', [...through.slice(1), 'true']).status === 0 ? through : undefined;
}

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one of our programs to its end. */
export function run(script: string, options: readonly string[], env: Record<string, string | undefined> = {}): Promise<Ran> {
  return new Promise((done) => {
    execFile(
      process.execPath,
      [script, ...options],
      { env: { ...process.env, ...env }, maxBuffer: 64 * 1024 * 1024 },
      (error, stdout, stderr) => {
        done({ code: error ? (typeof error.code === 'number' ? error.code : 1) : 0, stdout, stderr });
      },
    );
  });
}
