import type { Timers } from '../timers.port.ts';

/** Time that passes only when a test says so. */
export class VirtualTimers implements Timers {
  readonly #pending = new Map<number, { readonly at: number; readonly work: () => void }>();
  #now = 1_000_000;
  #n = 0;
  chance = 0.5;

  now(): number {
    return this.#now;
  }

  random(): number {
    return this.chance;
  }

  after(ms: number, work: () => void): () => void {
    const id = ++this.#n;
    this.#pending.set(id, { at: this.#now + Math.max(0, ms), work });
    return () => this.#pending.delete(id);
  }

  /** Milliseconds until each timer that is armed. */
  armed(): number[] {
    return [...this.#pending.values()].map(({ at }) => at - this.#now).toSorted((a, b) => a - b);
  }

  /** Lets time pass, and everything that promises have under way. */
  async pass(ms: number): Promise<void> {
    const end = this.#now + ms;
    for (let steps = 0; ; steps++) {
      if (steps > 100_000) throw new Error('a busy loop');
      await quiet();
      const [next] = [...this.#pending].toSorted(([a, one], [b, other]) => one.at - other.at || a - b);
      if (!next || next[1].at > end) break;
      this.#pending.delete(next[0]);
      this.#now = Math.max(this.#now, next[1].at);
      next[1].work();
    }
    this.#now = end;
  }
}

/** Every promise that can settle without time passing has. */
const quiet = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
