interface Held<View> {
  readonly view: View;
  users: number;
}

/** At most so many open at once, least recently used closed first; one in use is never closed. */
export class OpenViews<Key extends string, View extends { close(): void }> {
  readonly #open: (key: Key) => View;
  readonly #openMax: number;
  readonly #held = new Map<Key, Held<View>>();

  constructor(open: (key: Key) => View, openMax: number) {
    this.#open = open;
    this.#openMax = openMax;
  }

  has(key: Key): boolean {
    return this.#held.has(key);
  }

  async use<Result>(key: Key, work: (view: View) => Promise<Result>): Promise<Result> {
    const held = this.#held.get(key) ?? { view: this.#open(key), users: 0 };
    this.#held.delete(key);
    this.#held.set(key, held);
    held.users += 1;
    try {
      return await work(held.view);
    } finally {
      held.users -= 1;
      this.#closeUnused();
    }
  }

  close(): void {
    for (const held of this.#held.values()) held.view.close();
    this.#held.clear();
  }

  #closeUnused(): void {
    for (const [key, held] of this.#held) {
      if (this.#held.size <= this.#openMax) return;
      if (held.users > 0) continue;
      this.#held.delete(key);
      held.view.close();
    }
  }
}
