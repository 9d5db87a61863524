import type { EntryId } from '@tidemark/domain';
import { type Database, integerOf, optionalTextOf, type SqlRow, textOf } from '@tidemark/sqlite';
import { type FolderFigures } from '../folder-sizes.ts';

/** All folders below the tops, none of them or between deleted, with the tops; each by its own figures. From one index alone. */
const FIGURES = `
  WITH RECURSIVE folders (entry, parent) AS (
    SELECT value, NULL FROM json_each(?2)
    UNION
    SELECT child.entry, child.parent FROM folders CROSS JOIN entries AS child INDEXED BY entries_by_parent
      ON child.workspace = ?1 AND child.parent = folders.entry AND child.deleted = 0 AND child.bytes IS NULL
  )
  SELECT folder.entry, folder.parent, count(child.entry) AS children, total(child.bytes) AS bytes
  FROM (SELECT entry, max(parent) AS parent FROM folders GROUP BY entry) AS folder LEFT JOIN entries AS child INDEXED BY entries_by_parent
    ON child.workspace = ?1 AND child.parent = folder.entry AND child.deleted = 0
  GROUP BY folder.entry`;

export const figuresBelow = (db: Database, address: string, tops: readonly EntryId[]): readonly FolderFigures[] =>
  db.all(FIGURES, address, JSON.stringify(tops)).map((row) => ({
    entry: textOf(row, 'entry') as EntryId,
    parent: optionalTextOf(row, 'parent') as EntryId | undefined,
    children: integerOf(row, 'children'),
    bytes: integerOf(row, 'bytes'),
  }));

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
