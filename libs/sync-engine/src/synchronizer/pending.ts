import type { EntryId } from '@tidemark/domain';
import { contentKeyOf } from '@tidemark/domain';
import { isSamePlace } from '../trees/compare.ts';
import type { Trees } from '../trees/trees.port.ts';

export interface Pending {
  readonly upload: { entries: number; bytes: number };
  readonly download: { entries: number; bytes: number };
}

/** What is still to be brought to the server, and here. Costs what is dirty. */
export function pendingOf(trees: Trees, isParked: (entry: EntryId) => boolean): Pending {
  const pending: Pending = { upload: { entries: 0, bytes: 0 }, download: { entries: 0, bytes: 0 } };
  for (const id of trees.dirty()) {
    if (isParked(id)) continue;
    const local = trees.local(id);
    const synced = trees.synced(id);
    const remote = trees.remote(id);
    if (!local && !remote) continue;
    const agreed = synced?.content?.key;
    const isLive = remote !== undefined && !remote.deleted;
    const theirs = isLive && remote.kind !== 'folder' ? contentKeyOf(remote) : agreed;
    const mine = local && local.kind !== 'folder' ? contentKeyOf(local) : agreed;
    if (isLive && theirs !== agreed && theirs !== mine) {
      pending.download.entries += 1;
      pending.download.bytes += remote.content?.size ?? 0;
    }
    if (local && mine !== agreed && theirs !== mine) {
      pending.upload.entries += 1;
      pending.upload.bytes += local.content?.size ?? 0;
    }
    if (theirs !== agreed || mine !== agreed) continue;
    // No content to bring: a folder, a place, attributes, or that it is gone.
    const isTheirs = synced ? !isLive || (local !== undefined && !isSamePlace(remote, synced.place)) : isLive && !local;
    pending[isTheirs ? 'download' : 'upload'].entries += 1;
  }
  return pending;
}
