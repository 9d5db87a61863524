import { expect, test } from 'vitest';
import { CLOCKS_APART_MS_MAX, earlier, isAskedFor, later } from './history-look.ts';

const line = { at: '2026-01-01T12:00:00.000Z', type: 'EntryMoved', entry: 'e', device: 'd', account: null };

test('a line is asked for when all holds that is given', () => {
  expect(isAskedFor({ limit: 1 })(line)).toBe(true);
  expect(isAskedFor({ limit: 1, types: ['EntryMoved'], since: line.at, until: later(line.at) })(line)).toBe(true);
  expect(isAskedFor({ limit: 1, types: [] })(line)).toBe(false);
  expect(isAskedFor({ limit: 1, until: line.at })(line)).toBe(false);
  expect(isAskedFor({ limit: 1, since: '2026-01-01T12:00:00.001Z' })(line)).toBe(false);
});

test('times have leeway, and stay texts that compare as times', () => {
  expect(Date.parse(later(line.at)) - Date.parse(line.at)).toBe(CLOCKS_APART_MS_MAX);
  expect(Date.parse(line.at) - Date.parse(earlier(line.at))).toBe(CLOCKS_APART_MS_MAX);
  expect(later('9999-12-31T23:30:00.000Z') > '9999-12-31T23:30:00.000Z').toBe(true);
  expect(earlier('0000-01-01T00:00:00.000Z') < '0000-01-01T00:00:00.000Z').toBe(true);
});
