import { join } from 'node:path';
import { watch, type FSWatcher } from 'chokidar';
import type { Watcher, WatcherEvents } from './watcher.port.ts';

const READY_MS_MAX = 30_000;
/** What stands for bytes that are no UTF-8. */
const UNREADABLE_LETTER = '\ufffd';

/** For ordinary trees. Knows every name, so it also notices what happens in new folders. */
export class ChokidarWatcher implements Watcher {
  readonly #root: string;
  readonly #isIgnored: (path: string) => boolean;
  #watcher: FSWatcher | undefined;

  /** @param isIgnored whether nothing at or below the absolute path is ever looked at. */
  constructor(root: string, isIgnored: (path: string) => boolean) {
    this.#root = root;
    this.#isIgnored = isIgnored;
  }

  async start({ onHint, onOverflow, onProblem }: WatcherEvents): Promise<void> {
    const watcher = watch(this.#root, {
      ignored: (path) => path !== this.#root && this.#isIgnored(path),
      ignoreInitial: true,
      followSymlinks: false,
      persistent: true,
      awaitWriteFinish: false,
      atomic: false,
    });
    this.#watcher = watcher;
    watcher.on('all', (event, path) =>
      event === 'addDir' || event === 'unlinkDir' ? (onHint(path), event === 'addDir' && onOverflow(path)) : onHint(path, true),
    );
    // A name that is not UTF-8 is looked for under what it was read as, and not found: nothing is told but this.
    watcher.on('raw', (_event, name, details: unknown) => {
      const folder = typeof details === 'object' && details !== null && 'watchedPath' in details ? details.watchedPath : undefined;
      if (typeof folder === 'string' && typeof name === 'string' && name.includes(UNREADABLE_LETTER)) onHint(join(folder, name));
    });
    watcher.on('error', (error) => {
      onProblem('the folder cannot be watched in full; it is scanned now and then instead', error);
      onOverflow(this.#root);
    });
    await new Promise<void>((ready) => {
      const timer = setTimeout(ready, READY_MS_MAX);
      watcher.once('ready', () => {
        clearTimeout(timer);
        ready();
      });
    });
  }

  async stop(): Promise<void> {
    await this.#watcher?.close();
  }
}
