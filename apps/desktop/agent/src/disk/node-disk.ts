import {
  closeSync,
  fchmodSync,
  fstatSync,
  fsyncSync,
  futimesSync,
  openSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmdirSync,
} from 'node:fs';
import type { ChunkingStrategy, DeviceId, EntryId, WorkspaceId } from '@tidemark/domain';
import { Fault, must, nameKey, unreachable } from '@tidemark/domain';
import type { Disk, DiskOperation, DiskOutcome, Expected, Identity, Intent, LocalEntry } from '@tidemark/sync-engine';
import { settleIntents, STAGING } from '@tidemark/sync-engine';
import { isSameStat, type Stat } from '../journal/disk-forms.ts';
import type { SqliteJournal } from '../journal/sqlite-journal.ts';
import { codeOf, FILE_FLAGS, Folder, identityOf, lstatOf, openBeneath, statFrom, type Unreachable } from './beneath.ts';
import type { ContentSource } from './content-source.port.ts';
import { diskFault } from './disk-fault.ts';
import { isDoneOnDisk } from './intent-done.ts';
import { EntryPaths } from './entry-paths.ts';
import { systemTime } from './file-times.ts';
import { hashPolitely } from './hash-file.ts';
import { KeptFiles, moveWithoutReplacing, type KeptContext } from './kept-files.ts';
import { openOwnRoot, TIDEMARK_FOLDER } from './root-marker.ts';
import { OwnWork } from './own-work.ts';
import { openOwnFolder, Staging, tidyStaging, withExecutable, type Staged } from './staging.ts';

/** Files assembled at once. */
const STAGING_AT_ONCE_MAX = 16;
const FOLDERS_OPEN_MAX = 64;

export interface NodeDiskOptions {
  /** Absolute path of the followed folder. */
  readonly root: string;
  readonly workspace: WorkspaceId;
  readonly device: DeviceId;
  /** For conflict names. */
  readonly deviceName: string;
  readonly strategy: ChunkingStrategy;
  readonly journal: SqliteJournal;
  readonly source: ContentSource;
  /** Never synced: by rule, or by its nature. Path from the root. */
  readonly isIgnored: (path: string, isFolder: boolean) => boolean;
  /** "Look here": something came up that the journal does not know. Path from the root. */
  readonly onUnknown?: (path: string) => void;
  readonly now?: () => number;
  readonly ownWork?: OwnWork;
  /** Called before every effect; tests throw here. */
  readonly step?: (what: string) => void;
}

type Refusal = Extract<DiskOutcome, { done: false }>;
type Result = DiskOutcome | { readonly fault: Error };

/** An operation that may go ahead. `seen`: the stat that stands for the expected content. */
interface Ready {
  readonly operation: DiskOperation;
  readonly staged?: Staged | undefined;
  readonly identity: Identity;
  readonly seen?: Stat | undefined;
}

const refused = (reason: Refusal['reason']): Refusal => ({ done: false, reason });

/**
 * The workspace's folder on this device's disk. A batch goes: assemble and fsync in staging, journal all intents, then one operation after another with its
 * precondition right before it, then fsync of every folder touched. Paths lead through open folders, never through a link.
 * What is displaced is kept; a person's edit that slipped in between comes back beside it.
 *
 * @throws {RootProblem} where the folder itself is not what it was: nothing was done.
 */
export class NodeDisk implements Disk {
  readonly paths: EntryPaths;
  readonly ownWork: OwnWork;
  readonly #options: NodeDiskOptions;
  readonly #staged = new Set<string>();

  constructor(options: NodeDiskOptions) {
    this.#options = options;
    this.paths = new EntryPaths(options.journal.trees, options.journal.forms);
    this.ownWork = options.ownWork ?? new OwnWork();
  }

  /**
   * At start, before anything is looked at: looks at the marker, settles what was intended when the last run ended, and clears away what was half done.
   * @throws {RootProblem} @throws {Fault}
   */
  prepare(): void {
    const { journal } = this.#options;
    this.#withRoot((root) => {
      journal.transaction(() => {
        const intents = journal.intents();
        settleIntents(journal.trees, intents, (intent) => isDoneOnDisk(root, this.paths, journal.trees, intent));
        for (const { operation } of intents) journal.dropIntent(operation.entry);
      });
      tidyStaging(root, this.#now());
      KeptFiles.open(root, this.#keptContext()).folder.close();
    });
  }

