import { watch, type FSWatcher } from 'chokidar';
import type { Watcher, WatcherEvents } from './watcher.port.ts';

const READY_MS_MAX = 30_000;

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
