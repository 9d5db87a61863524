import { describe, expect, test } from 'vitest';
import { perDay } from './per-day.ts';

const at = (day: number, hour = 9): { at: number } => ({ at: new Date(2026, 4, day, hour).getTime() });
const midnight = (day: number): number => new Date(2026, 4, day).getTime();

describe('lines of each day', () => {
  test('days without any are nought, oldest first', () =>
    expect(perDay([at(5, 23), at(5), at(3)], true)).toEqual({ days: [midnight(3), midnight(4), midnight(5)], counts: [1, 0, 2] }));
  test('the oldest day is left out while more of it may come', () => expect(perDay([at(5), at(4)], false).days).toEqual([midnight(5)]));
  test('nothing has no days', () => expect(perDay([], true)).toEqual({ days: [], counts: [] }));
  test('no more than the last 90 days', () => expect(perDay([at(365), at(1)], true).days).toHaveLength(90));
});
