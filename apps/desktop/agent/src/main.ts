import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import envPaths from 'env-paths';

/**
 * The agent's program, started by `tidemark`:
 *   run --home DIR [--page DIR]       the daemon, serving the page that is built there; prints `ready` when it is
 *   calls --home DIR                  answers calls without a daemon, until its input ends
 * Each loads what it needs.
 */

/** Where the page's builder puts it, beside this app. */
const PAGE = fileURLToPath(new URL('../../page/dist', import.meta.url));

const words = process.argv.slice(2);
const option = (name: string): string | undefined => {
  const at = words.indexOf(name);
  return at < 0 ? undefined : words.splice(at, 2)[1];
};
const home = option('--home');
const page = option('--page') ?? PAGE;
const [verb] = words;
if (home !== undefined && verb === 'run') await import('./run.ts').then(({ run }) => run(home, page)).catch(cannotStart);
else if (home !== undefined && verb === 'calls') {
  // A person waits: what was compiled once is kept. Not for the daemon, which would hold it in memory all day.
  enableCompileCache(join(envPaths('tidemark', { suffix: '' }).cache, 'compiled'));
  await import('./calls.ts').then(({ calls }) => calls(home));
} else {
  console.error('usage: run --home DIR | calls --home DIR; people use `tidemark`');
  process.exitCode = 2;
}

async function cannotStart(error: unknown): Promise<void> {
  const { EXIT, refusalOf } = await import('@tidemark/ipc');
  const refusal = refusalOf(error);
  console.error(refusal.ok ? '' : refusal.error.message);
  process.exitCode = refusal.ok ? EXIT.failed : refusal.error.exitCode;
}
