import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isSea } from 'node:sea';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';

/** Ended with the terminal's signals, and told on where the program cannot be replaced. */
const FORWARDED: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** It runs all day beside everything else: what is short-lived gets little room, and what was freed goes back to the system (contents of files from maps of their own, since between others they would leave holes). */
const MODEST_FLAGS = ['--max-semi-space-size=4', '--heap-growing-percent=200'];
const MODEST_MEMORY = { MALLOC_ARENA_MAX: '2', MALLOC_MMAP_THRESHOLD_: '32768', MALLOC_TRIM_THRESHOLD_: '65536' };

/** It lives for a second, in which it loads more than it throws away: rubbish need not be collected meanwhile. */
const SHORT_LIVED_FLAGS = ['--min-semi-space-size=16'];

/** What makes the one executable of a package the agent's program. */
export const AS_AGENT = '--as-agent';

/** The agent's program, `run --home DIR`, or `calls --home DIR`, which answers calls without staying: what the runtime is given before these words. In a package it is this executable itself, whose flags were set when it was made. */
const agentProgram = (flags: readonly string[]): string[] =>
  isSea() ? [AS_AGENT] : [...flags, ...process.execArgv, fileURLToPath(import.meta.resolve('@tidemark/agent/main'))];

/** How a home's agent is run: the program, its parameters and what its environment has to say. */
export function agentCommand(home: string): { readonly parameters: string[]; readonly environment: Readonly<Record<string, string>> } {
  return { parameters: [...agentProgram(MODEST_FLAGS), 'run', '--home', home], environment: MODEST_MEMORY };
}

/** Becomes the agent: the same process where the platform can, else a child that gets the signals. Gives the exit code where it comes back. */
export async function becomeAgent(home: string): Promise<number> {
  const { parameters, environment } = agentCommand(home);
  const env = { ...environment, ...process.env };
  if (typeof process.execve === 'function' && process.platform !== 'win32') {
    process.execve(process.execPath, [process.execPath, ...parameters], env);
  }
  const agent = spawn(process.execPath, parameters, { stdio: 'inherit', env });
  for (const signal of FORWARDED) process.on(signal, () => agent.kill(signal));
  const [code] = (await once(agent, 'exit')) as [number | null];
  return code ?? 1;
}

export type CallsProcess = ChildProcessByStdio<Writable, Readable, null>;

/** The agent's program, ready to answer calls, and to say so itself where it cannot since an agent has the home. */
export function startCallsProcess(home: string): CallsProcess {
  return spawn(process.execPath, [...agentProgram(SHORT_LIVED_FLAGS), 'calls', '--home', home], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
}

/** As in `@tidemark/ipc`, which takes its time to load; the type holds them equal. */
const IPC_FILE: typeof import('@tidemark/ipc').IPC_FILE = 'ipc.json';

/** No agent of this home listens: none has written down where. */
export const isAlone = (home: string): boolean => !existsSync(join(home, IPC_FILE));
