import { expect, test } from 'vitest';
import { RecentSet } from './recent-set.ts';

test('never holds more than its bound, and always the later half', () => {
  const set = new RecentSet<number>(100);
  for (let n = 0; n < 1_000; n++) {
    set.add(n);
    expect(set.size).toBeLessThanOrEqual(100);
    for (let back = 0; back < Math.min(n + 1, 50); back++) expect(set.has(n - back)).toBe(true);
  }
  expect(set.has(0)).toBe(false);
});

test('what is deleted is gone, however old it is', () => {
  const set = new RecentSet<number>(10);
  for (let n = 0; n < 8; n++) set.add(n);
  for (let n = 0; n < 8; n++) set.delete(n);
  expect([0, 1, 2, 3, 4, 5, 6, 7].filter((n) => set.has(n))).toEqual([]);
});