  /** Now and then: kept files are looked at again, and the old ones go. @throws {RootProblem} @throws {Fault} */
  tidyKept(): void {
    const back = this.#withRoot((root) => {
      const kept = KeptFiles.open(root, this.#keptContext());
      try {
        return kept.tidy(root);
      } finally {
        kept.folder.close();
      }
    });
    for (const path of back) this.#options.onUnknown?.(path);
  }

  async perform(operations: readonly DiskOperation[], intend: (intents: readonly Intent[]) => void): Promise<readonly Result[]> {
    const batch = this.#batch();
    const end = this.ownWork.begin(foldersOf(operations));
    try {
      return await batch.run(operations, intend);
    } finally {
      batch.close();
      setImmediate(end); // by then whoever called has written the journal
    }
  }

  #now(): number {
    return (this.#options.now ?? Date.now)();
  }

  #keptContext(): KeptContext {
    return { records: this.#options.journal.kept, device: this.#options.deviceName, now: () => this.#now() };
  }

  #openRoot(): Folder {
    return openOwnRoot(this.#options.root, this.#options);
  }

  #batch(): Batch {
    const root = this.#openRoot();
    try {
      return new Batch(this.#options, this.paths, root, this.#keptContext(), this.#staged);
    } catch (error) {
      root.close();
      throw diskFault(error, TIDEMARK_FOLDER) ?? error;
    }
  }

  #withRoot<Result>(work: (root: Folder) => Result): Result {
    const root = this.#openRoot();
    try {
      return work(root);
    } catch (error) {
      throw diskFault(error, this.#options.root) ?? error;
    } finally {
      root.close();
    }
  }
}

function foldersOf(operations: readonly DiskOperation[]): Set<EntryId> {
  const folders = new Set<EntryId>();
  for (const operation of operations) {
    if ('expect' in operation) folders.add(operation.expect.parent);
    if ('parent' in operation) folders.add(operation.parent);
    if (operation.type === 'removeFolder') folders.add(operation.entry);
  }
  return folders;
}

/** One call of `perform`: knows what it has done itself, which the journal does not know yet. */
class Batch {
  readonly #options: NodeDiskOptions;
  readonly #paths: EntryPaths;
  readonly #root: Folder;
  readonly #staging: Staging;
  readonly #kept: KeptFiles;
  readonly #open = new Map<EntryId, Folder>();
  /** Entries moved, made or removed in this batch. */
  readonly #placed = new Map<EntryId, Pick<LocalEntry, 'id' | 'parent' | 'name' | 'identity'> | undefined>();
  readonly #spellings = new Map<Identity, string>();
  /** Written in one transaction when everything is durable. */
  readonly #memories: (() => void)[] = [];

  constructor(options: NodeDiskOptions, paths: EntryPaths, root: Folder, context: KeptContext, staged: Set<string>) {
    this.#options = options;
    this.#paths = paths;
    this.#root = root;
    this.#staging = new Staging(openOwnFolder(root, [TIDEMARK_FOLDER, 'staging']), staged, (what) => options.step?.(what));
    this.#kept = KeptFiles.open(root, context);
  }

  close(): void {
    for (const folder of this.#open.values()) folder.close();
    this.#staging.folder.close();
    this.#kept.folder.close();
    this.#root.close();
  }

  async run(operations: readonly DiskOperation[], intend: (intents: readonly Intent[]) => void): Promise<readonly Result[]> {
    const results: (Result | undefined)[] = operations.map(() => undefined);
    const ready: (Ready | undefined)[] = operations.map(() => undefined);
    let next = 0;
    const lane = async (): Promise<void> => {
      for (let at = next++; at < operations.length; at = next++) {
        const operation = must(operations[at], 'within the batch');
        const outcome = await this.#guarded(operation, () => this.#prepare(operation));
        if ('identity' in outcome) ready[at] = outcome;
        else results[at] = outcome;
      }
    };
    const lanes = await Promise.allSettled(Array.from({ length: Math.min(STAGING_AT_ONCE_MAX, operations.length) }, lane));
    try {
      for (const one of lanes) if (one.status === 'rejected') throw one.reason;
      const going = ready.filter((one) => one !== undefined);
      if (going.length > 0) {
        this.#step('intend');
        intend(going.map(({ operation, identity }) => ({ operation, identity })));
      }
      for (const [at, one] of ready.entries()) {
        if (one === undefined) continue;
        results[at] = await this.#guarded(one.operation, () => this.#act(one));
      }
      this.#step('fsync folders');
      this.#syncFolders(operations, results);
      this.#options.journal.transaction(() => this.#memories.forEach((remember) => remember()));
    } finally {
      for (const one of ready) if (one?.staged) this.#staging.release(one.staged);
    }
    return results.map((result) => must(result, 'every operation has an outcome'));
  }

  #step(what: string): void {
    this.#options.step?.(what);
  }

