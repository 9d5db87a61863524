/** What a watcher says. Hints only: any of them may be lost, doubled, late or wrong; scans know. */
export interface WatcherEvents {
  /** Look here: a path below the root, absolute. `isFile`: it is known to be no folder. */
  readonly onHint: (path: string, isFile?: boolean) => void;
  /** Events below this folder were lost, or a folder itself changed: look at all of it. */
  readonly onOverflow: (folder: string) => void;
  /** Watching does not work (fully): told to the person, scans go on. */
  readonly onProblem: (message: string, cause: unknown) => void;
}

/** Watches one folder. Never throws after {@link start}. */
export interface Watcher {
  /** Resolves when changes from now on are heard of. */
  start(events: WatcherEvents): Promise<void>;
  stop(): Promise<void>;
}

/** Beyond this many entries a watcher that remembers names costs too much memory. */
export const WATCH_ENTRIES_MAX = 20_000;

/** For folders that cannot be watched: scans alone find what changes. */
export class NullWatcher implements Watcher {
  start(): Promise<void> {
    return Promise.resolve();
  }

  stop(): Promise<void> {
    return Promise.resolve();
  }
}
