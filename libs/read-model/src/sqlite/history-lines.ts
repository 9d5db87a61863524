import type { EntryId, Revision } from '@tidemark/domain';
import { bigintOf, type Database, optionalTextOf, type Parameter, type SqlRow, textOf } from '@tidemark/sqlite';
import { chosenBy, earlier, isAskedFor, later, type LineFacts, LOOKED_LINES_MAX } from '../history-look.ts';
import type { ActivityRow, HistoryPage, HistoryQuestion } from '../read-model.port.ts';
import { activityRow } from './table-rows.ts';
import { entriesBelow, isBelow } from './tree-below.ts';

/** Of so many entries each has its lines looked up; where there are more, lines are met soon enough by looking through all. */
const ENTRIES_BELOW_MAX = 5_000;
const FACTS = 'revision, at, type, entry, account, device';
const INDEX = { entry: 'activity_by_entry', device: 'activity_by_device', account: 'activity_by_account' } as const;

/** Lines that may be asked for, newest first; and what is yet to be looked at of each. */
interface Candidates {
  readonly sql: string;
  readonly parameters: readonly Parameter[];
  readonly isIn: (line: SqlRow) => boolean;
}

export function historyPage(db: Database, address: string, question: HistoryQuestion): HistoryPage {
  const { limit } = question;
  const { sql, parameters, isIn } = candidates(db, address, question);
  const isAsked = isAskedFor(question);
  const found: Revision[] = [];
  let next: Revision | undefined;
  let looked = 0;
  for (const row of db.iterate(sql, ...parameters)) {
    if (looked === LOOKED_LINES_MAX || found.length > limit) break;
    looked += 1;
    next = bigintOf(row, 'revision');
    if (isAsked(factsOf(row)) && isIn(row)) found.push(next);
  }
  if (found.length > limit) next = found[limit - 1] ?? question.before;
  else if (looked < LOOKED_LINES_MAX) next = undefined;
  const lines = found.slice(0, limit).map((revision) => lineAt(db, address, revision));
  return { lines: lines.filter((line) => line !== undefined), next };
}

export function lineAt(db: Database, address: string, revision: Revision): ActivityRow | undefined {
  const row = db.get('SELECT * FROM activity WHERE workspace = ? AND revision = ?', address, revision);
  return row === undefined ? undefined : activityRow(row);
}

function candidates(db: Database, address: string, question: HistoryQuestion): Candidates {
  const { before, after } = boundsOf(db, address, question);
  const range = 'workspace = ?1 AND revision < ?2 AND revision > ?3';
  const parameters = [address, before, after];
  const { within } = question;
  const below = within === undefined ? [] : entriesBelow(db, address, within, ENTRIES_BELOW_MAX + 1);
  const isSmall = within !== undefined && below.length <= ENTRIES_BELOW_MAX;
  const by = chosenBy(question);
  if (isSmall && question.entry === undefined) {
    const revisions = `SELECT activity.revision FROM json_each(?4) CROSS JOIN activity INDEXED BY activity_by_entry ON entry = value WHERE ${range} ORDER BY 1 DESC LIMIT ?5`;
    return {
      sql: `SELECT ${FACTS} FROM activity WHERE workspace = ?1 AND revision IN (${revisions}) ORDER BY revision DESC`,
      parameters: [...parameters, JSON.stringify(below), LOOKED_LINES_MAX + 1],
      isIn: () => true,
    };
  }
  const small = new Set(below);
  const isWithin = within === undefined ? () => true : isSmall ? (entry: EntryId) => small.has(entry) : isBelow(db, address, within);
  const isIn = (row: SqlRow): boolean => {
    const entry = optionalTextOf(row, 'entry');
    return within === undefined || (entry !== undefined && isWithin(entry as EntryId));
  };
  if (by === undefined) return { sql: `SELECT ${FACTS} FROM activity WHERE ${range} ORDER BY revision DESC`, parameters, isIn };
  const [column, value] = by;
  const sql = `SELECT ${FACTS} FROM activity INDEXED BY ${INDEX[column]} WHERE ${range} AND ${column} = ?4 ORDER BY revision DESC`;
  return { sql, parameters: [...parameters, value], isIn };
}

/** All lines asked for are before the one and after the other revision. */
function boundsOf(db: Database, address: string, { before, since, until }: HistoryQuestion): { before: Revision; after: Revision } {
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