  async #guarded<Done>(operation: DiskOperation, work: () => Done | Promise<Done>): Promise<Done | Refusal | { fault: Error }> {
    try {
      return await work();
    } catch (error) {
      const fault = diskFault(error, 'name' in operation ? operation.name : operation.expect.name);
      if (fault === undefined) throw error;
      return { fault };
    }
  }

  // ---- before anything is visible

  async #prepare(operation: DiskOperation): Promise<Ready | Refusal> {
    switch (operation.type) {
      case 'createFolder':
        return this.#ready(operation, this.#staging.newFolder(operation.entry));
      case 'createLink':
        return this.#ready(operation, this.#staging.link(operation.target, operation.entry));
      case 'createFile': {
        const { content, entry, attributes } = operation;
        return this.#ready(operation, await this.#staging.file(this.#options.source, content, entry, attributes, undefined));
      }
      case 'replaceFile': {
        const seen = await this.#look(operation.expect, operation.entry);
        if ('done' in seen) return seen;
        const { content, entry, attributes } = operation;
        const staged = await this.#staging.file(this.#options.source, content, entry, attributes, seen.mode & 0o777);
        return this.#ready(operation, staged, seen);
      }
      case 'replaceLink': {
        const seen = await this.#look(operation.expect, operation.entry);
        return 'done' in seen ? seen : this.#ready(operation, this.#staging.link(operation.target, operation.entry), seen);
      }
      case 'setAttributes':
      case 'removeFile': {
        const seen = await this.#look(operation.expect, operation.entry);
        return 'done' in seen ? seen : { operation, identity: operation.expect.identity, seen };
      }
      case 'rename':
      case 'removeFolder':
        return { operation, identity: operation.expect.identity };
      default:
        return unreachable(operation);
    }
  }

  #ready(operation: DiskOperation, staged: Staged, seen?: Stat): Ready {
    return { operation, staged, identity: staged.identity, seen };
  }

  /** Whether the disk holds what was expected: by its form, else by reading it again. Gives the stat that stands for it. */
  async #look(expect: Expected, entry: EntryId): Promise<Stat | Refusal> {
    const found = this.#find(expect, entry);
    if ('done' in found) return found;
    const { stat, path } = found;
    const form = this.#options.journal.forms.get(expect.identity);
    if (form !== undefined && isSameStat(form, stat)) return stat;
    if (expect.content === undefined) return stat;
    const key = await this.#contentKey(path, stat);
    const after = this.#find(expect, entry);
    if ('done' in after) return after;
    return key === expect.content && isSameStat(after.stat, stat) ? stat : refused('changed');
  }

  async #contentKey(path: string, stat: Stat): Promise<string | undefined> {
    if (isLinkMode(stat.mode)) return `link:${readlinkSync(path)}`;
    const fd = openSync(path, FILE_FLAGS);
    try {
      return (await hashPolitely(fd, stat.size, this.#options.strategy)).content.id;
    } catch (error) {
      if (error instanceof Fault) return undefined; // it changed while it was read
      throw error;
    } finally {
      closeSync(fd);
    }
  }

  // ---- where things are

  #row(entry: EntryId): Pick<LocalEntry, 'id' | 'parent' | 'name' | 'identity'> | undefined {
    return this.#placed.has(entry) ? this.#placed.get(entry) : this.#options.journal.trees.local(entry);
  }

  #spellingOf(row: Pick<LocalEntry, 'id' | 'parent' | 'name' | 'identity'>): string {
    return this.#spellings.get(row.identity) ?? this.#paths.spellingOf(row);
  }

  /** The open folder of an entry; its identity is what the journal says. Good until the folder after next is asked for. */
  #folder(entry: EntryId): Folder | Unreachable {
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
    if (entry === this.#options.journal.trees.root) return this.#root.again();
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

  #find(expect: Expected, entry: EntryId): { folder: Folder; name: string; path: string; stat: Stat } | Refusal {
    const folder = this.#folder(expect.parent);
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

  // ---- the visible part; synchronous, so that next to nothing comes in between

  #act(ready: Ready): DiskOutcome {
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
    const folder = this.#folder(operation.parent);
    if (typeof folder === 'string') return refused(folder === 'missing' ? 'parent-missing' : folder);
    const to = folder.path(operation.name);
    const from = this.#staging.folder.path(staged.name);
    this.#step('create');
    if (lstatOf(to) !== undefined) return refused('occupied');
    try {
      if (operation.type === 'createFolder') renameSync(from, to);
      else moveWithoutReplacing(from, to);
    } catch (error) {
      if (['EEXIST', 'ENOTEMPTY', 'ENOTDIR', 'EISDIR'].includes(codeOf(error) ?? '')) return refused('occupied');
      throw error;
    }
    folder.isTouched = true;
    return this.#done(operation, folder, operation.parent, operation.name, operation.name);
  }

  #replace(operation: Extract<DiskOperation, { type: `replace${string}` }>, staged: Staged, seen: Stat): DiskOutcome {
    const found = this.#find(operation.expect, operation.entry);
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
  #afterDisplacing(kept: string, found: { folder: Folder; name: string }, parent: EntryId, seen: Stat): void {
    this.#step('displaced');
    const stat = lstatOf(this.#kept.folder.path(kept));
    const path = [...(this.#namesOf(parent) ?? []), found.name];
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
    const found = this.#find(operation.expect, operation.entry);
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
    const target = this.#folder(operation.parent);
    if (typeof target === 'string') return refused(target === 'missing' ? 'parent-missing' : target);
    const found = this.#find(operation.expect, operation.entry);
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
      if (['EEXIST', 'ENOTEMPTY', 'ENOTDIR', 'EISDIR'].includes(codeOf(error) ?? '')) return refused('occupied');
      throw error;
    }
    found.folder.isTouched = true;
    target.isTouched = true;
    const form = this.#options.journal.forms.get(operation.expect.identity);
    const outcome = this.#done(operation, target, operation.parent, operation.name, name, form && isSameStat(form, found.stat));
    if (outcome.done && outcome.local?.kind === 'folder') this.#closeAll(); // where handles are paths, they lead astray now
    return outcome;
  }

  #removeFile(operation: Extract<DiskOperation, { type: 'removeFile' }>, seen: Stat): DiskOutcome {
    const found = this.#find(operation.expect, operation.entry);
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
      const path = [...(this.#namesOf(operation.expect.parent) ?? []), found.name].join('/');
      this.#memories.push(() => this.#kept.record(kept, path, now));
    }
    this.#placed.set(operation.entry, undefined);
    return { done: true };
  }

  /** Something else lay there in this moment: it goes back where it was, or beside it. */
  #undoRemoval(kept: string, found: { folder: Folder; name: string; path: string }): void {
    try {
      moveWithoutReplacing(this.#kept.folder.path(kept), found.path);
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
      this.#kept.putBack(kept, found.folder, found.name);
    }
  }

  #removeFolder(operation: Extract<DiskOperation, { type: 'removeFolder' }>): DiskOutcome {
    const found = this.#find(operation.expect, operation.entry);
    if ('done' in found) return found;
    this.#step('remove folder');
    try {
      rmdirSync(found.path);
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return refused('missing');
      if (codeOf(error) !== 'ENOTEMPTY' && codeOf(error) !== 'EEXIST') throw error;
      return this.#leave(operation.entry, operation.expect.identity);
    }
    this.#close(operation.entry);
    found.folder.isTouched = true;
    this.#placed.set(operation.entry, undefined);
    return { done: true };
  }

  /** Stays where it holds nothing but what is never synced; anything else in it has to be looked at first. */
  #leave(entry: EntryId, identity: Identity): DiskOutcome {
    const folder = this.#folder(entry);
    const names = this.#namesOf(entry);
    if (typeof folder === 'string' || names === undefined) return refused('changed');
    const unknown = this.#trackable(folder, names);
    if (unknown === undefined) {
      this.#placed.set(entry, undefined);
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
    const before = this.#options.journal.trees.local(operation.entry);
    const local: LocalEntry = { id: operation.entry, parent, name, identity: now.identity, ...valuesOf(operation, before) };
    this.#placed.set(operation.entry, local);
    this.#spellings.set(now.identity, spelling);
    this.#memories.push(() => this.#remember(local, now, parent === STAGING || spelling === name ? undefined : spelling, isKnown));
    return { done: true, local };
  }

  #remember(local: LocalEntry, stat: Stat, spelling: string | undefined, isKnown: boolean): void {
    const { forms, chunks } = this.#options.journal;
    const known = forms.get(stat.identity);
    if (local.kind === 'folder' && spelling === undefined && known === undefined) return;
    forms.put({ ...(isKnown || known === undefined ? stat : known), spelling, content: known?.content });
    if (!isKnown && known === undefined) forms.doubt(stat.identity);
    if (!isKnown || local.content === undefined || known?.content === local.content.id) return;
    const refs = local.content.chunks ?? chunks.manifest(local.content.id);
    if (refs === undefined) return;
    forms.put({ ...stat, spelling, content: local.content.id });
    chunks.put(stat.identity, local.content.id, refs);
  }

  #namesOf(entry: EntryId): readonly string[] | undefined {
    const names: string[] = [];
    for (let at = entry; at !== this.#options.journal.trees.root;) {
      const row = this.#row(at);
      if (row === undefined || row.parent === null) return undefined;
      names.push(this.#spellingOf(row));
      if (row.parent === STAGING) return undefined;
      at = row.parent;
    }
    return names.reverse();
  }

  #closeAll(): void {
    for (const [entry, folder] of this.#open) {
      if (folder.isTouched) folder.sync();
      this.#close(entry);
    }
  }

  #close(entry: EntryId): void {
    this.#open.get(entry)?.close();
    this.#open.delete(entry);
  }

  /** Not durable is not done. */
  #syncFolders(operations: readonly DiskOperation[], results: (Result | undefined)[]): void {
    const failed = new Map<EntryId, Error>();
    const sync = (folder: Folder, entry: EntryId | undefined): void => {
      if (!folder.isTouched) return;
      try {
        folder.sync();
      } catch (error) {
        const fault = diskFault(error, 'the folder');
        if (fault === undefined) throw error;
        if (entry !== undefined) failed.set(entry, fault);
      }
    };
    sync(this.#kept.folder, undefined);
    for (const [entry, folder] of this.#open) sync(folder, entry);
    if (failed.size === 0) return;
    operations.forEach((operation, at) => {
      for (const folder of foldersOf([operation])) {
        const fault = failed.get(folder);
        if (fault !== undefined) results[at] = { fault };
      }
    });
  }
}

const S_IFMT = 0o170000;
const S_IFLNK = 0o120000;
const isLinkMode = (mode: number): boolean => (mode & S_IFMT) === S_IFLNK;

/** What L says of the entry after it. */
function valuesOf(
  operation: Exclude<DiskOperation, { type: `remove${string}` }>,
  before: LocalEntry | undefined,
): Omit<LocalEntry, 'id' | 'parent' | 'name' | 'identity'> {
  switch (operation.type) {
    case 'createFolder':
      return { kind: 'folder' };
    case 'createFile':
    case 'replaceFile':
      return { kind: 'file', content: operation.content, attributes: operation.attributes };
    case 'createLink':
    case 'replaceLink':
      return { kind: 'link', target: operation.target };
    case 'setAttributes':
    case 'rename': {
      const { kind, content, target, attributes } = must(before, 'it was found by its row');
      return {
        kind,
        ...(content && { content }),
        ...(target !== undefined && { target }),
        ...(attributes && { attributes: operation.type === 'setAttributes' ? operation.attributes : attributes }),
      };
    }
    default:
      return unreachable(operation);
  }
}
