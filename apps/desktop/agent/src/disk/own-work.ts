import type { EntryId } from '@tidemark/domain';

/**
 * Which folders our own operations are changing: a look at one of them that began before the operation was remembered is void and repeated.
 * Moments are counted, not timed.
 */
export class OwnWork {
  readonly #active = new Map<EntryId, number>();
  readonly #ended = new Map<EntryId, number>();
  #moment = 0;
  #looks = 0;

  /** Begins; give it an end when what was done stands in the journal. */
  begin(folders: Iterable<EntryId>): () => void {
    const touched = new Set(folders);
    for (const folder of touched) this.#active.set(folder, (this.#active.get(folder) ?? 0) + 1);
    return () => {
      this.#moment += 1;
      for (const folder of touched) {
        const left = (this.#active.get(folder) ?? 1) - 1;
        if (left === 0) this.#active.delete(folder);
        else this.#active.set(folder, left);
        if (this.#looks > 0) this.#ended.set(folder, this.#moment);
      }
    };
  }

  /** Now, for {@link isVoid}. Say when the look is over. */
  look(): { readonly since: number; end(): void } {
    this.#looks += 1;
    return {
      since: this.#moment,
      end: () => {
        this.#looks -= 1;
        if (this.#looks === 0) this.#ended.clear();
      },
    };
  }

  isActive(folder: EntryId): boolean {
    return this.#active.has(folder);
  }

  isVoid(folder: EntryId, since: number): boolean {
    return this.isActive(folder) || (this.#ended.get(folder) ?? -1) > since;
  }
}
