import { within } from './back-off.ts';

/** How long the end of a call is waited for; it is under way in any case. */
const CANCEL_MS_MAX = 1_000;

export type Step<Item> = { readonly item: Item } | 'ended' | 'silent' | 'stopped' | 'poked';

/** What is used of the client's streams, which are not quite Node's. */
interface Source {
  readonly readableLength: number;
  read(): unknown;
  on(event: string, listener: (error: unknown) => void): unknown;
  off(event: string, listener: () => void): unknown;
  destroy(): unknown;
}

/**
 * One of the client's streams, taken from one item at a time. Its own iterator does not end the call when it is left, knows no time-out, and an error that
 * comes after it was left ends the process; this one keeps listening for errors, and `close` cancels the call.
 */
export class Pull<Item> {
  readonly #stream: Source;
  readonly #cancel: () => Promise<void>;
  readonly #stop: AbortSignal;
  readonly #silenceMs: number;
  #failure: { readonly error: unknown } | undefined;
  #isEnded = false;
  #isPoked = false;
  #wake: () => void = () => undefined;
  #taken = 0;

  constructor(stream: Source, cancel: () => Promise<void>, stop: AbortSignal, silenceMs: number) {
    this.#stream = stream;
    this.#cancel = cancel;
    this.#stop = stop;
    this.#silenceMs = silenceMs;
    stream.on('readable', this.#rouse);
    stream.on('error', (error: unknown) => {
      this.#failure ??= { error };
      this.#wake();
    });
    for (const end of ['end', 'close'])
      stream.on(end, () => {
        this.#isEnded = true;
        this.#wake();
      });
    stop.addEventListener('abort', this.#rouse);
  }

  /** How many items were taken. */
  get taken(): number {
    return this.#taken;
  }

  /** How many have come and were not taken. */
  get buffered(): number {
    return this.#stream.readableLength;
  }

  /** Makes who waits look up. */
  poke(): void {
    this.#isPoked = true;
    this.#wake();
  }

  /** `silent` when nothing has come for as long as was said; only waiting counts, never the caller's own time. @throws what the stream failed with. */
  async next(): Promise<Step<Item>> {
    let isSilent = false;
    let timer: NodeJS.Timeout | undefined;
    try {
      for (;;) {
        if (this.#stop.aborted) return 'stopped';
        const item = this.#stream.read() as Item | null;
        if (item !== null) {
          this.#taken += 1;
          return { item };
        }
        if (this.#failure !== undefined) throw this.#failure.error;
        if (this.#isEnded) return 'ended';
        if (this.#isPoked) {
          this.#isPoked = false;
          return 'poked';
        }
        if (isSilent) return 'silent';
        timer ??= setTimeout(() => {
          isSilent = true;
          this.#wake();
        }, this.#silenceMs);
        await new Promise<void>((resolve) => (this.#wake = resolve));
      }
    } finally {
      clearTimeout(timer);
    }
  }

  /** Ends the call on the server too. */
  async close(): Promise<void> {
    this.#stop.removeEventListener('abort', this.#rouse);
    this.#stream.off('readable', this.#rouse);
    await within(this.#cancel(), CANCEL_MS_MAX).catch(() => undefined);
    this.#stream.destroy();
  }

  readonly #rouse = (): void => this.#wake();
}
