import { showBytes } from '@tidemark/ipc/words';

export { showBytes };

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** As `LANG` would have it is not what a page in English should show; figures are grouped the English way. */
const COUNT = new Intl.NumberFormat('en-GB');
const DAY = new Intl.DateTimeFormat('en-GB', { weekday: 'long', day: 'numeric', month: 'long' });
const DAY_WITH_YEAR = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'long', year: 'numeric' });
const SHORT_DAY = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' });
const CLOCK = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
const MOMENT = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeStyle: 'medium' });

export const showCount = (count: number): string => COUNT.format(count);

/** @param many where an `s` at the end does not do. */
export const counted = (count: number, one: string, many = `${one}s`): string => `${showCount(count)} ${count === 1 ? one : many}`;

export const showRate = (bytesPerSecond: number): string => `${showBytes(Math.max(0, bytesPerSecond))}/s`;

/** How long something takes, roughly, as one would say it. */
export function showDuration(ms: number): string {
  if (!Number.isFinite(ms)) return 'a while';
  if (ms < 50 * SECOND_MS) return counted(Math.max(1, Math.round(ms / SECOND_MS)), 'second');
  if (ms < 55 * MINUTE_MS) return counted(Math.max(1, Math.round(ms / MINUTE_MS)), 'minute');
  if (ms < 22 * HOUR_MS) return counted(Math.max(1, Math.round(ms / HOUR_MS)), 'hour');
  return counted(Math.max(1, Math.round(ms / DAY_MS)), 'day');
}

export function showAgo(at: number, now: number): string {
  const ms = now - at;
  if (ms < 45 * SECOND_MS) return 'just now';
  if (ms < 7 * DAY_MS) return `${showDuration(ms)} ago`;
  return SHORT_DAY.format(at);
}

export const showClock = (at: number): string => CLOCK.format(at);
export const showMoment = (at: number): string => MOMENT.format(at);
export const showDay = (at: number): string => SHORT_DAY.format(at);

/** The day that a list's lines are gathered under. */
export function showDayHeading(at: number, now: number): string {
  const days = Math.round((startOfDay(now) - startOfDay(at)) / DAY_MS);
  if (days <= 0) return 'Today';
  if (days === 1) return 'Yesterday';
  return days < 300 ? DAY.format(at) : DAY_WITH_YEAR.format(at);
}

/** Milliseconds since 1970 at which the day of a time began, where this page is looked at. */
export const startOfDay = (at: number): number => new Date(at).setHours(0, 0, 0, 0);
