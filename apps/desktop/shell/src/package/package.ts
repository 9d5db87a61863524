import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CORE_VERSION, coreName, findCore, packedCoreName } from '../launch/core.ts';
import { BUNDLE, stageWindow } from '../launch/stage.ts';
import { checkPackage } from './check.ts';
import { makeExecutable } from './executable.ts';

const DESKTOP = fileURLToPath(new URL('../../..', import.meta.url));
const SHELL = join(DESKTOP, 'shell');
const isWindows = process.platform === 'win32';
const LAUNCHER = isWindows ? 'tidemark-window.cmd' : 'tidemark-window';

/**
 * `npm run desktop:package`: a folder and an archive for this platform, in `apps/desktop/shell/built/package`. Gives the exit code; says what it lacks, and checks what it made.
 *
 *     tidemark-window          the launcher
 *     app/bin/tidemark         command line, agent, extension and launcher: one executable with its own Node
 *     page/dist                what the agent serves
 *     window                   the core, if it was there, and what it needs beside it
 */
export async function makePackage(): Promise<number> {
  const { version } = JSON.parse(readFileSync(join(SHELL, 'package.json'), 'utf8')) as { version: string };
  const name = `tidemark-${version}-${process.platform}-${process.arch}`;
  const built = join(SHELL, 'built', 'package');
  const folder = join(built, name);
  rmSync(built, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });

  const executable = await makeExecutable(
    {
      agent: join(DESKTOP, 'agent/dist/main.js'),
      agentWorker: join(DESKTOP, 'agent/dist/indexer/disk-worker.js'),
      commandLine: join(DESKTOP, 'cli/dist/main.js'),
      extension: join(SHELL, 'dist/extension.js'),
      launcher: join(SHELL, 'dist/launch/main.js'),
    },
    join(folder, 'app', 'bin'),
    join(built, 'work'),
  );
  // Where the programs look for their version.
  writeFileSync(join(folder, 'app', 'package.json'), `${JSON.stringify({ name: 'tidemark', version, type: 'module' })}\n`);
  cpSync(join(DESKTOP, 'page', 'dist'), join(folder, 'page', 'dist'), { recursive: true });
  const isWhole = addWindow(folder, version);
  addLauncher(folder);

  const problems = await checkPackage(executable, version);
  for (const problem of problems) console.error(`desktop:package: ${problem}`);
  if (problems.length > 0) return 1;

  const archive = join(built, `${name}.tar.gz`);
  execFileSync('tar', ['-czf', archive, '-C', built, name], { stdio: 'inherit' });
  rmSync(join(built, 'work'), { recursive: true, force: true });
  console.log(`${archive} (${(statSync(archive).size / 1024 ** 2).toFixed(1)} MiB)`);
  console.log('Checked by running it: command line, agent, page, extension.');
  if (!isWhole)
    console.log(
      `It has no window: ${coreName()} of Neutralinojs ${CORE_VERSION} is not in ${join(SHELL, 'bin')}. ${LAUNCHER} opens the page in the browser instead; with the core there, make it again.`,
    );
  return 0;
}

function addWindow(folder: string, version: string): boolean {
  const window = join(folder, 'window');
  stageWindow(SHELL, window, {
    version,
    extensionCommands: {
      commandLinux: 'exec "${NL_PATH}/../app/bin/tidemark" --as-window',
      commandDarwin: 'exec "${NL_PATH}/../app/bin/tidemark" --as-window',
      commandWindows: '"${NL_PATH}\\..\\app\\bin\\tidemark.exe" --as-window',
    },
  });
  // Without it the core would serve this person's files to everybody on the machine.
  if (!existsSync(join(window, BUNDLE))) throw new Error(`${BUNDLE} was not made`);
  const core = findCore(join(SHELL, 'bin'));
  if (core === undefined) return false;
  const packed = join(window, packedCoreName());
  copyFileSync(core, packed);
  chmodSync(packed, 0o755);
  return true;
}

function addLauncher(folder: string): void {
  const text = isWindows
    ? '@"%~dp0app\\bin\\tidemark.exe" --as-launcher %*\r\n'
    : '#!/bin/sh\nexec "$(dirname "$(readlink -f "$0")")/app/bin/tidemark" --as-launcher "$@"\n';
  writeFileSync(join(folder, LAUNCHER), text, { mode: 0o755 });
}
