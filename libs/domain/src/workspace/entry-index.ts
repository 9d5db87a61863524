import type { EntryId } from '../ids.ts';
import { nameKey } from '../names/name.ts';
import type { EntryState } from './entry.ts';
import type { NameRule } from './events.ts';

/**
 * Entries by id, by folder, by name key and by what they stand in for. Holds two entries under one key for as long as events in the middle of
 * a group need that, so that events may be taken one at a time.
 */
export class EntryIndex {
  readonly #rule: () => NameRule;
  readonly #entries = new Map<EntryId, EntryState>();
  readonly #children = new Map<EntryId, Set<EntryId>>();
  readonly #holders = new Map<string, readonly EntryId[]>();
  readonly #standIns = new Map<EntryId, EntryId[]>();

  constructor(rule: () => NameRule) {
    this.#rule = rule;
  }

  get(id: EntryId): EntryState | undefined {
    return this.#entries.get(id);
  }

  get size(): number {
    return this.#entries.size;
  }

  all(): Iterable<EntryState> {
    return this.#entries.values();
  }

  *children(parent: EntryId): Iterable<EntryState> {
    for (const id of this.#children.get(parent) ?? []) yield* this.#known([id]);
  }

  holders(parent: EntryId, key: string): readonly EntryState[] {
    return [...this.#known(this.#holders.get(slot(parent, key)) ?? [])];
  }

  standInsOf(entry: EntryId): readonly EntryState[] {
    return [...this.#known(this.#standIns.get(entry) ?? [])];
  }

  set(entry: EntryState): void {
    const before = this.#entries.get(entry.id);
    this.#entries.set(entry.id, entry);
    if (before === undefined && entry.rescueOf !== undefined) {
      this.#standIns.set(entry.rescueOf, [...(this.#standIns.get(entry.rescueOf) ?? []), entry.id]);
    }
    if (before?.parent === entry.parent && before.name === entry.name && before.deleted === entry.deleted) return;
    if (before !== undefined) this.#leave(before);
    this.#enter(entry);
  }

  *#known(ids: Iterable<EntryId>): Iterable<EntryState> {
    for (const id of ids) {
      const entry = this.#entries.get(id);
      if (entry !== undefined) yield entry;
    }
  }

  #enter(entry: EntryState): void {
    if (entry.deleted || entry.parent === null) return;
    const siblings = this.#children.get(entry.parent);
    if (siblings === undefined) this.#children.set(entry.parent, new Set([entry.id]));
    else siblings.add(entry.id);
    const at = slot(entry.parent, nameKey(entry.name, this.#rule()));
    this.#holders.set(at, [...(this.#holders.get(at) ?? []), entry.id]);
  }

  #leave(entry: EntryState): void {
    if (entry.deleted || entry.parent === null) return;
    const siblings = this.#children.get(entry.parent);
    siblings?.delete(entry.id);
    if (siblings?.size === 0) this.#children.delete(entry.parent);
    const at = slot(entry.parent, nameKey(entry.name, this.#rule()));
    const others = (this.#holders.get(at) ?? []).filter((id) => id !== entry.id);
    if (others.length === 0) this.#holders.delete(at);
    else this.#holders.set(at, others);
  }
}

const slot = (parent: EntryId, key: string): string => `${parent}/${key}`;
