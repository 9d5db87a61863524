import { resolve } from 'node:path';
import envPaths from 'env-paths';

/** The agent's own folder, found as the command line does: what is named, else `TIDEMARK_HOME`, else the platform's data folder. */
export function homeOf(named: string | undefined, environment: NodeJS.ProcessEnv = process.env): string {
  const home = named ?? environment['TIDEMARK_HOME'];
  return home === undefined || home === '' ? envPaths('tidemark', { suffix: '' }).data : resolve(home);
}
