/** Remembers at least the last `max / 2` values and at most `max`, each step in constant time. */
export class RecentSet<Value> {
  readonly #half: number;
  #young = new Set<Value>();
  #old = new Set<Value>();

  constructor(max: number) {
    this.#half = Math.max(1, Math.floor(max / 2));
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  has(value: Value): boolean {
    return this.#young.has(value) || this.#old.has(value);
  }

  add(value: Value): void {
    if (this.#young.has(value)) return;
    if (this.#young.size >= this.#half) {
      this.#old = this.#young;
      this.#young = new Set();
    }
    this.#young.add(value);
  }

  delete(value: Value): void {
    this.#young.delete(value);
    this.#old.delete(value);
  }

  clear(): void {
    this.#young = new Set();
    this.#old = new Set();
  }
}
