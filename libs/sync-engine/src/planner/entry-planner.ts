import { contentKeyOf, isName, must, type Attributes, type ConflictRule, type EntryId } from '@tidemark/domain';
import type { DiskOperation, Parked, Sent } from '../synchronizer/ports.ts';
import { pathOf } from '../explain/path.ts';
import { isSameAttributes, isSamePlace } from '../trees/compare.ts';
import type { LocalEntry, NotedConflict, RemoteEntry, SyncedEntry, Trees } from '../trees/trees.port.ts';
import { agreedSide, conflictKey, conflictOf, localSide, remoteSide, type ConflictAspect } from './conflict-notes.ts';
import { planCopy } from './conflict-copy.ts';
import { agreedWith, createOnDisk, expectedOf, removeFromDisk, replaceOnDisk } from './disk-operations.ts';
import type { PlacedStep, Step } from './draft.ts';
import { Marks } from './marks.ts';
import { Naming } from './naming.ts';
import type { Policy } from './policy.ts';
import { isExcluded } from './settle.ts';
import { Situation } from './situation.ts';
import type { Blocked } from './staging.ts';

/** What the entries need, one by one, before it is put in order. */
export interface Draft {
  readonly disk: Map<EntryId, DiskOperation>;
  readonly plain: Step[];
  readonly deletions: Step[];
  readonly placed: PlacedStep[];
  readonly waiting: EntryId[];
  readonly blocked: Blocked[];
  readonly parked: Parked[];
  /** Met, and taken out of the trees by what is planned on disk. */
  readonly conflicts: NotedConflict[];
  readonly rules: Map<EntryId, string>;
}

/** Decides each dirty entry, aspect by aspect, as the tables of the sync rules say. */
export class EntryPlanner {
  readonly draft: Draft = {
    disk: new Map(),
    plain: [],
    deletions: [],
    placed: [],
    waiting: [],
    blocked: [],
    parked: [],
    conflicts: [],
    rules: new Map(),
  };
  readonly #trees: Trees;
  readonly #policy: Policy;
  readonly #marks: Marks;
  readonly #now: Situation;
  readonly #naming: Naming;
  readonly #excluded = new Map<EntryId, boolean>();
  readonly #depths = new Map<EntryId, number>();
  readonly #metKeys = new Set<string>();

  constructor(trees: Trees, policy: Policy, sent: Sent | undefined) {
    this.#trees = trees;
    this.#policy = policy;
    this.#marks = new Marks(sent);
    this.#now = new Situation(trees, this.#marks, { frozen: true });
    this.#naming = new Naming(this.#now, policy.deviceName);
  }

