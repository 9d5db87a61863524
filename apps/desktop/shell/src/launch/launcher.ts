import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { isSea } from 'node:sea';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { homeOf } from '../home.ts';
import { tidemarkProgram } from '../program.ts';
import { coreName, findCore, packedCoreName, whyNoWindow } from './core.ts';
import { stageWindow } from './stage.ts';

/** A window that ends sooner with a failure was none. */
const OPENING_MS_MAX = 5_000;

/** `npm run desktop`: a window where there can be one, else the page in the browser. Gives the exit code. */
export async function runLauncher(argv: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...argv], options: { home: { type: 'string' } } });
  const home = homeOf(values.home);
  const { bin, folder, name } = places();
  const core = findCore(bin, name);
  const reason = whyNoWindow(core, bin, name);
  if (core === undefined || reason !== undefined) return inBrowser(home, reason ?? '');
  const started = performance.now();
  const window = spawn(core, [`--path=${folder}`], { stdio: 'inherit', env: { ...process.env, TIDEMARK_HOME: home } });
  const ended = once(window, 'exit') as Promise<[number | null]>;
  const code = await ended.then(
    ([code]) => code ?? 1,
    () => 1,
  );
  if (code !== 0 && performance.now() - started < OPENING_MS_MAX)
    return inBrowser(home, `The window could not be opened (its core ended with ${code}).`);
  return code;
}

/** Of the core, and of what it needs beside it. */
function places(): { readonly bin: string; readonly folder: string; readonly name: string } {
  if (isSea()) {
    const folder = join(dirname(process.execPath), '..', '..', 'window');
    return { bin: folder, folder, name: packedCoreName() };
  }
  const shell = fileURLToPath(new URL('../..', import.meta.url));
  const folder = join(shell, 'built');
  stageWindow(shell, folder);
  return { bin: join(shell, 'bin'), folder, name: coreName() };
}

/** The command line's own way, which hands the browser a file that only this person can read. */
async function inBrowser(home: string, reason: string): Promise<number> {
  console.log(`${reason}\nThe page opens in the browser instead.`);
  const { program, parameters } = tidemarkProgram();
  // What it prints is the address with the secret; a launcher's output is kept by desktops.
  const opening = spawn(program, [...parameters, 'open', '--start', '--home', home], { stdio: ['ignore', 'ignore', 'inherit'] });
  const [code] = (await once(opening, 'exit')) as [number | null];
  if (code === 0) console.log('"tidemark open --print" prints its address.');
  return code ?? 1;
}
