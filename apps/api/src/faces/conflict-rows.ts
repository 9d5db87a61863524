import type { ConflictInputs, EntryId, WorkspaceId } from '@tidemark/domain';
import type { ToldConflict } from '@tidemark/faces';
import type { ReadModelReader } from '@tidemark/read-model/reader';
import type { ConflictRows, EntryNow } from '@tidemark/sync-engine';
import type { Paths } from '../queries/paths.ts';

/** The entries that hold each conflict's contents, as the read model has them: no disk is looked at here that could differ. The asker may read the workspace. */
export async function rowsOfConflicts(
  reader: ReadModelReader,
  paths: Paths,
  workspace: WorkspaceId,
  conflicts: readonly ToldConflict[],
): Promise<readonly ConflictRows[]> {
  const pairs: Partial<Record<'entry' | 'copy', EntryId>>[] = [];
  for (const one of conflicts) pairs.push(await pairOf(reader, workspace, one));
  const ids = new Set(pairs.flatMap(({ entry, copy }) => [entry, copy]).filter((id) => id !== undefined));
  const rows = await reader.entries(workspace, [...ids]);
  const above = await paths.above(workspace, rows.values());
  const now = (id: EntryId | undefined): EntryNow | undefined => {
    const row = id === undefined ? undefined : rows.get(id);
    if (row === undefined) return undefined;
    const { feed: _feed, ...state } = row;
    return { state, isLive: above.isLive(row), isChangedHere: false };
  };
  return pairs.map(({ entry, copy }) => ({ entry: now(entry), copy: now(copy) }));
}

/** As the sync engine's: of two files made under one name each is an entry of its own, and the conflict is about the second. */
async function pairOf(
  reader: ReadModelReader,
  workspace: WorkspaceId,
  { rule, entry, copy, inputs }: ToldConflict,
): Promise<Partial<Record<'entry' | 'copy', EntryId>>> {
  if (rule !== 'create-create') return { entry, ...(copy === undefined ? {} : { copy }) };
  const { theirs } = inputs as ConflictInputs;
  if (theirs === null || theirs.parent === null) return { copy: entry };
  const first = await reader.descend(workspace, theirs.parent, [theirs.name]);
  // What has that name by now is the one that was met only if it has stood there since.
  const isSame = first !== undefined && first.id !== entry && first.revisions.place.toString() === theirs.revisions?.place;
  return { ...(isSame ? { entry: first.id } : {}), copy: entry };
}
