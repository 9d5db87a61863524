import { closeSync, fchmodSync, fstatSync, fsyncSync, futimesSync, openSync, readdirSync, renameSync, rmdirSync } from 'node:fs';
import { must, nameKey, unreachable, type EntryId } from '@tidemark/domain';
import type { DiskOperation, DiskOutcome, Identity, LocalEntry } from '@tidemark/sync-engine';
import { STAGING } from '@tidemark/sync-engine';
import { isSameStat, type Stat } from '../journal/disk-forms.ts';
import { codeOf, FILE_FLAGS, identityOf, lstatOf, statFrom, type Folder } from './beneath.ts';
import type { BatchPlaces, Found } from './batch-places.ts';
import type { NodeDiskOptions } from './disk-options.ts';
import { systemTime } from './file-times.ts';
import { moveWithoutReplacing, type KeptFiles } from './kept-files.ts';
import { valuesOf } from './local-after.ts';
import type { Ready } from './preparation.ts';
import { OCCUPIED_CODES, refused } from './refusal.ts';
import { withExecutable, type Staged, type Staging } from './staging.ts';

/** The visible part of each operation; synchronous, so that next to nothing comes between the look and the deed. What is displaced goes to kept files. */
export class VisibleSteps {
  readonly #options: NodeDiskOptions;
  readonly #places: BatchPlaces;
  readonly #staging: Staging;
  readonly #kept: KeptFiles;
  /** Written in one transaction when everything is durable. */
  readonly #memories: (() => void)[] = [];

  constructor(options: NodeDiskOptions, places: BatchPlaces, staging: Staging, kept: KeptFiles) {
    this.#options = options;
    this.#places = places;
    this.#staging = staging;
    this.#kept = kept;
  }

  /** What was done is remembered; it is durable by now. Within the journal's transaction. */
  remember(): void {
    for (const remember of this.#memories.splice(0)) remember();
  }

  #step(what: string): void {
    this.#options.step?.(what);
  }

  act(ready: Ready): DiskOutcome {
    const { operation, seen } = ready;
    switch (operation.type) {
      case 'createFolder':
      case 'createFile':
      case 'createLink':
        return this.#create(operation, must(ready.staged, 'a creation is staged'));
      case 'replaceFile':
      case 'replaceLink':
        return this.#replace(operation, must(ready.staged, 'a replacement is staged'), must(seen, 'it was looked at'));
      case 'setAttributes':
        return this.#setAttributes(operation, must(seen, 'it was looked at'));
      case 'rename':
        return this.#rename(operation);
      case 'removeFile':
        return this.#removeFile(operation, must(seen, 'it was looked at'));
      case 'removeFolder':
        return this.#removeFolder(operation);
      default:
        return unreachable(operation);
    }
  }

