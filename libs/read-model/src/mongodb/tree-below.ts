import type { EntryId } from '@tidemark/domain';
import type { Collection } from 'mongodb';
import type { FolderFigures } from '../folder-sizes.ts';
import { bytesIn } from '../folder-sizes.ts';
import type { EntryDocument } from './collections.ts';
import { entryRow, idAt, whatIn } from './documents.ts';
import { IDS_MAX, oneOrMany } from './ids.ts';

/** The tree of one address, asked for level by level, many folders at once. */
export class TreeBelow {
  readonly #entries: Collection<EntryDocument>;
  readonly #address: string;

  constructor(entries: Collection<EntryDocument>, address: string) {
    this.#entries = entries;
    this.#address = address;
  }

  /** All folders below the tops, none of them or between deleted, with the tops; each by its own figures. */
  async figures(tops: readonly EntryId[]): Promise<readonly FolderFigures[]> {
    const figures: FolderFigures[] = [];
    const seen = new Set<EntryId>(tops);
    let level: readonly EntryId[] = [...seen];
    while (level.length > 0) {
      const folders: EntryId[] = [];
      for (const parents of some(level)) {
        figures.push(...(await this.#filesOf(parents)));
        for (const { entry, parent, bytes } of await this.#foldersOf(parents)) {
          figures.push({ entry: parent, parent: undefined, children: 1, bytes: bytes ?? 0 });
          if (bytes !== null) continue;
          figures.push({ entry, parent, children: 0, bytes: 0 });
          if (!seen.has(entry)) folders.push(entry);
          seen.add(entry);
        }
      }
      level = folders;
    }
    return figures;
  }

  /** The entry and what is below it, deleted or not; no more than so many. */
  async entries(top: EntryId, limit: number): Promise<readonly EntryId[]> {
    const seen = new Set<EntryId>([top]);
    for (let level: readonly EntryId[] = [top]; level.length > 0;) {
      const below: EntryId[] = [];
      for (const parents of some(level)) {
        const parent = oneOrMany(parents);
        const children = this.#entries.find({ address: this.#address, parent }, { projection: { _id: 1 } }).limit(limit);
        for await (const { _id } of children) {
          const entry = whatIn(_id) as EntryId;
          if (!seen.has(entry)) below.push(entry);
          seen.add(entry);
        }
        if (seen.size >= limit) return [...seen].slice(0, limit);
      }
      level = below;
    }
    return [...seen];
  }

  async #filesOf(parents: readonly EntryId[]): Promise<readonly FolderFigures[]> {
    const files = { address: this.#address, parent: oneOrMany(parents), deleted: false, bytes: { $gte: 0 } };
    // FerretDB gives the first of several sums alone.
    const summed = (what: 1 | '$bytes') =>
      this.#entries
        .aggregate<{ readonly _id: EntryId; readonly sum: number }>([
          { $match: files },
          { $group: { _id: '$parent', sum: { $sum: what } } },
        ])
        .toArray();
    const [counts, bytes] = await Promise.all([summed(1), summed('$bytes')]);
    return [
      ...counts.map(({ _id, sum }) => ({ entry: _id, parent: undefined, children: sum, bytes: 0 })),
      ...bytes.map(({ _id, sum }) => ({ entry: _id, parent: undefined, children: 0, bytes: sum })),
    ];
  }

  /** And what has no `bytes` beside it, written by a version that knew of none. */
  async #foldersOf(
    parents: readonly EntryId[],
  ): Promise<readonly { readonly entry: EntryId; readonly parent: EntryId; readonly bytes: number | null }[]> {
    const found = await this.#entries
      .find({ address: this.#address, parent: oneOrMany(parents), deleted: false, bytes: null }, { projection: { parent: 1, bytes: 1 } })
      .toArray();
    const old = await this.#bytesOf(found.filter(({ bytes }) => bytes === undefined).map(({ _id }) => _id));
    return found.map(({ _id, parent, bytes }) => ({
      entry: whatIn(_id) as EntryId,
      parent: parent as EntryId,
      bytes: bytes === undefined ? (old.get(_id) ?? null) : bytes,
    }));
  }

  async #bytesOf(ids: readonly string[]): Promise<ReadonlyMap<string, number | null>> {
    const bytes = new Map<string, number | null>();
    for (const which of some(ids)) {
      const rows = this.#entries.find({ address: this.#address, _id: oneOrMany(which) }, { projection: { row: 1 } });
      for await (const document of rows) bytes.set(document._id, bytesIn(entryRow(document)));
    }
    return bytes;
  }
}

/** Which entries are the top or below it, deleted or not. What is found out is remembered for the next ones. */
export class Within {
  readonly #entries: Collection<EntryDocument>;
  readonly #address: string;
  readonly #top: EntryId;
  /** Nothing for the workspace's own folder, and for what is not there. */
  readonly #parents = new Map<EntryId, EntryId | undefined>();

  constructor(entries: Collection<EntryDocument>, address: string, top: EntryId) {
    this.#entries = entries;
    this.#address = address;
    this.#top = top;
  }

  /** To be called with every entry that `has` is then asked about. */
  async learn(entries: Iterable<EntryId>): Promise<void> {
    const missing = () => [...new Set([...entries].flatMap((entry) => this.#missingAbove(entry) ?? []))];
    for (let ids = missing(); ids.length > 0; ids = missing())
      for (const which of some(ids)) {
        for (const entry of which) this.#parents.set(entry, undefined);
        const _id = oneOrMany(which.map((entry) => idAt(this.#address, entry)));
        const found = this.#entries.find({ address: this.#address, _id }, { projection: { parent: 1 } });
        for await (const { _id: id, parent } of found)
          this.#parents.set(whatIn(id) as EntryId, (parent ?? undefined) as EntryId | undefined);
      }
  }

  has(entry: EntryId): boolean {
    return this.#climb(entry) === this.#top;
  }

  #missingAbove(entry: EntryId): EntryId | undefined {
    const last = this.#climb(entry);
    return last === this.#top || this.#parents.has(last) ? undefined : last;
  }

  /** The top, or the last one that is known of; once round where the tree is in a circle for a moment. */
  #climb(entry: EntryId): EntryId {
    const climbed = new Set<EntryId>();
    let at = entry;
    while (at !== this.#top && !climbed.has(at)) {
      climbed.add(at);
      at = this.#parents.get(at) ?? at;
    }
    return at;
  }
}

function* some<Id extends string>(ids: readonly Id[]): Iterable<readonly Id[]> {
  for (let n = 0; n < ids.length; n += IDS_MAX) yield ids.slice(n, n + IDS_MAX);
}
