import type { EntryId } from '@tidemark/domain';
import { DEPTH_MAX, nameKey } from '@tidemark/domain';
import type { Identity, LocalEntry, Trees } from '@tidemark/sync-engine';
import { STAGING } from '@tidemark/sync-engine';
import { TIDEMARK_FOLDER } from './root-marker.ts';

/** Where entries lie that the engine has moved out of the way. */
export const STAGED_ENTRIES: readonly string[] = [TIDEMARK_FOLDER, 'staging', 'entries'];

interface Spellings {
  spellingOf(identity: Identity): string | undefined;
}

/** From entries to names on this disk and back. Names are in the disk's spelling, from the root down. */
export class EntryPaths {
  readonly #trees: Trees;
  readonly #forms: Spellings;

  constructor(trees: Trees, forms: Spellings) {
    this.#trees = trees;
    this.#forms = forms;
  }

  /** The entry's name as the disk spells it. */
  spellingOf(entry: Pick<LocalEntry, 'id' | 'parent' | 'name' | 'identity'>): string {
    return entry.parent === STAGING ? entry.id : (this.#forms.spellingOf(entry.identity) ?? entry.name);
  }

  /** Nothing where it, or a folder above, is not on disk. */
  namesOf(entry: EntryId): readonly string[] | undefined {
    if (entry === STAGING) return STAGED_ENTRIES;
    const names: string[] = [];
    for (let at = entry; at !== this.#trees.root;) {
      const row = this.#trees.local(at);
      if (row === undefined || row.parent === null || names.length > DEPTH_MAX) return undefined;
      names.push(this.spellingOf(row));
      if (row.parent === STAGING) return [...STAGED_ENTRIES, ...names.reverse()];
      at = row.parent;
    }
    return names.reverse();
  }

  /** For people: from the root, with `/`; '' for the root and for what is not on disk. */
  pathOf(entry: EntryId): string {
    return this.namesOf(entry)?.join('/') ?? '';
  }

  /** The child of that spelling. */
  childOf(folder: EntryId, spelling: string): LocalEntry | undefined {
    const held = this.#trees.localByKey(folder, nameKey(spelling.normalize('NFC'), this.#trees.names));
    return held.find((entry) => this.spellingOf(entry) === spelling);
  }

  /** The folder at that path, as far as L knows it: its entry, or the deepest one above and what is left of the path. */
  folderAt(names: readonly string[]): { readonly folder: EntryId; readonly rest: readonly string[] } {
    let folder = this.#trees.root;
    for (const [depth, name] of names.entries()) {
      const child = this.childOf(folder, name);
      if (child?.kind !== 'folder') return { folder, rest: names.slice(depth) };
      folder = child.id;
    }
    return { folder, rest: [] };
  }
}
