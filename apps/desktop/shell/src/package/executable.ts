import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'rolldown';

/** Of an agent, which runs all day beside everything else. They stand in the executable, which takes none from outside. */
const RUNTIME_FLAGS = ['--max-semi-space-size=4', '--heap-growing-percent=100'];

export interface Programs {
  readonly agent: string;
  readonly agentWorker: string;
  readonly commandLine: string;
  readonly extension: string;
  readonly launcher: string;
}

/**
 * One executable that is the command line, and by its first word the agent, the window's extension or the launcher. Its code is one module, since what is inside an executable
 * can load nothing else; the agent's worker is a thread with a file of its own, which therefore lies beside it.
 * @param bin where it is put. Gives its path.
 */
export async function makeExecutable(programs: Programs, bin: string, work: string): Promise<string> {
  mkdirSync(bin, { recursive: true });
  mkdirSync(work, { recursive: true });
  const entry = join(work, 'entry.mjs');
  writeFileSync(entry, entryOf(programs));
  const main = join(work, 'tidemark.mjs');
  await bundle(entry, main);
  await bundle(programs.agentWorker, join(bin, 'disk-worker.js'));
  const executable = join(bin, process.platform === 'win32' ? 'tidemark.exe' : 'tidemark');
  const config = join(work, 'sea.json');
  writeFileSync(
    config,
    JSON.stringify({ main, mainFormat: 'module', output: executable, disableExperimentalSEAWarning: true, execArgv: RUNTIME_FLAGS }),
  );
  execFileSync(process.execPath, ['--build-sea', config], { stdio: ['ignore', 'ignore', 'inherit'] });
  return executable;
}

/** The first word stays out of what the programs read. */
function entryOf({ agent, commandLine, extension, launcher }: Programs): string {
  const roles = { '--as-agent': agent, '--as-window': extension, '--as-launcher': launcher };
  const cases = Object.entries(roles).map(
    ([word, program]) => `  case ${JSON.stringify(word)}: process.argv.splice(2, 1); await import(${JSON.stringify(program)}); break;`,
  );
  return `switch (process.argv[2]) {\n${cases.join('\n')}\n  default: await import(${JSON.stringify(commandLine)});\n}\n`;
}

async function bundle(input: string, output: string): Promise<void> {
  await build({
    input,
    platform: 'node',
    // Faster relatives of what is written in JavaScript; the socket's library does without.
    external: ['bufferutil', 'utf-8-validate'],
    onLog: (level, log, tell) => {
      if (level !== 'info' && log.code !== 'EVAL') tell(level, log);
    },
    output: { file: output, format: 'esm', codeSplitting: false, minify: false, sourcemap: false },
  });
}
