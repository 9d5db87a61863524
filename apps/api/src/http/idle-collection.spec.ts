import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { IdleCollection } from './idle-collection.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('after a busy time memory is collected once, when nobody asks any more', () => {
  const collect = vi.fn();
  const collection = new IdleCollection(collect);
  for (let n = 0; n < 100; n += 1) {
    collection.answered();
    vi.advanceTimersByTime(1_000);
  }
  expect(collect).not.toHaveBeenCalled();
  vi.advanceTimersByTime(60_000);
  expect(collect).toHaveBeenCalledTimes(1);
});

test('a request now and then is no busy time', () => {
  const collect = vi.fn();
  const collection = new IdleCollection(collect);
  for (let n = 0; n < 10; n += 1) {
    collection.answered();
    vi.advanceTimersByTime(10_000);
  }
  expect(collect).not.toHaveBeenCalled();
});
