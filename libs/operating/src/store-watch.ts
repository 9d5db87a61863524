import { Fault, type Clock } from '@tidemark/domain';

/** A probe that takes longer has failed. */
export const PROBE_MS_MAX = 2_000;
/** Looked at this often without being asked, so that "since" is true. */
export const PROBE_EVERY_MS = 5_000;
/** What was found so long ago is told again without looking. */
const FRESH_MS = 1_000;
const SENTENCE_CHARS_MAX = 300;

export type StoreName = 'eventLog' | 'readModel' | 'changeFeed' | 'blocks';

export interface StoreState {
  readonly state: 'up' | 'away';
  /** When it became so, or was first seen so; ISO 8601. */
  readonly since: string;
  /** The last thing that went wrong, in one sentence, also when it is up again. */
  readonly lastError?: { readonly at: string; readonly message: string } | undefined;
}

export interface WatchedStore {
  readonly name: StoreName;
  /** Without it this process cannot give the answers it is there for. */
  readonly isNeeded: boolean;
  /** Cheap, and answered by the store itself. */
  readonly probe: () => Promise<unknown>;
}

/** Knows which store is up, which is away, and since when. */
export class StoreWatch {
  readonly #stores: readonly WatchedStore[];
  readonly #clock: Clock;
  readonly #hide: (text: string) => string;
  readonly #states = new Map<StoreName, StoreState>();
  /** How probes that were given up ended afterwards, since the store was last up. */
  readonly #endOfLate = new Map<StoreName, string>();
  #looking: Promise<void> | undefined;
  #lookedMs = -Infinity;
  #timer: NodeJS.Timeout | undefined;

  /** @param hide takes credentials out of a text. */
  constructor(stores: readonly WatchedStore[], clock: Clock, hide: (text: string) => string) {
    this.#stores = stores;
    this.#clock = clock;
    this.#hide = hide;
    for (const { name } of stores) this.#states.set(name, { state: 'up', since: this.#now() });
  }

  start(): void {
    this.#timer = setInterval(() => void this.look(), PROBE_EVERY_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Looks at every store at once, unless that was done a moment ago; all who ask meanwhile share it. */
  look(): Promise<void> {
    if (this.#looking !== undefined) return this.#looking;
    if (performance.now() - this.#lookedMs < FRESH_MS) return Promise.resolve();
    this.#looking = Promise.all(this.#stores.map((store) => this.#probe(store))).then(() => {
      this.#lookedMs = performance.now();
      this.#looking = undefined;
    });
    return this.#looking;
  }

  states(): Readonly<Record<string, StoreState>> {
    return Object.fromEntries(this.#states);
  }

  /** Names of the stores that are away and needed. */
  missing(): readonly StoreName[] {
    return this.#stores.flatMap(({ name, isNeeded }) => (isNeeded && this.#states.get(name)?.state === 'away' ? [name] : []));
  }

  /** Something failed in use; the next probe says whether the store is away. */
  failed(name: StoreName, error: unknown): void {
    const now = this.#states.get(name);
    if (now !== undefined) this.#states.set(name, { ...now, lastError: { at: this.#now(), message: this.#sentence(error) } });
  }

  async #probe({ name, probe }: WatchedStore): Promise<void> {
    const late = Promise.withResolvers<never>();
    const probing = Promise.resolve().then(probe);
    const timer = setTimeout(() => {
      late.reject(new Fault(`no answer within ${PROBE_MS_MAX / 1_000} s${this.#endOfLate.get(name) ?? ''}`, { retry: 'later' }));
      // It says more than that there was none, when it ends at last.
      probing.catch((error: unknown) => this.#endOfLate.set(name, `; an earlier one ended with: ${this.#sentence(error)}`));
    }, PROBE_MS_MAX);
    try {
      await Promise.race([probing, late.promise]);
      this.#endOfLate.delete(name);
      this.#become(name, 'up');
    } catch (error) {
      this.failed(name, error);
      this.#become(name, 'away');
    } finally {
      clearTimeout(timer);
    }
  }

  #become(name: StoreName, state: 'up' | 'away'): void {
    const now = this.#states.get(name);
    if (now?.state !== state) this.#states.set(name, { ...now, state, since: this.#now() });
  }

  #sentence(error: unknown): string {
    const text = (error instanceof Error ? error.message : String(error)).split('\n', 1)[0] ?? '';
    return this.#hide(text).slice(0, SENTENCE_CHARS_MAX);
  }

  #now(): string {
    return new Date(this.#clock.now()).toISOString();
  }
}
