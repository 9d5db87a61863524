import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { IPC_FILE, ipcFile, type IpcFile } from '@tidemark/ipc';
import envPaths from 'env-paths';

/** The agent's own folder: `--home`, else `TIDEMARK_HOME`, else the platform's data folder. */
export function homeOf(option: string | undefined, environment: NodeJS.ProcessEnv = process.env): string {
  const named = option ?? environment['TIDEMARK_HOME'];
  return named === undefined || named === '' ? envPaths('tidemark', { suffix: '' }).data : resolve(named);
}

/** Where the agent of this home listens, if one runs or was killed. */
export function readIpcFile(home: string): IpcFile | undefined {
  try {
    return ipcFile.parse(JSON.parse(readFileSync(join(home, IPC_FILE), 'utf8')));
  } catch {
    return undefined;
  }
}
