import type { EntryId } from '@tidemark/domain';
import { pendingOf } from '../trees/pending.ts';
import type { Pending, Trees } from '../trees/trees.port.ts';

/** What is still to be brought to the server, and here, but for what is parked. */
export function pendingWithout(trees: Trees, parked: ReadonlySet<EntryId>): Pending {
  const { upload, download } = trees.pending();
  const left = { upload: { ...upload }, download: { ...download } };
  for (const id of parked) {
    const { up, down } = pendingOf(trees.local(id), trees.synced(id), trees.remote(id));
    if (up !== undefined) take(left.upload, up);
    if (down !== undefined) take(left.download, down);
  }
  return left;
}

/** What is below a folder that is gone may be parked and not be counted: never below nothing. */
function take(from: { entries: number; bytes: number }, bytes: number): void {
  from.entries = Math.max(0, from.entries - 1);
  from.bytes = Math.max(0, from.bytes - bytes);
}
