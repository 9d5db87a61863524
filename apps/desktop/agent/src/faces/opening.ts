import { spawn } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { mustEntryId } from '@tidemark/faces';
import { CallProblem } from '@tidemark/ipc';
import { EntryPaths } from '../disk/entry-paths.ts';
import { folderOf, withJournal, type Calls, type FaceContext } from './face-context.ts';

/** What a person opens with the platform's own program. */
export const openCalls = (
  context: FaceContext,
  start: (program: string, options: readonly string[]) => Promise<void> = startProgram,
  platform: { readonly name: NodeJS.Platform; readonly env: NodeJS.ProcessEnv } = { name: process.platform, env: process.env },
): Calls<'open'> => ({
  open: async ({ workspace, entry: text, how }) => {
    const folder = folderOf(context, workspace);
    const entry = mustEntryId(text);
    const names = withJournal(context, folder, ({ trees, forms }) => {
      if (trees.local(entry)?.kind === 'link')
        throw new CallProblem('REFUSED', 'This is a link; what it leads to may lie anywhere, and is not opened from here.');
      return new EntryPaths(trees, forms).namesOf(entry);
    });
    if (names === undefined) throw new CallProblem('NOT_FOUND', 'This is not on this disk (yet).');
    const path = mustBeWithin(folder.path, join(folder.path, ...names));
    if (platform.name === 'linux' && !platform.env['DISPLAY'] && !platform.env['WAYLAND_DISPLAY'])
      throw new CallProblem('REFUSED', `There is no display here to open anything on. The file is ${path}.`);
    await start(...commandFor(platform.name, path, how));
    return {};
  },
});

/** No link on the way may lead out of the folder. */
function mustBeWithin(folder: string, path: string): string {
  let real: string;
  try {
    real = realpathSync(path);
  } catch (cause) {
    throw new CallProblem('NOT_FOUND', `${path} is not there any more.`, { cause });
  }
  if (real === folder || real.startsWith(folder + sep)) return real;
  throw new CallProblem('REFUSED', `${path} leads out of the synced folder, and is not opened from here.`);
}

function commandFor(platform: NodeJS.Platform, path: string, how: 'open' | 'reveal'): [program: string, options: readonly string[]] {
  if (platform === 'darwin') return ['open', how === 'reveal' ? ['-R', path] : [path]];
  if (platform === 'win32') return ['explorer.exe', how === 'reveal' ? ['/select,', path] : [path]];
  return ['xdg-open', [how === 'reveal' ? dirname(path) : path]];
}

/** Resolves when it has started; it lives on without us. No shell. */
function startProgram(program: string, options: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, options, { stdio: 'ignore', detached: true, shell: false });
    child.once('spawn', () => {
      child.unref();
      resolve();
    });
    child.once('error', (cause) => reject(new CallProblem('FAILED', `${program} cannot be started (${cause.message}).`, { cause })));
  });
}
