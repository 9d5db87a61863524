import type { EntryId } from '@tidemark/domain';
import type { Collection } from 'mongodb';
import type { EntryDocument } from './collections.ts';
import { idAt } from './documents.ts';

/** Ids that one command asks for. */
const IDS_MAX = 1_000;

type Place = Pick<EntryDocument, '_id' | 'parent' | 'deleted'>;

/** What is found out about places in the tree while one answer is put together. Ancestors are asked for level by level, for all entries at once. */
export class LiveEntries {
  readonly #entries: Collection<EntryDocument>;
  readonly #address: string;
  /** By id; nothing for one that is not there. */
  readonly #places = new Map<string, Place | undefined>();

  constructor(entries: Collection<EntryDocument>, address: string) {
    this.#entries = entries;
    this.#address = address;
  }

  /** Those of the places above which nothing is deleted, nor they. Ancestors not there yet count as not deleted: a batch may be half written. */
  async among<Doc extends Place>(places: readonly Doc[]): Promise<readonly Doc[]> {
    for (const place of places) this.#places.set(place._id, place);
    for (let missing = this.#missingAbove(places); missing.length > 0; missing = this.#missingAbove(places)) await this.#fetch(missing);
    return places.filter((place) => this.#isLive(place));
  }

  async isLive(entry: EntryId): Promise<boolean> {
    const id = idAt(this.#address, entry);
    await this.#fetch([id]);
    const place = this.#places.get(id);
    return place !== undefined && (await this.among([place])).length === 1;
  }

  #missingAbove(places: readonly Place[]): readonly string[] {
    const missing = new Set<string>();
    for (const place of places) {
      const top = this.#climb(place).at(-1);
      const above = top === undefined || top.deleted ? undefined : this.#idAbove(top);
      if (above !== undefined && !this.#places.has(above)) missing.add(above);
    }
    return [...missing];
  }

  #isLive(place: Place): boolean {
    return this.#climb(place).every(({ deleted }) => !deleted);
  }

  /** From the place up as far as is known, to what is deleted, or once round where the tree is in a circle for a moment. */
  #climb(place: Place): readonly Place[] {
    const climbed = new Set<Place>();
    for (let at: Place | undefined = place; at !== undefined && !climbed.has(at);) {
      climbed.add(at);
      const above: string | undefined = at.deleted ? undefined : this.#idAbove(at);
      at = above === undefined ? undefined : this.#places.get(above);
    }
    return [...climbed];
  }

  #idAbove({ parent }: Place): string | undefined {
    return parent === null ? undefined : idAt(this.#address, parent);
  }

  async #fetch(ids: readonly string[]): Promise<void> {
    for (let n = 0; n < ids.length; n += IDS_MAX) {
      const some = ids.slice(n, n + IDS_MAX);
      const [only] = some;
      const filter = { _id: some.length === 1 && only !== undefined ? only : { $in: some } };
      for (const id of some) this.#places.set(id, undefined);
      const found = this.#entries.find({ address: this.#address, ...filter }, { projection: { parent: 1, deleted: 1 } });
      for await (const place of found) this.#places.set(place._id, place);
    }
  }
}
