const QUIET_MS = 2_000;
const ANSWERS_MIN = 50;

/** Collects what is garbage and hands free pages back to the system; a plain collection keeps them for later. */
const collectAll = globalThis.gc && ((): unknown => globalThis.gc?.({ type: 'major', flavor: 'last-resort', execution: 'sync' }));

/**
 * After a busy time the heap stays as large as it was until something is allocated again, and an idle server allocates nothing. So when nobody has asked for
 * {@link QUIET_MS} and there was something to do before, it is collected once, where `--expose-gc` allows it (`bin/tidemark-server.js` sees to that).
 */
export class IdleCollection {
  readonly #collect: (() => unknown) | undefined;
  #timer: NodeJS.Timeout | undefined;
  #answers = 0;

  constructor(collect: (() => unknown) | undefined = collectAll) {
    this.#collect = collect;
  }

  /** A request was answered. */
  answered(): void {
    if (this.#collect === undefined) return;
    this.#answers += 1;
    if (this.#timer === undefined) this.#timer = setTimeout(() => this.#onQuiet(), QUIET_MS).unref();
    else this.#timer.refresh();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #onQuiet(): void {
    if (this.#answers < ANSWERS_MIN) return;
    this.#answers = 0;
    this.#collect?.();
  }
}