  #create(operation: Extract<DiskOperation, { type: `create${string}` }>, staged: Staged): DiskOutcome {
    const folder = this.#places.folder(operation.parent);
    if (typeof folder === 'string') return refused(folder === 'missing' ? 'parent-missing' : folder);
    const to = folder.path(operation.name);
    const from = this.#staging.folder.path(staged.name);
    this.#step('create');
    try {
      // An empty folder would be replaced; a link to what is there fails by itself.
      if (operation.type !== 'createFolder') moveWithoutReplacing(from, to);
      else if (lstatOf(to) === undefined) renameSync(from, to);
      else return refused('occupied');
    } catch (error) {
      if (OCCUPIED_CODES.includes(codeOf(error))) return refused('occupied');
      throw error;
    }
    folder.isTouched = true;
    return this.#done(operation, folder, operation.parent, operation.name, operation.name);
  }

  #replace(operation: Extract<DiskOperation, { type: `replace${string}` }>, staged: Staged, seen: Stat): DiskOutcome {
    const found = this.#places.find(operation.expect, operation.entry);
    if ('done' in found) return found;
    if (!isSameStat(found.stat, seen)) return refused('changed');
    const kept = this.#kept.nameFor(found.name);
    this.#step('keep');
    this.#kept.link(found.path, kept);
    this.#step('replace');
    const last = lstatOf(found.path);
    if (last === undefined || identityOf(last) !== operation.expect.identity) return refused('changed'); // saved anew, in this moment
    renameSync(this.#staging.folder.path(staged.name), found.path);
    found.folder.isTouched = true;
    this.#afterDisplacing(kept, found, operation.expect.parent, seen);
    return this.#done(operation, found.folder, operation.expect.parent, operation.expect.name, found.name);
  }

  /** What lies in kept files is what was expected; else it is an edit that slipped in, and comes back beside. */
  #afterDisplacing(kept: string, found: Found, parent: EntryId, seen: Stat): void {
    this.#step('displaced');
    const stat = lstatOf(this.#kept.folder.path(kept));
    const path = [...(this.#places.namesOf(parent) ?? []), found.name];
    if (stat === undefined) return;
    const now = statFrom(stat);
    if (now.size === seen.size && now.mtime === seen.mtime) {
      this.#memories.push(() => this.#kept.record(kept, path.join('/'), now));
      return;
    }
    const name = this.#kept.putBack(kept, found.folder, found.name);
    this.#options.onUnknown?.([...path.slice(0, -1), name].join('/'));
  }

  #setAttributes(operation: Extract<DiskOperation, { type: 'setAttributes' }>, seen: Stat): DiskOutcome {
    const found = this.#places.find(operation.expect, operation.entry);
    if ('done' in found) return found;
    if (!isSameStat(found.stat, seen)) return refused('changed');
    this.#step('set attributes');
    const fd = openSync(found.path, FILE_FLAGS);
    try {
      const stat = fstatSync(fd, { bigint: true });
      if (identityOf(stat) !== operation.expect.identity) return refused('changed');
      const mode = Number(stat.mode) & 0o7777;
      const wanted = withExecutable(mode, operation.attributes.executable);
      if (wanted !== mode) fchmodSync(fd, wanted);
      const form = this.#options.journal.trees.local(operation.entry)?.attributes;
      if (form?.modified !== operation.attributes.modified || stat.mtimeNs !== seen.mtime)
        futimesSync(fd, Number(stat.atimeNs) / 1e9, systemTime(BigInt(operation.attributes.modified)));
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    return this.#done(operation, found.folder, operation.expect.parent, operation.expect.name, found.name);
  }

  #rename(operation: Extract<DiskOperation, { type: 'rename' }>): DiskOutcome {
    const target = this.#places.folder(operation.parent);
    if (typeof target === 'string') return refused(target === 'missing' ? 'parent-missing' : target);
    const found = this.#places.find(operation.expect, operation.entry);
    if ('done' in found) return found;
    const name = operation.parent === STAGING ? operation.entry : operation.name;
    const to = target.path(name);
    this.#step('rename');
    const there = lstatOf(to);
    if (there !== undefined) {
      const isOnlySpelling =
        identityOf(there) === operation.expect.identity &&
        operation.parent === operation.expect.parent &&
        nameKey(operation.name, 'portable') === nameKey(operation.expect.name, 'portable');
      if (!isOnlySpelling) return refused('occupied');
    }
    try {
      renameSync(found.path, to);
    } catch (error) {
      if (OCCUPIED_CODES.includes(codeOf(error))) return refused('occupied');
      throw error;
    }
    found.folder.isTouched = true;
    target.isTouched = true;
    const form = this.#options.journal.forms.get(operation.expect.identity);
    const outcome = this.#done(operation, target, operation.parent, operation.name, name, form && isSameStat(form, found.stat));
    if (outcome.done && outcome.local?.kind === 'folder') this.#places.closeAll(); // where handles are paths, they lead astray now
    return outcome;
  }

  #removeFile(operation: Extract<DiskOperation, { type: 'removeFile' }>, seen: Stat): DiskOutcome {
    const found = this.#places.find(operation.expect, operation.entry);
    if ('done' in found) return found;
    if (!isSameStat(found.stat, seen)) return refused('changed');
    const kept = this.#kept.nameFor(found.name);
    const keptPath = this.#kept.folder.path(kept);
    this.#step('remove');
    renameSync(found.path, keptPath);
    found.folder.isTouched = true;
    this.#kept.folder.isTouched = true;
    this.#step('removed');
    const moved = lstatOf(keptPath);
    if (moved !== undefined) {
      const now = statFrom(moved);
      if (now.identity !== seen.identity || now.size !== seen.size || now.mtime !== seen.mtime) {
        this.#undoRemoval(kept, found);
        return refused('changed');
      }
      const path = [...(this.#places.namesOf(operation.expect.parent) ?? []), found.name].join('/');
      this.#memories.push(() => this.#kept.record(kept, path, now));
    }
    this.#places.remove(operation.entry);
    return { done: true };
  }

  /** Something else lay there in this moment: it goes back where it was, or beside it. */
  #undoRemoval(kept: string, found: Found): void {
    try {
      moveWithoutReplacing(this.#kept.folder.path(kept), found.path);
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
      this.#kept.putBack(kept, found.folder, found.name);
    }
  }

  #removeFolder(operation: Extract<DiskOperation, { type: 'removeFolder' }>): DiskOutcome {
    const found = this.#places.find(operation.expect, operation.entry);
    if ('done' in found) return found;
    this.#step('remove folder');
    try {
      rmdirSync(found.path);
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return refused('missing');
      if (codeOf(error) !== 'ENOTEMPTY' && codeOf(error) !== 'EEXIST') throw error;
      return this.#leave(operation.entry, operation.expect.identity);
    }
    this.#places.close(operation.entry);
    found.folder.isTouched = true;
    this.#places.remove(operation.entry);
    return { done: true };
  }

  /** Stays where it holds nothing but what is never synced; anything else in it has to be looked at first. */
  #leave(entry: EntryId, identity: Identity): DiskOutcome {
    const folder = this.#places.folder(entry);
    const names = this.#places.namesOf(entry);
    if (typeof folder === 'string' || names === undefined) return refused('changed');
    const unknown = this.#trackable(folder, names);
    if (unknown === undefined) {
      this.#places.remove(entry);
      return { done: true, left: identity };
    }
    this.#options.onUnknown?.(unknown);
    return refused('not-empty');
  }

  /** The first path below that is not ignored. */
  #trackable(folder: Folder, names: readonly string[]): string | undefined {
    for (const item of readdirSync(folder.path(), { withFileTypes: true })) {
      const path = [...names, item.name].join('/');
      if (this.#options.isIgnored(path, item.isDirectory())) continue;
      if (item.isFile() || item.isSymbolicLink()) return path;
      if (!item.isDirectory()) continue;
      const child = folder.child(item.name);
      if (typeof child === 'string') return path;
      try {
        if (this.#options.journal.trees.isLeft(child.identity)) continue;
        return path;
      } finally {
        child.close();
      }
    }
    return undefined;
  }

  // ---- after it

  /** The entry as it is on disk now; its form is remembered. @param isKnown the disk holds what L says; else the form stays behind, and it is looked at again. */
  #done(
    operation: Exclude<DiskOperation, { type: `remove${string}` }>,
    folder: Folder,
    parent: EntryId,
    name: string,
    spelling: string,
    isKnown = true,
  ): DiskOutcome {
    const stat = lstatOf(folder.path(spelling));
    if (stat === undefined) return refused('missing');
    const now = statFrom(stat);
    const values = valuesOf(operation, () => this.#options.journal.trees.local(operation.entry));
    const local: LocalEntry = { id: operation.entry, parent, name, identity: now.identity, ...values };
    this.#places.place(local, spelling);
    this.#memories.push(() => this.#remember(local, now, parent === STAGING || spelling === name ? undefined : spelling, isKnown));
    return { done: true, local };
  }

  #remember(local: LocalEntry, stat: Stat, spelling: string | undefined, isKnown: boolean): void {
    const { forms, chunks } = this.#options.journal;
    const known = forms.get(stat.identity);
    if (local.kind === 'folder' && spelling === undefined && known === undefined) return;
    const content = isKnown ? local.content : undefined;
    const refs = content && content.id !== known?.content ? (content.chunks ?? chunks.manifest(content.id)) : undefined;
    forms.put({ ...(isKnown || known === undefined ? stat : known), spelling, content: refs ? content?.id : known?.content });
    if (!isKnown && known === undefined) forms.doubt(stat.identity);
    if (content && refs) chunks.put(stat.identity, content.id, refs);
  }
}
