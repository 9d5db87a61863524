import { describe, expect, test } from 'vitest';
import { counted, showAgo, showDayHeading, showDuration, showRate } from './amounts.ts';

const now = new Date(2026, 10, 28, 12, 0).getTime();

describe('amounts are said as people say them', () => {
  test('one is one, and many are grouped', () => {
    expect([counted(1, 'file'), counted(0, 'file'), counted(12_345, 'entry', 'entries')]).toEqual(['1 file', '0 files', '12,345 entries']);
  });
  test('a duration is rounded to what one would say', () => {
    expect([200, 49_000, 61_000, 3_000_000, 7_200_000, 100_000_000].map(showDuration)).toEqual([
      '1 second',
      '49 seconds',
      '1 minute',
      '50 minutes',
      '2 hours',
      '1 day',
    ]);
    expect(showDuration(Number.POSITIVE_INFINITY)).toBe('a while');
  });
  test('a rate is never below nothing', () => expect(showRate(-5)).toBe('0 B/s'));
  test('what was long ago has a date', () => {
    expect(showAgo(now - 10_000, now)).toBe('just now');
    expect(showAgo(now - 7_200_000, now)).toBe('2 hours ago');
    expect(showAgo(new Date(2025, 2, 4).getTime(), now)).toBe('4 Mar 2025');
  });
  test('a day is today, yesterday, or has its name', () => {
    expect(showDayHeading(now - 3_600_000, now)).toBe('Today');
    expect(showDayHeading(now - 86_400_000, now)).toBe('Yesterday');
    expect(showDayHeading(new Date(2026, 10, 20).getTime(), now)).toBe('Friday 20 November');
    expect(showDayHeading(new Date(2024, 0, 2).getTime(), now)).toBe('2 January 2024');
  });
});
