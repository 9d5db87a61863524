import { expect, test } from 'vitest';
import { parseCount, parseDuration, parseRevision, parseTime } from './parameters.ts';

test('durations are in minutes, hours and days', () => {
  expect(['30m', '1h', '2h30m', '1d', '1d2h3m'].map(parseDuration)).toEqual([30, 60, 150, 1_440, 1_563]);
  for (const wrong of ['', '0m', '1', 'h', '1w', '-1h', '30m1h']) expect(() => parseDuration(wrong)).toThrow('30m');
});

test('times are a local date, a date and time, or how long ago', () => {
  const now = new Date(2026, 2, 4, 12).getTime();
  expect(parseTime('2026-03-04', now)).toBe(new Date(2026, 2, 4).getTime());
  expect(parseTime('2026-03-04 05:06', now)).toBe(new Date(2026, 2, 4, 5, 6).getTime());
  expect(parseTime('2026-03-04T05:06:00Z', now)).toBe(Date.UTC(2026, 2, 4, 5, 6));
  expect(['30m', '2h', '3d'].map((text) => now - parseTime(text, now))).toEqual([1_800_000, 7_200_000, 259_200_000]);
  for (const wrong of ['', 'yesterday', '5', '2026-13-01', '04.03.2026']) expect(() => parseTime(wrong, now)).toThrow('2026-03-01');
});

test('revisions and counts are whole numbers', () => {
  expect([parseRevision('0'), parseRevision('812')]).toEqual(['0', '812']);
  for (const wrong of ['', '-1', '1.5', 'last']) expect(() => parseRevision(wrong)).toThrow('--revisions');
  expect(parseCount('5')).toBe(5);
  for (const wrong of ['0', '-1', '1.5', 'x', '']) expect(() => parseCount(wrong)).toThrow('whole number');
});
