import type { Content } from '../content/content.ts';
import type { AccountId, ChunkId, ConflictId, DeviceId, EntryId, WorkspaceId } from '../ids.ts';
import type { Cursor, EntryState, Revision } from './entry.ts';
import type { Role, WorkspaceEvent, WorkspaceFormat } from './events.ts';
import type { Rejection, Settling } from './operations.ts';

export interface WorkspaceFacts {
  readonly id: WorkspaceId;
  readonly name: string;
  readonly root: EntryId;
  readonly format: WorkspaceFormat;
}

/** Of a conflict that was recorded: how and when it was settled; nothing while it is open. */
export interface ConflictState {
  readonly settled?: { readonly how: Settling; readonly revision: Revision } | undefined;
}

/**
 * A workspace as decisions need it, at one revision. Reads only; a table with indexes or maps, never an object graph.
 * "Child" means an entry whose place is in that folder and which is not itself deleted, whether or not the folder is live.
 */
export interface WorkspaceView {
  readonly head: Cursor;
  readonly workspace: WorkspaceFacts | undefined;
  role(account: AccountId): Role | undefined;
  entry(id: EntryId): EntryState | undefined;
  /** The child holding that name key, if any. */
  childByKey(parent: EntryId, key: string): EntryState | undefined;
  children(parent: EntryId): Iterable<EntryState>;
  /** Entries whose content, place or live revision is after the given one; deleted ones too. */
  changedSince(revision: Revision): Iterable<EntryState>;
  /** Folders that stand in for this one, oldest first, deleted ones too. */
  standInsOf(entry: EntryId): Iterable<EntryState>;
  conflict(id: ConflictId): ConflictState | undefined;
}

/** What a decision needs and may not fetch. */
export interface Facts {
  readonly device: DeviceId;
  readonly account: AccountId;
  /** For conflict names of stand-ins. */
  readonly deviceName: string;
  /** ISO 8601, UTC. */
  readonly now: string;
  /** The revision of the commit's cursor: what its device had seen. */
  readonly seen: Revision;
  /** Whether the content can be put together here: `missing` names chunks or pages that are not stored, `invalid` says why ids or sizes do not fit. */
  contentState(content: Content): { readonly known: true } | { readonly missing: readonly ChunkId[] } | { readonly invalid: string };
  /** New folder ids for stand-ins; derived, so that deciding again gives the same. */
  standInId(entry: EntryId, revision: Revision): EntryId;
}

export type Decision = { readonly events: readonly WorkspaceEvent[] } | { readonly rejection: Rejection };

/** What an event sets on one entry, from the event alone. */
export interface RowChange {
  readonly entry: EntryId;
  /** Present on creation; then all other members together make the whole entry. */
  readonly created?: { readonly kind: EntryState['kind']; readonly rescueOf?: EntryId | undefined } | undefined;
  readonly place?: { readonly parent: EntryId | null; readonly name: string } | undefined;
  readonly content?: Content | undefined;
  readonly target?: string | undefined;
  readonly attributes?: EntryState['attributes'];
  readonly deleted?: boolean | undefined;
  /** The feed revision of everything live below rises too: it came back. */
  readonly raisesSubtree?: boolean | undefined;
}
