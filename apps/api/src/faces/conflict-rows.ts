import type { ConflictInputs, EntryId, WorkspaceId } from '@tidemark/domain';
import type { ToldConflict } from '@tidemark/faces';
import type { ReadModelReader } from '@tidemark/read-model/reader';
import { isOfOneName, type ConflictRows, type EntryNow } from '@tidemark/sync-engine';
import type { Paths } from '../queries/paths.ts';

/** The entries that hold each conflict's contents, as the read model has them: no disk is looked at here that could differ. The asker may read the workspace. */
export async function rowsOfConflicts(
  reader: ReadModelReader,
  paths: Paths,
  workspace: WorkspaceId,
  conflicts: readonly ToldConflict[],
): Promise<readonly ConflictRows[]> {
  const told: Held[] = [];
  for (const one of conflicts) told.push(await holdersOf(reader, workspace, one));
  const ids = new Set(told.flatMap(({ entry, copy, other }) => [entry, copy, other]).filter((id) => id !== undefined));
  const rows = await reader.entries(workspace, [...ids]);
  const above = await paths.above(workspace, rows.values());
  const now = (id: EntryId | undefined): EntryNow | undefined => {
    const row = id === undefined ? undefined : rows.get(id);
    if (row === undefined) return undefined;
    const { feed: _feed, ...state } = row;
    return { state, isLive: above.isLive(row), path: above.pathOf(row), isChangedHere: false };
  };
  return told.map(({ entry, copy, other }) => ({ entry: now(entry), copy: now(copy), ...(other && { other: now(other) }) }));
}

type Held = Partial<Record<keyof ConflictRows, EntryId>>;

/** As `rowsOfConflict` of the sync engine finds them: where two entries came to have one name, the conflict is about the second, which gave way. */
async function holdersOf(reader: ReadModelReader, workspace: WorkspaceId, { rule, entry, copy, inputs }: ToldConflict): Promise<Held> {
  if (!isOfOneName(rule)) return { entry, ...(copy !== undefined && { copy }) };
  const { theirs } = inputs as ConflictInputs;
  const first = theirs === null || theirs.parent === null ? undefined : await reader.descend(workspace, theirs.parent, [theirs.name]);
  // What has that name by now is the one that was met only if it has stood there since.
  const isSame = first !== undefined && first.id !== entry && first.revisions.place.toString() === theirs?.revisions?.place;
  if (rule === 'create-create') return { ...(isSame && { entry: first.id }), copy: entry };
  return { entry, ...(copy !== undefined && { copy }), ...(isSame && { other: first.id }) };
}
