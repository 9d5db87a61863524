/** Several ids under one key, ascending when read. */
export class MultiMap<Key, Id extends string> {
  readonly #sets = new Map<Key, Set<Id>>();

  add(key: Key, id: Id): void {
    const set = this.#sets.get(key);
    if (set === undefined) this.#sets.set(key, new Set([id]));
    else set.add(id);
  }

  delete(key: Key, id: Id): void {
    const set = this.#sets.get(key);
    if (set?.delete(id) === true && set.size === 0) this.#sets.delete(key);
  }

  /** A copy, so that the map may change while it is walked. */
  get(key: Key): readonly Id[] {
    const set = this.#sets.get(key);
    return set === undefined ? [] : set.size === 1 ? [...set] : [...set].toSorted();
  }
}