  /** What is due, higher up on disk first, then by id. */
  planAll(dirty: readonly EntryId[]): void {
    const due = new Set([...dirty, ...this.#outOfScope(dirty)]);
    const ids = Array.from(due, (id) => ({ id, depth: this.#depth(id) }));
    for (const { id } of ids.toSorted((a, b) => a.depth - b.depth || (a.id < b.id ? -1 : 1))) {
      if (!this.#marks.has(id, '*')) this.#plan(id);
    }
  }

  #plan(id: EntryId): void {
    const local = this.#trees.local(id);
    const synced = this.#trees.synced(id);
    const row = this.#trees.remote(id);
    const live = row !== undefined && this.#now.isLive(id) ? row : undefined;
    if (live !== undefined && this.#isExcluded(live) && this.#leaveScope(live, local, synced)) return;
    if (local !== undefined && synced !== undefined) {
      if (live !== undefined) this.#both(local, synced, live);
      else if (row !== undefined) this.#notLive(local, synced, row);
    } else if (local !== undefined && live === undefined) this.#createThere(local);
    else if (local === undefined && live !== undefined && !this.#marks.hasAny(id)) {
      if (synced !== undefined) this.#missing(live);
      else this.#createHere(live);
    }
  }

  // ---- on both sides

  #both(local: LocalEntry, synced: SyncedEntry, row: RemoteEntry): void {
    if (!this.#marks.has(row.id, 'place')) this.#place(local, synced, row);
    if (local.kind !== 'folder' && !this.#marks.has(row.id, 'content')) this.#content(local, synced, row);
  }

  #place(local: LocalEntry, synced: SyncedEntry, row: RemoteEntry): void {
    const decision = this.#now.placeDecision(row.id);
    if (decision === 'none') return;
    const parent = must(row.parent, 'the root is never dirty');
    if (decision === 'push') {
      const operation = {
        type: 'move',
        entry: row.id,
        base: synced.revisions.place,
        parent: must(local.parent, 'not the root'),
        name: local.name,
      } as const;
      this.#placed({ operation, kind: row.kind, rule: 'moved-here' });
      return;
    }
    const rule = decision === 'undo' ? 'move-cycle' : this.#isMovedOnBoth(local, synced) ? 'move-move' : undefined;
    if (rule !== undefined) this.#met(rule, row.id, 'place', row);
    if (this.#isNameParked(row)) return;
    if (!this.#now.isLocalFolder(parent)) {
      this.draft.blocked.push({ entry: row.id, by: [parent] });
      return;
    }
    if (this.#now.isWithinLocal(parent, row.id)) {
      this.draft.blocked.push({ entry: row.id, by: this.#between(parent, row.id) });
      return;
    }
    const occupant = this.#now.localHolder(parent, row.name, row.id);
    if (occupant === undefined) {
      const carried: SyncedEntry = {
        ...synced,
        place: { parent, name: row.name },
        revisions: { ...synced.revisions, place: row.revisions.place },
      };
      this.#rename(local, parent, row.name, rule ?? 'moved-there', carried);
    } else {
      this.#makeRoom(row, occupant);
      this.draft.blocked.push({ entry: row.id, by: [occupant.id] });
    }
  }

  #isMovedOnBoth(local: LocalEntry, synced: SyncedEntry): boolean {
    return synced.place !== null && !this.#now.isStaged(local) && !isSamePlace(local, synced.place);
  }

  #between(from: EntryId, to: EntryId): readonly EntryId[] {
    const ids: EntryId[] = [];
    for (let at: EntryId | null | undefined = from; at !== null && at !== undefined && at !== to; at = this.#trees.local(at)?.parent)
      ids.push(at);
    return ids;
  }

  #content(local: LocalEntry, synced: SyncedEntry, row: RemoteEntry): void {
    const mine = contentKeyOf(local);
    const theirs = contentKeyOf(row);
    if (mine === theirs) this.#attributes(local, synced, row);
    else if (mine === synced.content?.key) this.#disk(replaceOnDisk(local, row), 'edited-there');
    else if (theirs === synced.content?.key) this.#plain(this.#put(local, synced.revisions.content, 'edited-here'));
    else {
      const copy = planCopy(this.#now, this.#naming, local, synced, row);
      if (copy === 'replace') this.#disk(replaceOnDisk(local, row), 'edit-edit');
      else if (copy !== undefined) this.#plain(copy);
    }
  }

  #put(local: LocalEntry, base: bigint, rule: string): Step {
    const { id } = local;
    if (local.kind === 'link')
      return { operation: { type: 'putTarget', entry: id, base, target: must(local.target, 'a link has a target') }, rule };
    const content = must(local.content, 'a file has a content');
    return { operation: { type: 'putContent', entry: id, base, content, attributes: attributesOf(local) }, rule };
  }

  /** Executable bit and modified time: the server's order, the last one counts. */
  #attributes(local: LocalEntry, synced: SyncedEntry, row: RemoteEntry): void {
    if (local.kind !== 'file' || this.#marks.has(row.id, 'attributes') || isSameAttributes('file', local.attributes, row.attributes))
      return;
    const isOursAlone = synced.attributes !== null && isSameAttributes('file', row.attributes, synced.attributes);
    if (isOursAlone) {
      this.#plain({ operation: { type: 'setAttributes', entry: row.id, attributes: attributesOf(local) }, rule: 'attributes-here' });
      return;
    }
    const attributes = must(row.attributes, 'a file has attributes');
    this.#disk(
      { type: 'setAttributes', entry: row.id, expect: expectedOf(local), attributes, synced: agreedWith(row) },
      'attributes-there',
    );
  }

  // ---- on disk, known, and not live any more

  #notLive(local: LocalEntry, synced: SyncedEntry, row: RemoteEntry): void {
    const isEdited = this.#now.isContentChanged(local.id);
    const isMoved = this.#now.isPlaceChanged(local.id);
    if (isEdited || isMoved) {
      if (this.#now.isStaged(local)) this.#unstage(local, synced);
      else this.#restore(local, row, isEdited);
      return;
    }
    if (this.#isComingBack(local)) return;
    if (local.kind !== 'folder') this.#disk(removeFromDisk(local), 'deleted-there');
    else if (this.#now.isNeeded(local.id)) this.#rescue(local, row);
    else if (!isEmpty(this.#trees.localChildren(local.id))) return;
    else if (this.#now.isStaged(local)) this.#unstage(local, synced, true);
    else this.#disk(removeFromDisk(local), 'deleted-there');
  }

  /** Out of the hidden folder, where it belongs if that is free. `isFollowed`: it is to be removed there, for what is untracked in it must not stay hidden. */
  #unstage(local: LocalEntry, synced: SyncedEntry, isFollowed = false): void {
    const home = synced.place;
    const isFree = home !== null && this.#now.isLocalFolder(home.parent) && this.#now.localHolder(home.parent, home.name) === undefined;
    const { root } = this.#trees;
    const parent = isFree ? must(home.parent, 'not the root') : root;
    const name = isFree ? home.name : this.#naming.free(root, home?.name ?? local.name, local);
    this.#rename(local, parent, name, 'unstaged', isFollowed ? { ...synced, place: { parent, name } } : undefined);
  }

  #restore(local: LocalEntry, row: RemoteEntry, isEdited: boolean): void {
    const { id } = local;
    const rule = isEdited ? 'edit-delete' : 'move-delete';
    this.#placed({
      operation: { type: 'restore', entry: id, base: row.revisions.live, parent: must(local.parent, 'not the root'), name: local.name },
      kind: local.kind,
      rule,
      ...(isEdited ? { next: this.#put(local, row.revisions.content, rule) } : {}),
      // What is gone only with its folder is the folder's conflict.
      settles: row.deleted ? [{ entry: id, conflict: this.#conflict(rule, id, 'live', row) }] : undefined,
    });
  }

  /** A folder above it was moved here and deleted there: it is restored with everything that went with it. */
  #isComingBack(local: LocalEntry): boolean {
    const seen = new Set<EntryId>();
    for (let at = local.parent; at !== null && at !== this.#trees.root && !this.#now.isLive(at);) {
      const folder = this.#trees.local(at);
      if (folder === undefined || seen.has(at)) return false;
      seen.add(at);
      if (this.#trees.synced(at) !== undefined && (this.#marks.has(at, '*') || this.#now.isPlaceChanged(at))) return true;
      at = folder.parent;
    }
    return false;
  }

  #rescue(local: LocalEntry, row: RemoteEntry): void {
    const standIn = this.#now.livingStandIn(local.id);
    if (standIn !== undefined) {
      // Not on disk yet: it takes the local folder over. There already: what needs the folder goes into it.
      if (this.#now.isLocalFolder(standIn.id)) this.#gather(local, standIn.id);
      return;
    }
    for (const child of this.#trees.localChildren(local.id)) {
      if (!this.#now.needsDirectly(child)) continue;
      const rule = 'folder-deleted-child-changed';
      const settles = [{ entry: local.id, conflict: this.#conflict(rule, local.id, 'live', row) }];
      this.#plain({ operation: { type: 'rescue', entry: local.id }, settles, rule });
      return;
    }
  }

  /** What needs a folder that is not live moves, on disk, into the one that stands for it. */
  #gather(folder: LocalEntry, standIn: EntryId): void {
    for (const child of this.#trees.localChildren(folder.id)) {
      if (this.#marks.hasAny(child.id) || !this.#now.needsDirectly(child)) continue;
      const parent = this.#now.isWithinLocal(standIn, child.id) ? this.#trees.root : standIn;
      const isTaken =
        this.#now.localHolder(parent, child.name) !== undefined || this.#now.remoteHolder(parent, child.name, child.id) !== undefined;
      this.#rename(child, parent, isTaken ? this.#naming.free(parent, child.name, child) : child.name, 'folder-deleted-child-changed');
    }
  }

  // ---- on one side only

  #createThere(local: LocalEntry): void {
    if (this.#now.isStaged(local)) return;
    const at = { entry: local.id, parent: must(local.parent, 'not the root'), name: local.name };
    const rule = 'created-here';
    if (local.kind === 'folder') this.#placed({ operation: { type: 'createFolder', ...at }, kind: 'folder', rule });
    else if (local.kind === 'link') {
      this.#placed({ operation: { type: 'createLink', ...at, target: must(local.target, 'a link has a target') }, kind: 'link', rule });
    } else {
      const content = must(local.content, 'a file has a content');
      this.#placed({ operation: { type: 'createFile', ...at, content, attributes: attributesOf(local) }, kind: 'file', rule });
    }
  }

  /** Gone from disk. Of what went with a folder only the topmost has a decision. */
  #missing(row: RemoteEntry): void {
    const parent = must(row.parent, 'the root is never dirty');
    if (parent !== this.#trees.root && this.#trees.synced(parent) !== undefined && this.#trees.local(parent) === undefined) return;
    const fate = row.kind === 'folder' ? this.#now.fate(row.id) : 'delete';
    if (fate === 'delete') this.draft.deletions.push({ operation: { type: 'delete', entry: row.id }, rule: 'deleted-here' });
    else if (fate === 'wait') this.draft.waiting.push(row.id);
  }

  #createHere(row: RemoteEntry): void {
    const parent = must(row.parent, 'the root is never dirty');
    if (!this.#now.isLocalFolder(parent) || this.#now.isStandInForOurs(row) || this.#isNameParked(row)) return;
    const occupant = this.#now.localHolder(parent, row.name);
    if (occupant === undefined) this.#disk(createOnDisk(row), 'created-there');
    else this.#makeRoom(row, occupant);
  }

  // ---- names

  /** Somebody sits on the name a row needs: if it stays, it gives way, on disk first. */
  #makeRoom(row: RemoteEntry, occupant: LocalEntry): void {
    const { id } = occupant;
    const isNew = this.#trees.local(row.id) === undefined && this.#trees.synced(row.id) === undefined;
    if (this.#marks.hasAny(id) || this.#now.isStaged(occupant) || (isNew && this.#now.isAdoptable(row, occupant))) return;
    if (!this.#stays(occupant) || this.draft.disk.has(id)) return;
    const parent = must(occupant.parent, 'not the root');
    this.#meetName(row, occupant, isNew);
    this.#rename(occupant, parent, this.#naming.free(parent, occupant.name, occupant), 'name-name');
  }

  #stays(occupant: LocalEntry): boolean {
    const { id } = occupant;
    const isLive = this.#now.isLive(id);
    if (this.#trees.synced(id) === undefined) return !isLive;
    return isLive ? this.#now.placeDecision(id) === 'push' : this.#now.isContentChanged(id) || this.#now.isPlaceChanged(id);
  }

  #meetName(row: RemoteEntry, occupant: LocalEntry, isNew: boolean): void {
    const { id } = occupant;
    if (this.#trees.conflict(conflictKey(row.id, 'live'))?.operation.rule === 'type-edit') return;
    const isTypeChange = isNew && occupant.kind !== row.kind && this.#trees.remote(id)?.deleted === true && this.#now.isContentChanged(id);
    if (isTypeChange) this.#met('type-edit', id, 'live', row);
    else this.#met(nameRule(row, occupant, isNew && this.#trees.synced(id) === undefined), id, 'place', row);
  }

  #isNameParked(row: RemoteEntry): boolean {
    const problem = isName(row.name) ? this.#policy.platformProblem(row.name) : 'is no name';
    if (problem === undefined) return false;
    this.draft.parked.push({
      entry: row.id,
      path: pathOf(this.#trees, row.id),
      code: 'NAME_NOT_POSSIBLE_HERE',
      message: `the name “${row.name}” ${problem}`,
      nextStep: 'Rename it on another device; here it is left out until then.',
    });
    return true;
  }

  // ---- scope

  /** What is still here of what is out of scope, or was moved there elsewhere, though nothing of it differs. */
  *#outOfScope(dirty: readonly EntryId[]): Iterable<EntryId> {
    const tops = this.#policy.excludedTops ?? [];
    if (tops.length === 0) return;
    const open = [...tops];
    for (const id of dirty) {
      const row = this.#trees.remote(id);
      if (row !== undefined && this.#isExcluded(row)) open.push(id);
    }
    const walked = new Set<EntryId>();
    for (let id = open.pop(); id !== undefined; id = open.pop()) {
      if (walked.has(id) || this.#trees.local(id) === undefined) continue;
      walked.add(id);
      yield id;
      for (const child of this.#trees.localChildren(id)) open.push(child.id);
    }
  }

  /** Leaving scope removes clean local files only, and is never a deletion. Whether that is all there is to do. */
  #leaveScope(row: RemoteEntry, local: LocalEntry | undefined, synced: SyncedEntry | undefined): boolean {
    if (local === undefined) return true;
    if (synced === undefined) return false;
    const isClean =
      isSamePlace(local, synced.place) &&
      contentKeyOf(local) === synced.content?.key &&
      isSameAttributes(row.kind, local.attributes, synced.attributes);
    if (!isClean || this.#marks.hasAny(row.id)) return false;
    if (isEmpty(this.#trees.localChildren(row.id))) this.#disk(removeFromDisk(local), 'scope');
    return true;
  }

  #isExcluded(row: RemoteEntry): boolean {
    return isExcluded(this.#trees, row, (one) => this.#policy.excluded(one), this.#excluded);
  }

  // ---- drafting

  #disk(operation: DiskOperation, rule: string): void {
    if (this.draft.disk.has(operation.entry)) return;
    this.draft.disk.set(operation.entry, operation);
    this.draft.rules.set(operation.entry, rule);
  }

  #rename(local: LocalEntry, parent: EntryId, name: string, rule: string, synced?: SyncedEntry): void {
    const at = { type: 'rename', entry: local.id, expect: expectedOf(local), parent, name } as const;
    this.#disk(synced === undefined ? at : { ...at, synced }, rule);
  }

  #plain(step: Step): void {
    this.draft.plain.push(step);
  }

  #placed(step: PlacedStep): void {
    this.draft.placed.push(step);
  }

  #conflict(rule: ConflictRule, id: EntryId, aspect: ConflictAspect, theirs: RemoteEntry): NotedConflict {
    const synced = this.#trees.synced(id);
    const inputs = {
      base: agreedSide(synced),
      mine: localSide(this.#trees.local(id), synced),
      theirs: remoteSide(theirs, this.#now.isLive(theirs.id)),
    };
    return conflictOf(rule, id, aspect, inputs);
  }

  /** A conflict that is settled on disk, so that nothing in the trees tells of it afterwards. */
  #met(rule: ConflictRule, id: EntryId, aspect: ConflictAspect, theirs: RemoteEntry): void {
    const conflict = this.#conflict(rule, id, aspect, theirs);
    if (this.#trees.conflict(conflict.key) !== undefined || this.#metKeys.has(conflict.key)) return;
    this.#metKeys.add(conflict.key);
    this.draft.conflicts.push(conflict);
  }

  #depth(id: EntryId): number {
    const known = this.#depths.get(id);
    if (known !== undefined) return known;
    this.#depths.set(id, 0);
    const parent = this.#trees.local(id)?.parent;
    const depth = parent === undefined || parent === null ? 0 : parent === this.#trees.root ? 1 : this.#depth(parent) + 1;
    this.#depths.set(id, depth);
    return depth;
  }
}

const attributesOf = (local: LocalEntry): Attributes => must(local.attributes, 'a file has attributes');

const isEmpty = (items: Iterable<unknown>): boolean => {
  for (const _ of items) return false;
  return true;
};

/** Which row of the conflict table two entries of one name are. */
function nameRule(row: RemoteEntry, occupant: LocalEntry, isCreation: boolean): ConflictRule {
  if ((row.kind === 'folder') !== (occupant.kind === 'folder')) return 'folder-file';
  if (row.kind === 'folder') return 'folder-folder';
  return isCreation ? 'create-create' : 'name-name';
}
