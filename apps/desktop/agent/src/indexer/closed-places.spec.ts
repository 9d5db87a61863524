import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ClosedPlaces } from './closed-places.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const LONG_MS = 60_000;

function given(closed: readonly string[]) {
  const readable = new Set<string>();
  const now = { closed };
  const told: string[] = [];
  const tried = vi.fn((path: string) => Promise.resolve(readable.has(path)));
  const places = new ClosedPlaces({ closed: () => now.closed, onOpen: (path) => told.push(path), mayRead: tried });
  return { places, readable, now, told, tried };
}

test('what may be read by now is told once', async () => {
  const { places, readable, told } = given(['/a', '/b']);
  places.arm();
  await vi.advanceTimersByTimeAsync(LONG_MS);
  expect(told).toEqual([]);
  readable.add('/b');
  await vi.advanceTimersByTimeAsync(LONG_MS);
  expect(told).toEqual(['/b']);
});

test('what was closed again meanwhile is told again', async () => {
  const { places, readable, told } = given(['/a']);
  places.arm();
  readable.add('/a');
  await vi.advanceTimersByTimeAsync(LONG_MS);
  readable.delete('/a');
  await vi.advanceTimersByTimeAsync(LONG_MS);
  readable.add('/a');
  await vi.advanceTimersByTimeAsync(LONG_MS);
  expect(told).toEqual(['/a', '/a']);
});

test('nothing is tried where nothing is closed, nor when it is stopped', async () => {
  const { places, now, tried } = given([]);
  places.arm();
  await vi.advanceTimersByTimeAsync(LONG_MS);
  expect(tried).not.toHaveBeenCalled();
  now.closed = ['/a'];
  places.arm();
  await vi.advanceTimersByTimeAsync(LONG_MS);
  expect(tried).toHaveBeenCalled();
  tried.mockClear();
  places.stop();
  await vi.advanceTimersByTimeAsync(LONG_MS);
  expect(tried).not.toHaveBeenCalled();
});

test('of many a hundred are tried at a time', async () => {
  const { places, tried } = given(Array.from({ length: 101 }, (_, n) => `/${n}`));
  places.arm();
  await vi.advanceTimersByTimeAsync(5_000);
  expect(tried).toHaveBeenCalledTimes(100);
});
