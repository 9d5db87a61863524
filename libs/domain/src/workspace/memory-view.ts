import type { AccountId, ConflictId, EntryId } from '../ids.ts';
import { assert } from '../kernel/assert.ts';
import { applyChange, changedAt, changesOf } from './changes.ts';
import { conflictAfter } from './conflict-state.ts';
import { EntryIndex } from './entry-index.ts';
import { START, type Chain, type Cursor, type EntryState, type Revision } from './entry.ts';
import type { Role, WorkspaceEvent } from './events.ts';
import type { ConflictState, WorkspaceFacts, WorkspaceView } from './view.ts';

/** A whole workspace in memory: for tests, simulations and small servers. Every event costs the same, however large the workspace. */
export class MemoryWorkspaceView implements WorkspaceView {
  #head: Cursor = START;
  #workspace: WorkspaceFacts | undefined;
  readonly #roles = new Map<AccountId, Role>();
  readonly #conflicts = new Map<ConflictId, ConflictState>();
  readonly #index = new EntryIndex(() => this.#workspace?.format.names ?? 'portable');
  /** Who changed when, in order; an entry that changed again stands in it again. */
  #changes: { readonly revision: Revision; readonly entry: EntryId }[] = [];

  get head(): Cursor {
    return this.#head;
  }

  get workspace(): WorkspaceFacts | undefined {
    return this.#workspace;
  }

  /** `undefined`: an event that is not known here, which moves the head alone. @throws {Bug} unless it is the revision after the head. */
  apply(event: WorkspaceEvent | undefined, revision: Revision, chain: Chain): void {
    assert(revision === this.#head.revision + 1n, `event at revision ${revision} cannot follow ${this.#head.revision}`);
    this.#head = { revision, chain };
    if (event === undefined) return;
    this.#applyFacts(event, revision);
    for (const change of changesOf(event)) {
      const after = applyChange(this.#index.get(change.entry), change, revision);
      this.#index.set(after);
      if (changedAt(after) === revision) this.#changes.push({ revision, entry: after.id });
    }
    if (this.#changes.length > 2 * this.#index.size + 1_000) this.#compact();
  }

  role(account: AccountId): Role | undefined {
    return this.#roles.get(account);
  }

  /** Everybody who may see the workspace. */
  members(): ReadonlyMap<AccountId, Role> {
    return this.#roles;
  }

  entry(id: EntryId): EntryState | undefined {
    return this.#index.get(id);
  }

  /** Deleted ones too. */
  entries(): Iterable<EntryState> {
    return this.#index.all();
  }

  childByKey(parent: EntryId, key: string): EntryState | undefined {
    return this.#index.holders(parent, key)[0];
  }

  children(parent: EntryId): Iterable<EntryState> {
    return this.#index.children(parent);
  }

  *changedSince(revision: Revision): Iterable<EntryState> {
    const seen = new Set<EntryId>();
    for (let i = this.#changes.length - 1; i >= 0; i--) {
      const change = this.#changes[i];
      if (change === undefined || change.revision <= revision) return;
      if (seen.has(change.entry)) continue;
      seen.add(change.entry);
      const entry = this.#index.get(change.entry);
      if (entry !== undefined) yield entry;
    }
  }

  standInsOf(entry: EntryId): Iterable<EntryState> {
    return this.#index.standInsOf(entry);
  }

  conflict(id: ConflictId): ConflictState | undefined {
    return this.#conflicts.get(id);
  }

  #applyFacts(event: WorkspaceEvent, revision: Revision): void {
    if (event.type === 'WorkspaceCreated') {
      const { workspace, name, owner, root, format } = event.data;
      this.#workspace = { id: workspace, name, root, format };
      this.#roles.set(owner, 'owner');
    } else if (event.type === 'WorkspaceRenamed') {
      if (this.#workspace !== undefined) this.#workspace = { ...this.#workspace, name: event.data.name };
    } else if (event.type === 'MemberGranted') this.#roles.set(event.data.account, event.data.role);
    else if (event.type === 'MemberRevoked') this.#roles.delete(event.data.account);
    const changed = conflictAfter(event, revision, (id) => this.conflict(id));
    if (changed !== undefined) this.#conflicts.set(changed.conflict, changed.state);
  }

  #compact(): void {
    this.#changes = this.#changes.filter(({ revision, entry }) => {
      const now = this.#index.get(entry);
      return now !== undefined && changedAt(now) === revision;
    });
  }
}
