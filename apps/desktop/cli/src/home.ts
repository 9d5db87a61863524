import { resolve } from 'node:path';
import envPaths from 'env-paths';

/** The agent's own folder: `--home`, else `TIDEMARK_HOME`, else the platform's data folder. */
export function homeOf(option: string | undefined, environment: NodeJS.ProcessEnv = process.env): string {
  const named = option ?? environment['TIDEMARK_HOME'];
  return named === undefined || named === '' ? envPaths('tidemark', { suffix: '' }).data : resolve(named);
}
