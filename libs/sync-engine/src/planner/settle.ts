import { assert, contentKeyOf, NO_REVISION, type ConflictRule, type EntryId } from '@tidemark/domain';
import type { Sent } from '../synchronizer/ports.ts';
import { isAgreed, isSameAttributes, isSamePlace } from '../trees/compare.ts';
import type { LocalEntry, RemoteEntry, SyncedEntry, Trees } from '../trees/trees.port.ts';
import { pathOf } from '../explain/path.ts';
import { dueOf, type Due } from './due.ts';
import { agreedSide, conflictOf, localSide, noteConflicts, remoteSide } from './conflict-notes.ts';
import { Marks } from './marks.ts';
import type { Decided, Policy } from './policy.ts';
import { Situation } from './situation.ts';
import { takeOver } from './take-over.ts';

/** Steps that follow from one another go down at most one level a round, with room to spare. */
const ROUNDS_MAX = 1_000;

export interface SettleTools {
  /** Scope and whether conflicts may be told; without it everything is in scope. */
  readonly policy?: Pick<Policy, 'excluded' | 'mayWrite' | 'aloneMax'> | undefined;
  /** A disk operation is under way there: its id stays what it is. */
  readonly busy?: ((entry: EntryId) => boolean) | undefined;
}

/**
 * Steps on the trees alone, to a fixed point: S := R where L agrees, adoption, take-over, and giving up deletions of what was restored or changed since. To be run
 * when R is complete, after a commit's outcome was settled, in one transaction. An answer with an `adopted` decision means that ids have changed: disk operations
 * that are queued are dropped.
 */
export function settle(trees: Trees, sent: Sent | undefined, tools: SettleTools = {}): readonly Decided[] {
  const settling = new Settling(trees, sent, tools);
  settling.run();
  return settling.decisions;
}

class Settling {
  readonly decisions: Decided[] = [];
  readonly #trees: Trees;
  readonly #marks: Marks;
  readonly #now: Situation;
  readonly #isSending: boolean;
  readonly #tools: SettleTools;
  readonly #excluded = new Map<EntryId, boolean>();

  constructor(trees: Trees, sent: Sent | undefined, tools: SettleTools) {
    this.#trees = trees;
    this.#marks = new Marks(sent);
    this.#now = new Situation(trees, this.#marks, { frozen: false });
    this.#isSending = sent !== undefined;
    this.#tools = tools;
  }

