import type { AccountId, ConflictId, EntryId } from '../ids.ts';
import { applyChange, changedAt, changesOf } from './changes.ts';
import { conflictAfter } from './conflict-state.ts';
import { EntryIndex } from './entry-index.ts';
import type { Cursor, EntryState, Revision } from './entry.ts';
import type { Role, WorkspaceEvent } from './events.ts';
import type { ConflictState, WorkspaceFacts, WorkspaceView } from './view.ts';

/**
 * A view with events on top that are decided and not yet appended. Holds only what they changed, so a new one costs nothing. Its head's
 * revision counts them; the head's chain stays that of the view below, since chains are worked out when events are made.
 */
export class BatchView implements WorkspaceView {
  readonly #below: WorkspaceView;
  readonly #index: EntryIndex;
  readonly #roles = new Map<AccountId, Role | undefined>();
  readonly #conflicts = new Map<ConflictId, ConflictState>();
  #workspace: WorkspaceFacts | undefined;
  #revision: Revision;

  constructor(below: WorkspaceView) {
    this.#below = below;
    this.#revision = below.head.revision;
    this.#workspace = below.workspace;
    this.#index = new EntryIndex(() => this.#workspace?.format.names ?? 'portable');
  }

  get head(): Cursor {
    return { revision: this.#revision, chain: this.#below.head.chain };
  }

  get workspace(): WorkspaceFacts | undefined {
    return this.#workspace;
  }

  /** Takes the event as the one after the head. */
  apply(event: WorkspaceEvent): void {
    this.#revision += 1n;
    this.#applyFacts(event);
    for (const change of changesOf(event)) this.#index.set(applyChange(this.entry(change.entry), change, this.#revision));
  }

  role(account: AccountId): Role | undefined {
    return this.#roles.has(account) ? this.#roles.get(account) : this.#below.role(account);
  }

  entry(id: EntryId): EntryState | undefined {
    return this.#index.get(id) ?? this.#below.entry(id);
  }

  childByKey(parent: EntryId, key: string): EntryState | undefined {
    return this.holders(parent, key)[0];
  }

  /** Every child that holds the key: more than one only in the middle of a group. */
  holders(parent: EntryId, key: string): readonly EntryState[] {
    const below = this.#below instanceof BatchView ? this.#below.holders(parent, key) : [this.#below.childByKey(parent, key)];
    const kept = below.filter((entry) => entry !== undefined && this.#index.get(entry.id) === undefined) as EntryState[];
    return [...kept, ...this.#index.holders(parent, key)];
  }

  *children(parent: EntryId): Iterable<EntryState> {
    for (const entry of this.#below.children(parent)) if (this.#index.get(entry.id) === undefined) yield entry;
    yield* this.#index.children(parent);
  }

  *changedSince(revision: Revision): Iterable<EntryState> {
    for (const entry of this.#below.changedSince(revision)) if (this.#index.get(entry.id) === undefined) yield entry;
    for (const entry of this.#index.all()) if (changedAt(entry) > revision) yield entry;
  }

  *standInsOf(entry: EntryId): Iterable<EntryState> {
    for (const one of this.#below.standInsOf(entry)) yield this.#index.get(one.id) ?? one;
    for (const one of this.#index.standInsOf(entry)) if (this.#below.entry(one.id) === undefined) yield one;
  }

  conflict(id: ConflictId): ConflictState | undefined {
    return this.#conflicts.get(id) ?? this.#below.conflict(id);
  }

  #applyFacts(event: WorkspaceEvent): void {
    if (event.type === 'WorkspaceCreated') {
      const { workspace, name, owner, root, format } = event.data;
      this.#workspace = { id: workspace, name, root, format };
      this.#roles.set(owner, 'owner');
    } else if (event.type === 'WorkspaceRenamed') {
      if (this.#workspace !== undefined) this.#workspace = { ...this.#workspace, name: event.data.name };
    } else if (event.type === 'MemberGranted') this.#roles.set(event.data.account, event.data.role);
    else if (event.type === 'MemberRevoked') this.#roles.set(event.data.account, undefined);
    const changed = conflictAfter(event, this.#revision, (id) => this.conflict(id));
    if (changed !== undefined) this.#conflicts.set(changed.conflict, changed.state);
  }
}
