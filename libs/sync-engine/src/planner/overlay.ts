import { nameKey, type EntryId, type EntryKind, type NameRule } from '@tidemark/domain';
import { MultiMap } from '../trees/multi-map.ts';
import type { Trees } from '../trees/trees.port.ts';

export interface OverlayEntry {
  readonly id: EntryId;
  readonly kind: EntryKind;
  readonly parent: EntryId | null;
  readonly name: string;
  readonly deleted: boolean;
}

/** What an overlay can lie on: R, or another overlay. */
export interface Places {
  readonly root: EntryId;
  readonly names: NameRule;
  entry(id: EntryId): OverlayEntry | undefined;
  holders(parent: EntryId, key: string): readonly EntryId[];
  children(parent: EntryId): readonly EntryId[];
}

export const remotePlaces = (trees: Trees): Places => ({
  root: trees.root,
  names: trees.names,
  entry: (id) => trees.remote(id),
  holders: (parent, key) => {
    const row = trees.remoteByKey(parent, key);
    return row === undefined ? [] : [row.id];
  },
  children: (parent) => Array.from(trees.remoteChildren(parent), (row) => row.id),
});

/** The workspace as it will be when operations are done, on top of what it is: holds only what they touch. In the middle of a group it may have cycles and names held twice. */
export class Overlay implements Places {
  readonly root: EntryId;
  readonly names: NameRule;
  readonly #below: Places;
  readonly #touched = new Map<EntryId, OverlayEntry>();
  readonly #slots = new MultiMap<string, EntryId>();
  readonly #children = new MultiMap<EntryId, EntryId>();

  constructor(below: Places) {
    this.root = below.root;
    this.names = below.names;
    this.#below = below;
  }

  entry(id: EntryId): OverlayEntry | undefined {
    return this.#touched.get(id) ?? this.#below.entry(id);
  }

  set(entry: OverlayEntry): void {
    this.unset(entry.id);
    this.#touched.set(entry.id, entry);
    if (entry.deleted || entry.parent === null) return;
    this.#slots.add(this.#slot(entry.parent, entry.name), entry.id);
    this.#children.add(entry.parent, entry.id);
  }

  put(id: EntryId, kind: EntryKind, parent: EntryId, name: string): void {
    this.set({ id, kind, parent, name, deleted: false });
  }

  remove(id: EntryId): void {
    const entry = this.entry(id);
    if (entry !== undefined) this.set({ ...entry, deleted: true });
  }

  /** Back to what is below. */
  unset(id: EntryId): void {
    const entry = this.#touched.get(id);
    if (entry === undefined) return;
    this.#touched.delete(id);
    if (entry.deleted || entry.parent === null) return;
    this.#slots.delete(this.#slot(entry.parent, entry.name), id);
    this.#children.delete(entry.parent, id);
  }

  holders(parent: EntryId, key: string): readonly EntryId[] {
    return [...this.#below.holders(parent, key).filter((id) => !this.#touched.has(id)), ...this.#slots.get(`${parent}/${key}`)];
  }

  holder(parent: EntryId, name: string, except: EntryId): EntryId | undefined {
    return this.holders(parent, nameKey(name, this.names)).find((id) => id !== except);
  }

  children(parent: EntryId): readonly EntryId[] {
    return [...this.#below.children(parent).filter((id) => !this.#touched.has(id)), ...this.#children.get(parent)];
  }

  /** The entry and what is above it, the root not counted; ends at what does not exist or where it comes round. */
  *lineage(id: EntryId): Iterable<OverlayEntry | EntryId> {
    const seen = new Set<EntryId>();
    for (let at: EntryId | null = id; at !== null && at !== this.root && !seen.has(at);) {
      seen.add(at);
      const entry = this.entry(at);
      yield entry ?? at;
      at = entry?.parent ?? null;
    }
  }

  isLive(id: EntryId): boolean {
    let top: EntryId | null = id;
    const seen = new Set<EntryId>();
    while (top !== this.root) {
      if (top === null || seen.has(top)) return false;
      seen.add(top);
      const entry: OverlayEntry | undefined = this.entry(top);
      if (entry === undefined || entry.deleted) return false;
      top = entry.parent;
    }
    return true;
  }

  isWithin(id: EntryId, ancestor: EntryId): boolean {
    for (const entry of this.lineage(id)) if ((typeof entry === 'string' ? entry : entry.id) === ancestor) return true;
    return false;
  }

  #slot(parent: EntryId, name: string): string {
    return `${parent}/${nameKey(name, this.names)}`;
  }
}
