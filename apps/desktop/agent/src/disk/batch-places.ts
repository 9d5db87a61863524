import { must, type EntryId } from '@tidemark/domain';
import type { Expected, Identity, LocalEntry } from '@tidemark/sync-engine';
import { STAGING } from '@tidemark/sync-engine';
import type { SqliteJournal } from '../journal/sqlite-journal.ts';
import type { Stat } from '../journal/disk-forms.ts';
import { Folder, identityOf, lstatOf, openBeneath, statFrom, type Unreachable } from './beneath.ts';
import { diskFault } from './disk-fault.ts';
import type { EntryPaths } from './entry-paths.ts';
import { refused, type Refusal } from './refusal.ts';

const FOLDERS_OPEN_MAX = 64;

export type Placed = Pick<LocalEntry, 'id' | 'parent' | 'name' | 'identity'>;

/** What was expected, found. Good until a folder is asked for again. */
export interface Found {
  readonly folder: Folder;
  readonly name: string;
  readonly path: string;
  readonly stat: Stat;
}

/** Where things are for one batch: the journal's word, and what the batch itself has done meanwhile. Paths lead through open folders. */
export class BatchPlaces {
  readonly #journal: SqliteJournal;
  readonly #paths: EntryPaths;
  readonly #root: Folder;
  readonly #open = new Map<EntryId, Folder>();
  /** Entries moved, made or removed in this batch. */
  readonly #placed = new Map<EntryId, Placed | undefined>();
  readonly #spellings = new Map<Identity, string>();

  constructor(journal: SqliteJournal, paths: EntryPaths, root: Folder) {
    this.#journal = journal;
    this.#paths = paths;
    this.#root = root;
  }

  /** It lies there now, in that spelling. */
  place(entry: Placed, spelling: string): void {
    this.#placed.set(entry.id, entry);
    this.#spellings.set(entry.identity, spelling);
  }

  /** It lies nowhere any more. */
  remove(entry: EntryId): void {
    this.#placed.set(entry, undefined);
  }

  #row(entry: EntryId): Placed | undefined {
    return this.#placed.has(entry) ? this.#placed.get(entry) : this.#journal.trees.local(entry);
  }

  #spellingOf(row: Placed): string {
    return this.#spellings.get(row.identity) ?? this.#paths.spellingOf(row);
  }

  /** The open folder of an entry; its identity is what the journal says. Good until the folder after next is asked for. */
  folder(entry: EntryId): Folder | Unreachable {
    const open = this.#open.get(entry);
    if (open !== undefined) {
      this.#open.delete(entry);
      this.#open.set(entry, open);
      return open;
    }
    const folder = this.#reach(entry, 0);
    if (typeof folder === 'string') return folder;
    this.#open.set(entry, folder);
    if (this.#open.size > FOLDERS_OPEN_MAX) {
      const [[oldest, stale] = []] = this.#open;
      if (oldest !== undefined && stale !== undefined) {
        this.#open.delete(oldest);
        if (stale.isTouched) stale.sync();
        stale.close();
      }
    }
    return folder;
  }

  #reach(entry: EntryId, depth: number): Folder | Unreachable {
    if (entry === STAGING) return openBeneath(this.#root, must(this.#paths.namesOf(STAGING), 'staging has a place'));
    if (entry === this.#journal.trees.root) return this.#root.again();
    const row = this.#row(entry);
    if (row === undefined || row.parent === null || depth > 1_000) return 'missing';
    const above = this.#open.get(row.parent);
    const parent = above ?? this.#reach(row.parent, depth + 1);
    if (typeof parent === 'string') return parent;
    const folder = parent.child(this.#spellingOf(row));
    if (above === undefined) parent.close();
    if (typeof folder === 'string') return folder;
    if (folder.identity === row.identity) return folder;
    folder.close();
    return 'missing';
  }

  /** What must be there for an operation, right now. */
  find(expect: Expected, entry: EntryId): Found | Refusal {
    const folder = this.folder(expect.parent);
    if (typeof folder === 'string') return refused(folder === 'missing' ? 'parent-missing' : folder);
    const row = this.#row(entry);
    if (row === undefined) return refused('missing');
    if (row.parent !== expect.parent || row.name !== expect.name || row.identity !== expect.identity) return refused('changed');
    const name = this.#spellingOf(row);
    const path = folder.path(name);
    const stat = lstatOf(path);
    if (stat === undefined) return refused('missing');
    return identityOf(stat) === expect.identity ? { folder, name, path, stat: statFrom(stat) } : refused('changed');
  }

  /** From the root down, in the disk's spelling; nothing for what is not on disk or lies in staging. */
  namesOf(entry: EntryId): readonly string[] | undefined {
    const names: string[] = [];
    for (let at = entry; at !== this.#journal.trees.root;) {
      const row = this.#row(at);
      if (row === undefined || row.parent === null) return undefined;
      names.push(this.#spellingOf(row));
      if (row.parent === STAGING) return undefined;
      at = row.parent;
    }
    return names.reverse();
  }

  /** Renamed folders lead handles astray where handles are paths. */
  closeAll(): void {
    for (const [entry, folder] of this.#open) {
      if (folder.isTouched) folder.sync();
      this.close(entry);
    }
  }

  /** The folder is gone, or is no longer needed. */
  close(entry: EntryId): void {
    this.#open.get(entry)?.close();
    this.#open.delete(entry);
  }

  /** Makes what was touched durable; gives the folders where that failed. */
  sync(): ReadonlyMap<EntryId, Error> {
    const failed = new Map<EntryId, Error>();
    for (const [entry, folder] of this.#open) {
      const fault = syncTouched(folder);
      if (fault !== undefined) failed.set(entry, fault);
    }
    return failed;
  }

  end(): void {
    for (const folder of this.#open.values()) folder.close();
    this.#open.clear();
  }
}

/** The fault, where it cannot be made durable. */
export function syncTouched(folder: Folder): Error | undefined {
  if (!folder.isTouched) return undefined;
  try {
    folder.sync();
    return undefined;
  } catch (error) {
    const fault = diskFault(error, 'the folder');
    if (fault === undefined) throw error;
    return fault;
  }
}
