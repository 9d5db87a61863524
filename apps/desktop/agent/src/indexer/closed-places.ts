import { access, constants } from 'node:fs/promises';

const TRIED_EVERY_MS = 5_000;
/** At a time; the others are found by scans. */
const TRIED_MAX = 100;

export interface ClosedPlacesOptions {
  /** Absolute paths of what could not be read, as it stands now. */
  readonly closed: () => readonly string[];
  /** It may be read now. Told once, until it was seen closed again. */
  readonly onOpen: (path: string) => void;
  readonly mayRead?: (path: string) => Promise<boolean>;
}

/** Tries now and then whether what could not be read may be read by now: watchers need not tell of it, and the next scan may be an hour away. */
export class ClosedPlaces {
  readonly #options: ClosedPlacesOptions;
  readonly #opened = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(options: ClosedPlacesOptions) {
    this.#options = options;
  }

  /** There may be some by now. */
  arm(): void {
    if (this.#isStopped || this.#timer !== undefined || this.#options.closed().length === 0) return;
    this.#timer = setTimeout(() => void this.#try(), TRIED_EVERY_MS).unref();
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  async #try(): Promise<void> {
    const { closed, onOpen, mayRead = mayBeRead } = this.#options;
    const paths = closed().slice(0, TRIED_MAX);
    for (const path of this.#opened) if (!paths.includes(path)) this.#opened.delete(path);
    for (const path of paths) {
      const isOpen = await mayRead(path);
      if (this.#isStopped) return;
      if (!isOpen) this.#opened.delete(path);
      else if (!this.#opened.has(path)) {
        this.#opened.add(path);
        onOpen(path);
      }
    }
    this.#timer = undefined;
    this.arm();
  }
}

const mayBeRead = (path: string): Promise<boolean> =>
  access(path, constants.R_OK).then(
    () => true,
    () => false,
  );
