import { watch, type FSWatcher } from 'node:fs';
import { join } from 'node:path';
import type { Watcher, WatcherEvents } from './watcher.port.ts';

/** For large trees: the platform's own recursive watch, which keeps no names. */
export class RecursiveWatcher implements Watcher {
  readonly #root: string;
  readonly #isIgnored: (path: string) => boolean;
  #watcher: FSWatcher | undefined;

  constructor(root: string, isIgnored: (path: string) => boolean) {
    this.#root = root;
    this.#isIgnored = isIgnored;
  }

  start({ onHint, onOverflow, onProblem }: WatcherEvents): Promise<void> {
    const failed = (error: unknown): void => {
      onProblem('the folder cannot be watched in full; it is scanned now and then instead', error);
      onOverflow(this.#root);
    };
    try {
      this.#watcher = watch(this.#root, { recursive: true, persistent: true }, (_event, name) => {
        if (name === null) return onOverflow(this.#root);
        const path = join(this.#root, name);
        if (!this.#isIgnored(path)) onHint(path);
      });
      this.#watcher.on('error', failed);
    } catch (error) {
      failed(error);
    }
    return Promise.resolve();
  }

  stop(): Promise<void> {
    this.#watcher?.close();
    return Promise.resolve();
  }
}
