import { contentKeyOf, type EntryId } from '@tidemark/domain';
import type { LocalEntry } from '../trees/trees.port.ts';

/** Entries that a look did not find where L has them, not yet confirmed by a second look. Found by content, so that delete + create is known as a move. */
export class MissingEntries {
  readonly #contents = new Map<EntryId, string>();
  readonly #ids = new Map<string, Set<EntryId>>();

  add(local: LocalEntry): void {
    if (this.#contents.has(local.id)) return;
    const key = movedAs(local);
    this.#contents.set(local.id, key ?? '');
    if (key === undefined) return;
    const ids = this.#ids.get(key);
    if (ids === undefined) this.#ids.set(key, new Set([local.id]));
    else ids.add(local.id);
  }

  delete(id: EntryId): void {
    const key = this.#contents.get(id);
    if (key === undefined) return;
    this.#contents.delete(id);
    const ids = this.#ids.get(key);
    ids?.delete(id);
    if (ids?.size === 0) this.#ids.delete(key);
  }

  has(id: EntryId): boolean {
    return this.#contents.has(id);
  }

  /** Those that held it, by id. */
  withContent(key: string): readonly EntryId[] {
    return [...(this.#ids.get(key) ?? [])].toSorted();
  }

  ids(): readonly EntryId[] {
    return [...this.#contents.keys()];
  }
}

/** By which a file is known again under another name and identity: empty ones are all alike, and links and folders say too little. */
export const movedAs = (entry: Pick<LocalEntry, 'kind' | 'content' | 'target'>): string | undefined =>
  entry.kind === 'file' && entry.content !== undefined && entry.content.size > 0 ? contentKeyOf(entry) : undefined;
