import { contentKeyOf, type Attributes, type EntryId, type EntryKind } from '@tidemark/domain';
import type { LocalEntry, RemoteEntry, SyncedEntry } from './trees.port.ts';

/** Where an entry is, in any of the trees. Unset in S it differs from every place. */
export interface At {
  readonly parent: EntryId | null;
  readonly name: string;
}

export const isSamePlace = (a: At | null, b: At | null): boolean => a !== null && b !== null && a.parent === b.parent && a.name === b.name;

/** Only files have attributes. */
export const isSameAttributes = (kind: EntryKind, a: Attributes | null | undefined, b: Attributes | null | undefined): boolean =>
  kind !== 'file' || (a?.modified === b?.modified && a?.executable === b?.executable);

/** Whether the three rows say the same in everything, revisions included. */
export function isAgreed(local: LocalEntry, synced: SyncedEntry, remote: RemoteEntry): boolean {
  if (remote.deleted || synced.place === null || synced.content === null) return false;
  const a = synced.revisions;
  const b = remote.revisions;
  if (a.content !== b.content || a.place !== b.place || a.attributes !== b.attributes || a.live !== b.live) return false;
  if (!isSamePlace(local, synced.place) || !isSamePlace(remote, synced.place)) return false;
  if (contentKeyOf(local) !== synced.content.key || contentKeyOf(remote) !== synced.content.key) return false;
  const { kind, attributes } = synced;
  return isSameAttributes(kind, local.attributes, attributes) && isSameAttributes(kind, remote.attributes, attributes);
}
