import type { ActivityRow, HistoryQuestion } from './read-model.port.ts';

/** Lines looked through for one page of history. */
export const LOOKED_LINES_MAX = 20_000;
/**
 * No line is told to be older than one before it by more than this. So a time, given this much leeway, bounds revisions: whatever is told to be after it
 * comes after every line told to be older than it by more.
 */
export const CLOCKS_APART_MS_MAX = 60 * 60 * 1_000;

/** What of a line it can be chosen by. */
export type LineFacts = Pick<ActivityRow, 'at' | 'type'> & { readonly [Id in 'entry' | 'account' | 'device']: string | null | undefined };

/** What holds of every line asked for, but where it is in the tree and in the stream. */
export function isAskedFor(question: HistoryQuestion): (line: LineFacts) => boolean {
  const { entry, device, account, since, until } = question;
  const types = question.types === undefined ? undefined : new Set(question.types);
  return (line) =>
    (entry === undefined || line.entry === entry) &&
    (device === undefined || line.device === device) &&
    (account === undefined || line.account === account) &&
    (types === undefined || types.has(line.type)) &&
    (since === undefined || line.at >= since) &&
    (until === undefined || line.at < until);
}

/** The one index to go by: where two fit, the one with fewer lines, most likely. */
export function chosenBy({ entry, device, account }: HistoryQuestion): readonly ['entry' | 'device' | 'account', string] | undefined {
  if (entry !== undefined) return ['entry', entry];
  if (device !== undefined) return ['device', device];
  return account === undefined ? undefined : ['account', account];
}

/** Times compare as texts up to here. */
const LAST_TIME = '9999-12-31T23:59:59.999Z';

export const earlier = (at: string): string => new Date(Date.parse(at) - CLOCKS_APART_MS_MAX).toISOString();
export const later = (at: string): string => new Date(Math.min(Date.parse(at) + CLOCKS_APART_MS_MAX, Date.parse(LAST_TIME))).toISOString();
