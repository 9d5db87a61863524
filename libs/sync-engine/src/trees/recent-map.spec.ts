import { expect, test } from 'vitest';
import { RecentMap } from './recent-map.ts';

test.each([975, 1_000])('after %i keys never more than its bound were held, and the later half is there', (count) => {
  const map = new RecentMap<number, string>(100);
  for (let n = 0; n < count; n++) {
    map.set(n, String(n));
    expect(map.size).toBeLessThanOrEqual(100);
  }
  for (let n = count - 1; n >= count - 50; n--) expect(map.get(n)).toBe(String(n));
  expect(map.size).toBeLessThanOrEqual(100);
  expect(map.get(0)).toBeUndefined();
});

test('what is asked for again and again stays', () => {
  const map = new RecentMap<number, string>(10);
  map.set(-1, 'kept');
  for (let n = 0; n < 1_000; n++) {
    map.set(n, 'other');
    expect(map.get(-1)).toBe('kept');
  }
});

test('the last value counts, and what is deleted is gone, however old it is', () => {
  const map = new RecentMap<number, string>(20);
  const keys = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];
  for (const n of keys) map.set(n, 'first');
  for (const n of keys) map.set(n, 'second');
  expect(keys.slice(-10).map((n) => map.get(n))).toEqual(Array.from({ length: 10 }, () => 'second'));
  for (const n of keys) map.delete(n);
  expect(keys.map((n) => map.get(n)).filter((value) => value !== undefined)).toEqual([]);
});
