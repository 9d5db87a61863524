import { contentKeyOf, type Attributes, type Content, type EntryId, type EntryKind, type IdSource } from '@tidemark/domain';
import { isSameAttributes, isSamePlace } from '../trees/compare.ts';
import { STAGING, type Identity, type LocalEntry, type Trees } from '../trees/trees.port.ts';
import { movedAs, type MissingEntries } from './missing.ts';

/** A direct child of the folder that was looked at, its name in NFC and any local alias undone. What cannot be read is left out of no look: the look is then not made. */
export interface FoundEntry {
  readonly name: string;
  readonly kind: EntryKind;
  readonly identity: Identity;
  /** Files, unless `unchanged`. */
  readonly content?: Content | undefined;
  /** Links. */
  readonly target?: string | undefined;
  /** Files: what the disk's form stands for. */
  readonly attributes?: Attributes | undefined;
  /** By the ignore rules: counts only for what is not tracked yet. */
  readonly ignored: boolean;
  /** Its stat is the disk's form of what L has under this identity, so it was not read. */
  readonly unchanged?: boolean | undefined;
}

export interface ObserveTools {
  readonly ids: IdSource;
  /** What earlier looks missed; kept up to date here. */
  readonly missing: MissingEntries;
  /** Whether the identity was met elsewhere in this scan, so that what had it was moved and not replaced. */
  isElsewhere(identity: Identity): boolean;
  /** Whether the disk still has that very identity where L has the entry: then the one found is another hard link of it. */
  isStillAt(entry: LocalEntry): boolean;
  /** Of a folder that was left for what is untracked in it: whether something trackable has appeared in it. */
  isTrackable(found: FoundEntry): boolean;
}

export interface Observation {
  readonly entry: EntryId;
  readonly what: 'created' | 'edited' | 'moved' | 'attributes';
}

export interface FolderObserved {
  /** L has them in this folder, and the look has not: gone only after {@link confirmMissing}. */
  readonly missing: readonly EntryId[];
  readonly observed: readonly Observation[];
  /** Folders that are new here or came from elsewhere: to be looked at too. */
  readonly descend: readonly EntryId[];
  /** Every tracked folder that was found. */
  readonly folders: readonly EntryId[];
  /** A folder was found inside what L has below it: L is out of date further up; look at everything from the root down. */
  readonly outOfOrder: boolean;
}

/**
 * One whole look at one folder (its direct children) becomes L. By identity an entry is known wherever it was; a new identity at an entry's path is an edit of it (an
 * editor's save) if the old one is gone; equal content under a new name while the old one is missing is a move; else it is new. The staging folder holds only what is
 * known. In one transaction; a look that began before our own last operation there is void and not given here.
 */
export function observeFolder(trees: Trees, folder: EntryId, found: readonly FoundEntry[], tools: ObserveTools): FolderObserved {
  return new Look(trees, folder, found, tools).take();
}

class Look {
  readonly #trees: Trees;
  readonly #folder: EntryId;
  readonly #found: readonly FoundEntry[];
  readonly #tools: ObserveTools;
  /** Several have one name when something gone was not yet believed gone and its name was taken since. */
  readonly #children: ReadonlyMap<string, readonly LocalEntry[]>;
  readonly #byName: ReadonlyMap<string, FoundEntry>;
  readonly #identities: ReadonlySet<Identity>;
  readonly #claimed = new Set<EntryId>();
  readonly #gone = new Map<string, EntryId[]>();
  #outOfOrder = false;

  constructor(trees: Trees, folder: EntryId, found: readonly FoundEntry[], tools: ObserveTools) {
    this.#trees = trees;
    this.#folder = folder;
    this.#found = found;
    this.#tools = tools;
    this.#children = Map.groupBy(trees.localChildren(folder), ({ name }) => name);
    this.#byName = new Map(found.map((one) => [one.name, one]));
    this.#identities = new Set(found.map((one) => one.identity));
  }

