import type { AspectRevisions, Cursor } from '@tidemark/domain';
import { contentKeyOf, NO_REVISION } from '@tidemark/domain';
import type { SyncedEntry, Trees } from '../trees/trees.port.ts';

/**
 * The server's history is another one from `common` on (a restored or forked server), and R has been pulled anew: every aspect of S newer than that takes R's
 * value if that one is not newer, else is unset. The planner then offers again what the server lost; nothing is deleted here because the server forgot it.
 */
export function divergeRebase(trees: Trees, common: Cursor | undefined): void {
  const limit = common?.revision ?? NO_REVISION;
  for (const id of trees.dirty()) {
    const synced = trees.synced(id);
    if (synced === undefined) continue;
    const row = trees.remote(id);
    if (row === undefined) {
      // The server does not know it: as if it had been made here.
      trees.setSynced(id, undefined);
      continue;
    }
    const isNewer = (aspect: keyof AspectRevisions): boolean => synced.revisions[aspect] > limit;
    if (!(['content', 'place', 'attributes', 'live'] as const).some(isNewer)) continue;
    const isKnownThen = (aspect: keyof AspectRevisions): boolean => row.revisions[aspect] <= limit;
    const revisions = { ...synced.revisions };
    let { place, content, attributes } = synced;
    if (isNewer('place')) {
      place = isKnownThen('place') ? { parent: row.parent, name: row.name } : null;
      revisions.place = row.revisions.place;
    }
    if (isNewer('content')) {
      content = isKnownThen('content') ? { key: contentKeyOf(row), value: row.content, target: row.target } : null;
      revisions.content = row.revisions.content;
    }
    if (isNewer('attributes')) {
      attributes = isKnownThen('attributes') ? (row.attributes ?? null) : null;
      revisions.attributes = row.revisions.attributes;
    }
    if (isNewer('live')) {
      revisions.live = isKnownThen('live') ? row.revisions.live : NO_REVISION;
      // Its restoring was forgotten: it is offered again rather than removed here.
      if (row.deleted) place = null;
    }
    const rebased: SyncedEntry = { ...synced, place, content, attributes, revisions };
    trees.setSynced(id, rebased);
  }
}
