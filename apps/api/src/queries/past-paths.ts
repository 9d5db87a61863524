import { Inject, Injectable } from '@nestjs/common';
import { DEPTH_MAX, type EntryId, type Place, type Revision, type Row, type WorkspaceId } from '@tidemark/domain';
import { entryId } from '@tidemark/protocol';
import type { ActivityRow, ReadModelReader } from '@tidemark/read-model/reader';
import { z } from 'zod';
import { READ_MODEL } from '../tokens.ts';

/** Events that say where an entry stands from then on. */
const PLACING = ['FolderCreated', 'FileCreated', 'LinkCreated', 'EntryMoved', 'EntryRestored'];
const place = z.object({ parent: entryId, name: z.string() });
/** Places looked up of one entry that has moved since, the last ones before the newest line. */
export const PLACES_READ_MAX = 100;
/** Entries of one answer whose places are looked up. Those beyond are told to have stood where they stand. */
export const MOVED_READ_MAX = 200;
/** Asked for at once. */
const READS_MAX = 10;

interface PlaceSince extends Place {
  readonly since: Revision;
}

/** Where entries stood at past revisions: found out only of those that have moved since. */
@Injectable()
export class PastPaths {
  constructor(@Inject(READ_MODEL) private readonly reader: ReadModelReader) {}

  /** @param lines Newest first. */
  async of(workspace: WorkspaceId, lines: readonly ActivityRow[]): Promise<PlacesThen> {
    const then = new PlacesThen();
    const newest = lines[0]?.revision ?? 0n;
    let moved = 0;
    for (;;) {
      const { rows, places } = then.missing(lines);
      if (rows.length === 0 && places.length === 0) return then;
      if (rows.length > 0) then.learnRows(rows, await this.reader.entries(workspace, rows));
      for (let n = 0; n < places.length; n += READS_MAX) {
        const some = places.slice(n, n + READS_MAX);
        const known = some.slice(0, Math.max(0, MOVED_READ_MAX - moved));
        moved += known.length;
        const read = (entry: EntryId) =>
          this.reader.history(workspace, { entry, types: PLACING, before: newest + 1n, limit: PLACES_READ_MAX });
        const pages = await Promise.all(known.map(read));
        for (const [at, entry] of some.entries()) then.learnPlaces(entry, pages[at]?.lines ?? []);
      }
    }
  }
}

export class PlacesThen {
  readonly #rows = new Map<EntryId, Row | undefined>();
  /** Newest first. */
  readonly #places = new Map<EntryId, readonly PlaceSince[]>();

  /** What has to be learned before the paths of these lines can be told. */
  missing(lines: readonly ActivityRow[]): { readonly rows: readonly EntryId[]; readonly places: readonly EntryId[] } {
    const rows = new Set<EntryId>();
    const places = new Set<EntryId>();
    for (const line of lines) {
      if (line.entry === undefined) continue;
      for (const revision of [line.revision, ...(isMove(line) ? [line.revision - 1n] : [])]) {
        const { lacks } = this.#climb(line.entry, revision);
        if (lacks === undefined) continue;
        (this.#rows.has(lacks) ? places : rows).add(lacks);
      }
    }
    return { rows: [...rows], places: [...places] };
  }

  learnRows(asked: readonly EntryId[], found: ReadonlyMap<EntryId, Row>): void {
    for (const entry of asked) this.#rows.set(entry, found.get(entry));
  }

  learnPlaces(entry: EntryId, lines: readonly ActivityRow[]): void {
    const places = lines.map(({ revision, data }) => ({ since: revision, place: place.safeParse(data) }));
    this.#places.set(
      entry,
      places.flatMap(({ since, place: { data } }) => (data === undefined ? [] : [{ since, ...data }])),
    );
  }

  /** As it stood after the line; nothing for a line about no entry, or one that is not known. */
  pathOf({ entry, revision }: ActivityRow): string | undefined {
    return entry === undefined ? undefined : this.#climb(entry, revision).path;
  }

  /** Where the line took it from. */
  fromOf(line: ActivityRow): string | undefined {
    return line.entry !== undefined && isMove(line) ? this.#climb(line.entry, line.revision - 1n).path : undefined;
  }

  #climb(entry: EntryId, revision: Revision): { readonly path?: string; readonly lacks?: EntryId } {
    const names: string[] = [];
    for (let at: EntryId | null = entry; at !== null && names.length <= DEPTH_MAX;) {
      const row = this.#rows.get(at);
      if (row === undefined) return this.#rows.has(at) ? (at === entry ? {} : { path: joined(names) }) : { lacks: at };
      const places = this.#places.get(at);
      if (row.revisions.place > revision && places === undefined) return { lacks: at };
      const then: Place = row.revisions.place <= revision ? row : (placeAt(places ?? [], revision) ?? row);
      if (then.parent !== null) names.push(then.name);
      at = then.parent;
    }
    return { path: joined(names) };
  }
}

const isMove = ({ type }: ActivityRow): boolean => type === 'EntryMoved' || type === 'EntryRestored';
const joined = (names: readonly string[]): string => names.toReversed().join('/');

/** The oldest that is known where it is asked for one before. */
const placeAt = (places: readonly PlaceSince[], revision: Revision): Place | undefined =>
  places.find(({ since }) => since <= revision) ?? places.at(-1);
