import type { EntryId, Revision } from '@tidemark/domain';
import { bigintOf, type Database, optionalTextOf, type Parameter, type SqlRow, textOf } from '@tidemark/sqlite';
import { chosenBy, earlier, isAskedFor, later, type LineFacts, LOOKED_LINES_MAX } from '../history-look.ts';
import type { ActivityRow, HistoryPage, HistoryQuestion } from '../read-model.port.ts';
import { activityRow } from './table-rows.ts';
import { entriesBelow, isBelow } from './tree-below.ts';

/** Lines looked through before it is found out how many entries are in a folder. */
const FIRST_LOOKED_MAX = 2_000;
/** Of so many entries each has its lines looked up; where there are more, lines are met soon enough by looking through all. */
const ENTRIES_BELOW_MAX = 5_000;
const FACTS = 'revision, at, type, entry, account, device';
const INDEX = { entry: 'activity_by_entry', device: 'activity_by_device', account: 'activity_by_account' } as const;

/** Lines that may be asked for, newest first, and what is yet to be looked at of each. */
interface Candidates {
  readonly sql: string;
  readonly parameters: readonly Parameter[];
  readonly isIn: (line: SqlRow) => boolean;
}
interface Bounds {
  readonly before: Revision;
  readonly after: Revision;
}

export function historyPage(db: Database, address: string, question: HistoryQuestion): HistoryPage {
  const bounds = boundsOf(db, address, question);
  const { within } = question;
  if (within === undefined) return look(db, address, question, linesOf(bounds, address, question), LOOKED_LINES_MAX);
  const lines = linesOf(bounds, address, question, isBelow(db, address, within));
  // In a folder where much happens, a page is soon full.
  const first = look(db, address, question, lines, FIRST_LOOKED_MAX);
  if (first.next === undefined || first.lines.length === question.limit) return first;
  const below = question.entry === undefined ? entriesBelow(db, address, within, ENTRIES_BELOW_MAX + 1) : undefined;
  const isSmall = below !== undefined && below.length <= ENTRIES_BELOW_MAX;
  return look(db, address, question, isSmall ? linesOfAll(bounds, address, below) : lines, LOOKED_LINES_MAX);
}

function look(
  db: Database,
  address: string,
  question: HistoryQuestion,
  { sql, parameters, isIn }: Candidates,
  lookedMax: number,
): HistoryPage {
  const { limit } = question;
  const isAsked = isAskedFor(question);
  const found: Revision[] = [];
  let next: Revision | undefined;
  let looked = 0;
  for (const row of db.iterate(sql, ...parameters)) {
    if (looked === lookedMax || found.length > limit) break;
    looked += 1;
    next = bigintOf(row, 'revision');
    if (isAsked(factsOf(row)) && isIn(row)) found.push(next);
  }
  if (found.length > limit) next = found[limit - 1] ?? question.before;
  else if (looked < lookedMax) next = undefined;
  const lines = found.slice(0, limit).map((revision) => lineAt(db, address, revision));
  return { lines: lines.filter((line) => line !== undefined), next };
}

export function lineAt(db: Database, address: string, revision: Revision): ActivityRow | undefined {
  const row = db.get('SELECT * FROM activity WHERE workspace = ? AND revision = ?', address, revision);
  return row === undefined ? undefined : activityRow(row);
}

const RANGE = 'workspace = ?1 AND revision < ?2 AND revision > ?3';

/** By one index, each looked at. */
function linesOf(
  { before, after }: Bounds,
  address: string,
  question: HistoryQuestion,
  isWithin?: (entry: EntryId) => boolean,
): Candidates {
  const isIn = (row: SqlRow): boolean => {
    if (isWithin === undefined) return true;
    const entry = optionalTextOf(row, 'entry');
    return entry !== undefined && isWithin(entry as EntryId);
  };
  const by = chosenBy(question);
  const parameters = [address, before, after];
  if (by === undefined) return { sql: `SELECT ${FACTS} FROM activity WHERE ${RANGE} ORDER BY revision DESC`, parameters, isIn };
  const [column, value] = by;
  const sql = `SELECT ${FACTS} FROM activity INDEXED BY ${INDEX[column]} WHERE ${RANGE} AND ${column} = ?4 ORDER BY revision DESC`;
  return { sql, parameters: [...parameters, value], isIn };
}

/** The last ones of all these entries together. */
function linesOfAll({ before, after }: Bounds, address: string, entries: readonly EntryId[]): Candidates {
  const revisions = `SELECT activity.revision FROM json_each(?4) CROSS JOIN activity INDEXED BY activity_by_entry
    ON entry = value WHERE ${RANGE} ORDER BY 1 DESC LIMIT ?5`;
  const sql = `SELECT ${FACTS} FROM activity WHERE workspace = ?1 AND revision IN (${revisions}) ORDER BY revision DESC`;
  return { sql, parameters: [address, before, after, JSON.stringify(entries), LOOKED_LINES_MAX + 1], isIn: () => true };
}

/** All lines asked for are before the one and after the other revision. */
function boundsOf(db: Database, address: string, { before, since, until }: HistoryQuestion): Bounds {
  const revisionOf = (sql: string, at: string): Revision | undefined => {
    const row = db.get(`SELECT revision FROM activity WHERE workspace = ? AND ${sql} LIMIT 1`, address, at);
    return row === undefined ? undefined : bigintOf(row, 'revision');
  };
  const end = until === undefined ? undefined : revisionOf('at >= ? ORDER BY at, revision', later(until));
  const begin = since === undefined ? undefined : revisionOf('at < ? ORDER BY at DESC, revision DESC', earlier(since));
  const bounds = [before, end].filter((bound) => bound !== undefined);
  return { before: bounds.reduce((least, one) => (one < least ? one : least), 2n ** 63n - 1n), after: begin ?? -1n };
}

const factsOf = (row: SqlRow): LineFacts => ({
  at: textOf(row, 'at'),
  type: textOf(row, 'type'),
  entry: optionalTextOf(row, 'entry'),
  account: optionalTextOf(row, 'account'),
  device: optionalTextOf(row, 'device'),
});
