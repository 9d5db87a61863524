import { InvalidArgumentError } from 'commander';

const MINUTES = { m: 1, h: 60, d: 24 * 60 } as const;
const AGO = /^(\d+)([mhd])$/u;
const DURATION = /^(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?$/u;

/** `30m`, `1h`, `2h30m`, `1d` → minutes. */
export function parseDuration(text: string): number {
  const [, days, hours, minutes] = DURATION.exec(text.trim()) ?? [];
  const total = Number(days ?? 0) * MINUTES.d + Number(hours ?? 0) * MINUTES.h + Number(minutes ?? 0);
  if (total <= 0) throw new InvalidArgumentError('Say it like 30m, 1h, 2h30m or 1d.');
  return total;
}

/** A date, a date and time (local, unless it says its zone), or how long ago (`2h`, `3d`) → milliseconds since 1970. */
export function parseTime(text: string, now: number = Date.now()): number {
  const [, count, unit] = AGO.exec(text.trim()) ?? [];
  if (count !== undefined && unit !== undefined) return now - Number(count) * MINUTES[unit as keyof typeof MINUTES] * 60_000;
  const date = /^\d{4}-\d{2}-\d{2}$/u.test(text) ? `${text}T00:00` : text.replace(' ', 'T');
  const at = /^\d{4}-/u.test(date) ? Date.parse(date) : Number.NaN;
  if (Number.isNaN(at)) throw new InvalidArgumentError('Say it like 2026-03-01, "2026-03-01 14:30", or 2h, 3d for how long ago.');
  return at;
}

/** A revision as `tidemark log` prints it. */
export function parseRevision(text: string): string {
  if (!/^\d+$/u.test(text)) throw new InvalidArgumentError('A revision is a number; "tidemark log <path> --revisions" lists them.');
  return text;
}

export function parseCount(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1) throw new InvalidArgumentError('Say a whole number of at least 1.');
  return count;
}