  take(): FolderObserved {
    const before = Array.from(this.#trees.localChildren(this.#folder));
    const matches = this.#match();
    for (const child of before) {
      const key = this.#claimed.has(child.id) ? undefined : movedAs(child);
      if (key !== undefined && !this.#tools.isElsewhere(child.identity)) this.#gone.set(key, [...(this.#gone.get(key) ?? []), child.id]);
    }
    const observed: Observation[] = [];
    const descend: EntryId[] = [];
    const folders: EntryId[] = [];
    for (const one of this.#found) {
      const known = matches.get(one) ?? this.#movedHere(one);
      if (known === undefined && !this.#isToTrack(one)) continue;
      const id = known?.id ?? (this.#tools.ids.next() as EntryId);
      this.#claimed.add(id);
      this.#tools.missing.delete(id);
      const now = localOf(id, this.#folder, one, known);
      const what = known === undefined ? 'created' : changeOf(known, now);
      if (what !== undefined || known?.identity !== now.identity) this.#trees.setLocal(id, now);
      if (what !== undefined) observed.push({ entry: id, what });
      if (one.kind !== 'folder') continue;
      folders.push(id);
      if (what === 'created' || known?.parent !== this.#folder) descend.push(id);
    }
    const missing = before.filter((child) => !this.#claimed.has(child.id) && this.#trees.local(child.id)?.parent === this.#folder);
    for (const child of missing) this.#tools.missing.add(child);
    return { missing: missing.map(({ id }) => id), observed, descend, folders, outOfOrder: this.#outOfOrder };
  }

  /** By identity, those that stayed first; then saves: a new identity in an entry's place. */
  #match(): ReadonlyMap<FoundEntry, LocalEntry> {
    const matches = new Map<FoundEntry, LocalEntry>();
    const claim = (one: FoundEntry, entry: LocalEntry | undefined): void => {
      if (entry === undefined || this.#claimed.has(entry.id)) return;
      matches.set(one, entry);
      this.#claimed.add(entry.id);
    };
    for (const one of this.#found) {
      const child = this.#children.get(one.name)?.find(({ identity, kind }) => identity === one.identity && kind === one.kind);
      claim(one, child);
    }
    for (const one of this.#found) if (!matches.has(one)) claim(one, this.#arrived(one));
    for (const one of this.#found) if (!matches.has(one)) claim(one, this.#saved(one));
    return matches;
  }

  /** Known under this identity in another place. */
  #arrived(one: FoundEntry): LocalEntry | undefined {
    const entry = this.#trees.localByIdentity(one.identity);
    if (entry === undefined || entry.kind !== one.kind) return undefined;
    if (one.kind === 'folder') return this.#isAbove(entry.id) ? undefined : entry;
    const isStill = entry.parent === this.#folder ? this.#byName.get(entry.name)?.identity === one.identity : this.#tools.isStillAt(entry);
    return isStill ? undefined : entry;
  }

  #isAbove(id: EntryId): boolean {
    const seen = new Set<EntryId>();
    for (
      let at: EntryId | null | undefined = this.#folder;
      at !== null && at !== undefined && !seen.has(at);
      at = this.#trees.local(at)?.parent
    ) {
      if (at === id) {
        this.#outOfOrder = true;
        return true;
      }
      seen.add(at);
    }
    return false;
  }

  #saved(one: FoundEntry): LocalEntry | undefined {
    if (one.kind === 'folder' || this.#folder === STAGING) return undefined;
    const isReplaced = ({ id, kind, identity }: LocalEntry): boolean =>
      kind === one.kind && !this.#claimed.has(id) && !this.#identities.has(identity) && !this.#tools.isElsewhere(identity);
    return this.#children.get(one.name)?.find(isReplaced);
  }

  /** Deleted there and created here with the same content, while the deletion is not yet believed. */
  #movedHere(one: FoundEntry): LocalEntry | undefined {
    if (this.#folder === STAGING || one.ignored) return undefined;
    const key = movedAs(one);
    if (key === undefined || this.#trees.localByIdentity(one.identity) !== undefined) return undefined;
    const candidates = [...(this.#gone.get(key) ?? []), ...this.#tools.missing.withContent(key)];
    for (const id of candidates) {
      const entry = this.#claimed.has(id) ? undefined : this.#trees.local(id);
      if (entry !== undefined && movedAs(entry) === key && !this.#tools.isElsewhere(entry.identity) && !this.#tools.isStillAt(entry))
        return entry;
    }
    return undefined;
  }

  #isToTrack(one: FoundEntry): boolean {
    if (this.#folder === STAGING || one.ignored) return false;
    // Found inside what L has below it: known again when L is up to date.
    if (one.kind === 'folder' && this.#trees.localByIdentity(one.identity)?.kind === 'folder') return false;
    if (!this.#trees.isLeft(one.identity)) return true;
    if (!this.#tools.isTrackable(one)) return false;
    this.#trees.setLeft(one.identity, false);
    return true;
  }
}

function localOf(id: EntryId, parent: EntryId, one: FoundEntry, known: LocalEntry | undefined): LocalEntry {
  const from = one.unchanged === true ? known : undefined;
  const content = from?.content ?? one.content;
  const target = from?.target ?? one.target;
  const attributes = from?.attributes ?? one.attributes;
  return {
    id,
    kind: one.kind,
    parent,
    name: one.name,
    ...(content === undefined ? {} : { content }),
    ...(target === undefined ? {} : { target }),
    ...(attributes === undefined ? {} : { attributes }),
    identity: one.identity,
  };
}

function changeOf(before: LocalEntry, now: LocalEntry): Observation['what'] | undefined {
  if (contentKeyOf(before) !== contentKeyOf(now)) return 'edited';
  if (!isSamePlace(before, now)) return 'moved';
  return isSameAttributes(now.kind, before.attributes, now.attributes) ? undefined : 'attributes';
}

/**
 * The second look: of what a look has missed, that which is still missing, when no hint or scan is pending and its identity was not met elsewhere, leaves L with
 * everything below it. Gives what has left.
 */
export function confirmMissing(
  trees: Trees,
  ids: readonly EntryId[],
  stillMissing: (id: EntryId) => boolean,
  missing?: MissingEntries,
): readonly EntryId[] {
  const left: EntryId[] = [];
  for (const id of ids) {
    if (trees.local(id) === undefined) missing?.delete(id);
    else if (stillMissing(id)) {
      const open = [id];
      for (let at = open.pop(); at !== undefined; at = open.pop()) {
        for (const child of trees.localChildren(at)) open.push(child.id);
        trees.setLocal(at, undefined);
        missing?.delete(at);
        left.push(at);
      }
    }
  }
  return left;
}
