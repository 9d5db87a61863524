import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { Fault } from '@tidemark/domain';
import { openDatabase, type Database } from '@tidemark/sqlite';
import { isDamaged, removeViewFile } from '../metadata/write-model/view-file.ts';

/** `--data`, else `TIDEMARK_DATA`, else where this platform keeps the data of programs. */
export function dataFolder(option: string | undefined, variables: Readonly<Record<string, string | undefined>>): string {
  if (option !== undefined) return option;
  if (variables['TIDEMARK_DATA'] !== undefined) return variables['TIDEMARK_DATA'];
  if (process.platform === 'win32') return join(variables['LOCALAPPDATA'] ?? join(homedir(), 'AppData', 'Local'), 'tidemark-server');
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Application Support', 'tidemark-server');
  return join(variables['XDG_DATA_HOME'] ?? join(homedir(), '.local', 'share'), 'tidemark-server');
}

/** Another server has the folder. */
export class FolderInUse extends Error {
  override readonly name = 'FolderInUse';
}

/**
 * One process per folder. The lock is the operating system's, on a file that is held open: it ends with the process, however that ends.
 * @param options the name of the lock's files, and what names another folder.
 * @throws {FolderInUse} @throws {Fault}
 */
export function lockFolder(folder: string, { file, what } = { file: 'server', what: '--data' }): { release(): void } {
  mkdirSync(folder, { recursive: true });
  const pidFile = join(folder, `${file}.pid`);
  try {
    const lock = openLock(join(folder, `${file}.lock`));
    writeFileSync(pidFile, `${process.pid}\n`);
    return {
      release: () => {
        rmSync(pidFile, { force: true });
        lock.close();
      },
    };
  } catch (error) {
    if (!(error instanceof Fault) || error.retry !== 'later') throw error;
    throw new FolderInUse(
      `another tidemark-server${pidIn(pidFile)} uses ${folder}; stop that one first, or choose another folder with ${what}`,
    );
  }
}

/** Nothing stands in a lock, so one that is damaged is made anew. */
function openLock(path: string): Database {
  const open = (): Database => openDatabase(path, { migrations: [], exclusive: true });
  try {
    return open();
  } catch (error) {
    if (!isDamaged(error)) throw error;
    removeViewFile(path);
    return open();
  }
}

function pidIn(pidFile: string): string {
  try {
    return ` (process ${readFileSync(pidFile, 'utf8').trim()})`;
  } catch {
    return '';
  }
}
