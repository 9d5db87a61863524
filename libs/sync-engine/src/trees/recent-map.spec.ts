import { expect, test } from 'vitest';
import { RecentMap } from './recent-map.ts';

test('never holds more than its bound, and always the later half', () => {
  const map = new RecentMap<number, string>(100);
  for (let n = 0; n < 1_000; n++) {
    map.set(n, String(n));
    expect(map.size).toBeLessThanOrEqual(100);
    for (let back = 0; back < Math.min(n + 1, 50); back += 7) expect(map.get(n - back)).toBe(String(n - back));
  }
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
  const map = new RecentMap<number, string>(10);
  for (let n = 0; n < 8; n++) map.set(n, 'first');
  for (let n = 0; n < 8; n++) map.set(n, 'second');
  expect([0, 7].map((n) => map.get(n))).toEqual(['second', 'second']);
  for (let n = 0; n < 8; n++) map.delete(n);
  expect([0, 1, 2, 3, 4, 5, 6, 7].map((n) => map.get(n)).filter((value) => value !== undefined)).toEqual([]);
});