  run(): void {
    let due: Due = { ids: [], isAll: true };
    for (let again = true, round = 0; again; round++) {
      assert(round < ROUNDS_MAX, 'settling does not end');
      again = false;
      due = dueOf(this.#trees, this.#tools.policy?.aloneMax ?? Infinity);
      for (const id of due.ids) if (this.#settle(id)) again = true;
    }
    this.#forgetConflicts(due);
  }

  /** One step for one entry; whether another may follow from it. */
  #settle(id: EntryId): boolean {
    if (this.#marks.has(id, '*')) return false;
    const trees = this.#trees;
    const local = trees.local(id);
    const synced = trees.synced(id);
    const isLive = this.#now.isLive(id);
    const remote = isLive ? trees.remote(id) : undefined;
    if (synced !== undefined && local === undefined && !isLive) {
      trees.setSynced(id, undefined);
      this.#decide(id, 'settled', 'delete-delete', 'gone on both sides; nothing is left to do');
      return true;
    }
    let changed = synced !== undefined && local !== undefined && remote !== undefined && this.#agree(local, synced, remote);
    if (synced === undefined && local !== undefined && remote !== undefined) {
      trees.setSynced(id, agreedOf(local, remote));
      this.#decide(id, 'settled', 'same-on-both', 'known on both sides; only what differs is still to be done');
      return true;
    }
    if (synced !== undefined && local === undefined && remote !== undefined && this.#isDeletionGivenUp(id, synced, remote)) {
      trees.setSynced(id, undefined);
      return true;
    }
    // Ids change only while no commit is under way.
    if (this.#isSending) return changed;
    if (local !== undefined && trees.synced(id) !== undefined && !isLive && local.kind === 'folder')
      changed = this.#followStandIn(local) || changed;
    else if (remote !== undefined && synced === undefined && local === undefined) changed = this.#adopt(remote) || changed;
    return changed;
  }

  /** S := R for each aspect where L says the same, or where R's value has not changed. */
  #agree(local: LocalEntry, synced: SyncedEntry, remote: RemoteEntry): boolean {
    const marks = this.#marks;
    const { id } = remote;
    let { place, content, attributes } = synced;
    const revisions = { ...synced.revisions, live: remote.revisions.live };
    if (!marks.has(id, 'content')) {
      const key = contentKeyOf(remote);
      if (key === content?.key) revisions.content = remote.revisions.content;
      else if (key === contentKeyOf(local)) {
        content = contentOf(remote);
        revisions.content = remote.revisions.content;
        this.#decide(id, 'settled', 'same-edit', 'has the same content on both sides');
      }
    }
    if (!marks.has(id, 'place')) {
      if (isSamePlace(remote, place)) revisions.place = remote.revisions.place;
      else if (isSamePlace(local, remote)) {
        place = { parent: remote.parent, name: remote.name };
        revisions.place = remote.revisions.place;
        this.#decide(id, 'settled', 'same-move', 'is in the same place on both sides');
      }
    }
    if (!marks.has(id, 'attributes')) {
      if (attributes !== null && isSameAttributes(remote.kind, remote.attributes, attributes))
        revisions.attributes = remote.revisions.attributes;
      else if (isSameAttributes(remote.kind, local.attributes, remote.attributes)) {
        attributes = remote.attributes ?? null;
        revisions.attributes = remote.revisions.attributes;
      }
    }
    const before = synced.revisions;
    const isSame =
      place === synced.place &&
      content === synced.content &&
      attributes === synced.attributes &&
      revisions.content === before.content &&
      revisions.place === before.place &&
      revisions.attributes === before.attributes &&
      revisions.live === before.live;
    if (!isSame) this.#trees.setSynced(id, { ...synced, place, content, attributes, revisions });
    return !isSame;
  }

  /** Missing here, live there: it is not ours to delete if it was restored, changed or moved since, or if the folder has to stay for something in it. */
  #isDeletionGivenUp(id: EntryId, synced: SyncedEntry, remote: RemoteEntry): boolean {
    if (this.#isExcluded(remote)) {
      this.#decide(id, 'settled', 'scope', 'is out of this device’s scope; that is no deletion');
      return true;
    }
    if (this.#marks.hasAny(id)) return false;
    if (this.#now.isRestoredSince(id)) {
      this.#decide(id, 'settled', 'restored-since', 'was restored elsewhere; it is fetched again');
      return true;
    }
    const rule = this.#survival(id, synced, remote);
    if (rule === undefined) return false;
    this.#noteSurvival(rule, id, synced, remote);
    if (rule === 'delete-move' && remote.kind === 'folder') this.#comesBackWith(id);
    this.#decide(id, 'settled', rule, 'was deleted here and changed elsewhere; it is fetched again');
    return true;
  }

  /** A folder that was moved elsewhere survives with everything that went with it. */
  #comesBackWith(folder: EntryId): void {
    for (const row of Array.from(this.#now.remoteBelow(folder))) {
      if (this.#trees.local(row.id) === undefined && !this.#marks.hasAny(row.id)) this.#trees.setSynced(row.id, undefined);
    }
  }

  #survival(id: EntryId, synced: SyncedEntry, remote: RemoteEntry): ConflictRule | undefined {
    if (contentKeyOf(remote) !== synced.content?.key) return this.#isTypeChange(remote) ? 'type-edit' : 'delete-edit';
    if (!isSamePlace(remote, synced.place)) return 'delete-move';
    return remote.kind === 'folder' && this.#now.fate(id) === 'keep' ? 'folder-deleted-child-changed' : undefined;
  }

  /** Something of another kind, made here, stands in its place. */
  #isTypeChange(remote: RemoteEntry): boolean {
    const there = remote.parent === null ? undefined : this.#now.localHolder(remote.parent, remote.name);
    return there !== undefined && there.kind !== remote.kind && this.#trees.synced(there.id) === undefined;
  }

  /** Once: what went with a folder has no conflict of its own, and values never agreed on have none at all. */
  #noteSurvival(rule: ConflictRule, id: EntryId, synced: SyncedEntry, remote: RemoteEntry): void {
    if (this.#tools.policy?.mayWrite === false || synced.place === null || synced.content === null) return;
    if (synced.place.parent !== null && !this.#now.isLocalFolder(synced.place.parent)) return;
    const inputs = { base: agreedSide(synced), mine: localSide(undefined, synced), theirs: remoteSide(remote, true) };
    noteConflicts(this.#trees, [conflictOf(rule, id, 'live', inputs)]);
  }

  /** A folder that is not live here any more, but lives on as a stand-in, or as another folder of its name: ours becomes that one. */
  #followStandIn(local: LocalEntry): boolean {
    const trees = this.#trees;
    const standIn = this.#now.livingStandIn(local.id);
    if (standIn !== undefined) {
      if (trees.local(standIn.id) !== undefined) return false;
      return this.#become(
        local,
        standIn.id,
        'stand-in',
        'the folder was deleted elsewhere and lives on for what is in it; ours becomes the one that stands for it',
      );
    }
    if (local.parent === null || this.#now.isPlaceChanged(local.id) || !this.#now.isLive(local.parent)) return false;
    const other = this.#now.remoteHolder(local.parent, local.name, local.id);
    if (other === undefined || other.kind !== 'folder' || trees.local(other.id) !== undefined || trees.synced(other.id) !== undefined)
      return false;
    if (this.#isExcluded(other) || !this.#now.isNeeded(local.id)) return false;
    return this.#become(
      local,
      other.id,
      'stand-in',
      'the folder was deleted elsewhere and another has its name now; ours becomes that one',
    );
  }

  /** A local entry that nobody else knows becomes the remote one of that name. */
  #adopt(remote: RemoteEntry): boolean {
    if (remote.parent === null || this.#isExcluded(remote) || this.#now.isStandInForOurs(remote)) return false;
    const holders = this.#trees.localByKey(remote.parent, this.#now.key(remote.name));
    const own = holders.find((one) => one.name === remote.name) ?? holders[0];
    if (own === undefined || !this.#now.isAdoptable(remote, own)) return false;
    if (!this.#become(own, remote.id, 'adopt', 'exists on both sides with the same content; the local one becomes the remote one'))
      return false;
    this.#trees.setSynced(remote.id, {
      ...agreedOf(own, remote),
      place: { parent: own.parent, name: own.name },
      content: contentOf(remote),
    });
    return true;
  }

  #become(local: LocalEntry, to: EntryId, rule: string, detail: string): boolean {
    if (this.#tools.busy?.(local.id) === true || this.#tools.busy?.(to) === true) return false;
    this.#decide(local.id, 'adopted', rule, detail);
    takeOver(this.#trees, local.id, to);
    return true;
  }

  #isExcluded(row: RemoteEntry): boolean {
    const excluded = this.#tools.policy?.excluded;
    return excluded !== undefined && isExcluded(this.#trees, row, (one) => this.#tools.policy?.excluded(one) === true, this.#excluded);
  }

  /** A conflict is over when it is told and its entry is quiet. */
  #forgetConflicts({ ids, isAll }: Due): void {
    const conflicts = this.#trees.conflicts();
    if (conflicts.length === 0) return;
    const busy = new Set(ids);
    for (const { key, told, operation } of conflicts) {
      const { entry } = operation;
      if (told && !busy.has(entry) && (isAll || this.#isQuiet(entry))) this.#trees.setConflict(key, undefined);
    }
  }

  #isQuiet(id: EntryId): boolean {
    const [local, synced, remote] = [this.#trees.local(id), this.#trees.synced(id), this.#trees.remote(id)];
    if (local === undefined && synced === undefined) return remote === undefined || remote.deleted;
    return local !== undefined && synced !== undefined && remote !== undefined && isAgreed(local, synced, remote);
  }

  #decide(entry: EntryId, what: Decided['what'], rule: string, detail: string): void {
    this.decisions.push({ entry, path: pathOf(this.#trees, entry), what, rule, detail });
  }
}

/** Out of scope by its own or by a folder's word. */
export function isExcluded(trees: Trees, row: RemoteEntry, excluded: (row: RemoteEntry) => boolean, known: Map<EntryId, boolean>): boolean {
  const cached = known.get(row.id);
  if (cached !== undefined) return cached;
  known.set(row.id, false);
  const parent = row.parent === null ? undefined : trees.remote(row.parent);
  const is = row.parent !== null && (excluded(row) || (parent !== undefined && isExcluded(trees, parent, excluded, known)));
  known.set(row.id, is);
  return is;
}

const contentOf = (row: RemoteEntry): SyncedEntry['content'] => ({
  key: contentKeyOf(row),
  ...(row.content === undefined ? {} : { value: row.content }),
  ...(row.target === undefined ? {} : { target: row.target }),
});

/** Nothing was agreed on yet: what both say is, the rest is unset and differs from everything. */
function agreedOf(local: LocalEntry, remote: RemoteEntry): SyncedEntry {
  return {
    id: remote.id,
    kind: remote.kind,
    place: isSamePlace(local, remote) ? { parent: remote.parent, name: remote.name } : null,
    content: contentKeyOf(local) === contentKeyOf(remote) ? contentOf(remote) : null,
    attributes: isSameAttributes(remote.kind, local.attributes, remote.attributes) ? (remote.attributes ?? null) : null,
    revisions: { ...remote.revisions, live: remote.kind === local.kind ? remote.revisions.live : NO_REVISION },
  };
}
