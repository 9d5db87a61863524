import { contentKeyOf } from '@tidemark/domain';
import { isSamePlace } from './compare.ts';
import type { LocalEntry, RemoteEntry, SyncedEntry } from './trees.port.ts';

/** Bytes of one entry that are to be brought there and here; 0 for what has no content to bring, undefined where nothing is to be brought. */
export function pendingOf(
  local: LocalEntry | undefined,
  synced: SyncedEntry | undefined,
  remote: RemoteEntry | undefined,
): { readonly up?: number; readonly down?: number } {
  if (!local && !remote) return {};
  const agreed = synced?.content?.key;
  const isLive = remote !== undefined && !remote.deleted;
  const theirs = isLive && remote.kind !== 'folder' ? contentKeyOf(remote) : agreed;
  const mine = local && local.kind !== 'folder' ? contentKeyOf(local) : agreed;
  if (theirs === agreed && mine === agreed) {
    // No content to bring: a folder, a place, attributes, or that it is gone.
    const isTheirs = synced ? !isLive || (local !== undefined && !isSamePlace(remote, synced.place)) : isLive && !local;
    return isTheirs ? { down: 0 } : { up: 0 };
  }
  return {
    ...(isLive && theirs !== agreed && theirs !== mine ? { down: remote.content?.size ?? 0 } : {}),
    ...(local && mine !== agreed && theirs !== mine ? { up: local.content?.size ?? 0 } : {}),
  };
}
