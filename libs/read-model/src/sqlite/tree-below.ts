import type { EntryId } from '@tidemark/domain';
import { type Database, integerOf, optionalTextOf, type SqlRow, textOf } from '@tidemark/sqlite';
import { type FolderFigures } from '../folder-sizes.ts';

/** Folders that are looked up one by one. Where there are more, all of the workspace in the order of the index take less. */
export const FOLDERS_BELOW_MAX = 3_000;

/** The same, where the root is among those asked for. */
const ROOT_FOLDERS_MAX = 100;

/** Folders below the tops, none of them or between deleted, with the tops, which have no parent here. */
const FOLDERS_BELOW = `
  WITH RECURSIVE folders (entry, parent) AS (
    SELECT value, NULL FROM json_each(?2)
    UNION
    SELECT child.entry, child.parent FROM folders CROSS JOIN entries AS child INDEXED BY folders_by_parent
      ON child.workspace = ?1 AND child.parent = folders.entry AND child.deleted = 0 AND child.bytes IS NULL
    LIMIT ?3
  )
  SELECT entry, parent FROM folders`;
const FOLDERS = 'SELECT entry, parent FROM entries INDEXED BY folders_by_parent WHERE workspace = ? AND deleted = 0 AND bytes IS NULL';
const SUMS_OF = `
  SELECT parent, count(*) AS children, total(bytes) AS bytes FROM (SELECT DISTINCT value AS folder FROM json_each(?2)) CROSS JOIN entries
    INDEXED BY entries_by_parent ON workspace = ?1 AND parent = folder AND deleted = 0
  GROUP BY parent`;
const SUMS = `
  SELECT parent, count(*) AS children, total(bytes) AS bytes FROM entries INDEXED BY entries_by_parent
  WHERE workspace = ? AND deleted = 0 AND parent IS NOT NULL GROUP BY parent`;

const IS_ROOT_AMONG = 'SELECT 1 FROM entries WHERE workspace = ? AND entry IN (SELECT value FROM json_each(?)) AND parent IS NULL';

/** Of all folders below the tops, and the tops; there may be others. Each is there once as a child and once by what is in it. */
export function figuresBelow(db: Database, address: string, tops: readonly EntryId[]): readonly FolderFigures[] {
  // Below the root is everything.
  const limit = db.get(IS_ROOT_AMONG, address, JSON.stringify(tops)) === undefined ? FOLDERS_BELOW_MAX + 1 : ROOT_FOLDERS_MAX + 1;
  const some = db.all(FOLDERS_BELOW, address, JSON.stringify(tops), limit);
  const areFew = some.length < limit;
  const folders = areFew ? some : db.all(FOLDERS, address);
  const ids = JSON.stringify(some.map((row) => textOf(row, 'entry')));
  const sums = areFew ? db.all(SUMS_OF, address, ids) : db.all(SUMS, address);
  return [
    ...folders.map((row) => ({
      entry: textOf(row, 'entry') as EntryId,
      parent: optionalTextOf(row, 'parent') as EntryId | undefined,
      children: 0,
      bytes: 0,
    })),
    ...sums.map((row) => ({
      entry: textOf(row, 'parent') as EntryId,
      parent: undefined,
      children: integerOf(row, 'children'),
      bytes: integerOf(row, 'bytes'),
    })),
  ];
}

const BELOW = `
  WITH RECURSIVE below (entry) AS (
    SELECT ?2
    UNION
    SELECT child.entry FROM below CROSS JOIN entries AS child INDEXED BY entries_by_parent
      ON child.workspace = ?1 AND child.parent = below.entry AND child.deleted = 0
    UNION
    SELECT child.entry FROM below CROSS JOIN entries AS child INDEXED BY entries_deleted_by_parent
      ON child.workspace = ?1 AND child.parent = below.entry AND child.deleted = 1
    LIMIT ?3
  )
  SELECT entry FROM below`;

/** The entry and what is below it, deleted or not; no more than so many. */
export const entriesBelow = (db: Database, address: string, top: EntryId, limit: number): readonly EntryId[] =>
  db.all(BELOW, address, top, limit).map((row) => textOf(row, 'entry') as EntryId);

/** Whether an entry is the top or below it, deleted or not. What is found out is remembered for the next one. */
export function isBelow(db: Database, address: string, top: EntryId): (entry: EntryId) => boolean {
  const known = new Map<EntryId, boolean>([[top, true]]);
  return (entry) => {
    const walked = new Set<EntryId>();
    let at: EntryId | undefined = entry;
    while (at !== undefined && !known.has(at) && !walked.has(at)) {
      walked.add(at);
      const row: SqlRow | undefined = db.get('SELECT parent FROM entries WHERE workspace = ? AND entry = ?', address, at);
      at = row === undefined ? undefined : (optionalTextOf(row, 'parent') as EntryId | undefined);
    }
    const is = at !== undefined && known.get(at) === true;
    for (const each of walked) known.set(each, is);
    return is;
  };
}
