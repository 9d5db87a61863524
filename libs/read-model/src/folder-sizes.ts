import type { EntryId, Row } from '@tidemark/domain';
import type { FolderSize } from './read-model.port.ts';

/** What stands beside a row to add up: nothing is a folder. */
export const bytesIn = ({ kind, content }: Row): number | null => (kind === 'folder' ? null : (content?.size ?? 0));

/** A part of what a folder is by itself: of its children, and of the bytes of those that are files. */
export interface FolderFigures {
  readonly entry: EntryId;
  /** Of a folder that is one of the children of another one here. */
  readonly parent: EntryId | undefined;
  readonly children: number;
  readonly bytes: number;
}

/** Each of the tops with everything below it, from the figures of all folders below, in time linear in these. */
export function rolledUp(tops: readonly EntryId[], figures: readonly FolderFigures[]): ReadonlyMap<EntryId, FolderSize> {
  const own = new Map<EntryId, FolderSize>();
  const below = new Map<EntryId, Set<EntryId>>();
  for (const each of figures) {
    const { inside = 0, bytes = 0 } = own.get(each.entry) ?? {};
    own.set(each.entry, { inside: inside + each.children, bytes: bytes + each.bytes });
    if (each.parent === undefined) continue;
    const siblings = below.get(each.parent) ?? new Set();
    below.set(each.parent, siblings.add(each.entry));
  }
  const sizes = new Map<EntryId, FolderSize>();
  const sizeOf = (folder: EntryId): FolderSize => {
    const known = sizes.get(folder);
    if (known !== undefined) return known;
    let { inside = 0, bytes = 0 } = own.get(folder) ?? {};
    // Where the tree is in a circle for a moment, what is met again counts nothing.
    sizes.set(folder, { inside: 0, bytes: 0 });
    for (const child of below.get(folder) ?? []) {
      const size = sizeOf(child);
      inside += size.inside;
      bytes += size.bytes;
    }
    const size = { inside, bytes };
    sizes.set(folder, size);
    return size;
  };
  return new Map(tops.map((top) => [top, sizeOf(top)]));
}
