import { startOfDay } from '../../words/amounts.ts';

const DAYS_SHOWN_MAX = 90;

/** How many lines each day has, oldest first, days without one included; at most the last {@link DAYS_SHOWN_MAX}. The oldest day is left out where more of it may be to come. */
export function perDay(
  lines: readonly { readonly at: number }[],
  isAll: boolean,
): { readonly days: readonly number[]; readonly counts: readonly number[] } {
  const counts = new Map<number, number>();
  for (const { at } of lines) counts.set(startOfDay(at), (counts.get(startOfDay(at)) ?? 0) + 1);
  const known = [...counts.keys()];
  if (known.length === 0) return { days: [], counts: [] };
  const newest = Math.max(...known);
  const oldest = Math.min(...known);
  const days: number[] = [];
  for (let day = newest; day >= oldest && days.length < DAYS_SHOWN_MAX; day = startOfDay(day - 1)) days.unshift(day);
  if (!isAll && days.length > 1 && days[0] === oldest) days.shift();
  return { days, counts: days.map((day) => counts.get(day) ?? 0) };
}
