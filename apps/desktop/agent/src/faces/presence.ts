import { contentKeyOf, type EntryId, type Row } from '@tidemark/domain';
import type { EntryView } from '@tidemark/ipc';
import type { Trees } from '@tidemark/sync-engine';
import type { FollowedFolder } from '../journal/agent-settings.ts';
import { Scope } from '../workspace/scope.ts';
import { withJournal, type FaceContext } from './face-context.ts';

export type Presence = EntryView['presence'];

/** Where each of these entries is, seen from this device. `folder`: undefined where the workspace is not kept here. */
export function presencesOf(
  context: FaceContext,
  folder: FollowedFolder | undefined,
  rows: readonly Row[],
): ReadonlyMap<EntryId, Presence> {
  if (folder === undefined) return new Map(rows.map(({ id }) => [id, 'away']));
  const parked = context.sync(folder.workspace)?.parked ?? new Set<EntryId>();
  const scope = new Scope(context.settings, folder.workspace);
  return withJournal(context, folder, ({ trees }) => new Map(rows.map((row) => [row.id, presenceOf(trees, scope, parked, row)])));
}

function presenceOf(trees: Trees, scope: Scope, parked: ReadonlySet<EntryId>, row: Row): Presence {
  if (row.id === trees.root) return 'here';
  if (parked.has(row.id)) return 'parked';
  const local = trees.local(row.id);
  if (local !== undefined && isCurrent(trees, row)) return 'here';
  return scope.outBy(trees, row.id) === undefined ? 'coming' : local === undefined ? 'away' : 'here';
}

/** What is on disk is the latest content, or a later one that is on its way up. */
function isCurrent(trees: Trees, row: Row): boolean {
  const local = trees.local(row.id);
  const wanted = contentKeyOf(row);
  return local !== undefined && (contentKeyOf(local) === wanted || trees.synced(row.id)?.content?.key === wanted);
}
