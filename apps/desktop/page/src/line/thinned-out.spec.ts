import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Status } from '@tidemark/ipc';
import { thinnedOut } from './thinned-out.ts';

const status = (sentBytes: number): Status => ({
  agent: { pid: 1, version: '0' },
  server: { url: 'https://s', connected: true },
  workspaces: [],
  traffic: { sentBytes, receivedBytes: 0 },
});
const EVERY_MS = 2_000;

describe('what a status makes old is asked for anew', () => {
  let given: [before: number | undefined, now: number][];
  let isOpen: boolean;
  let work: () => Promise<unknown> | undefined;
  let tell: (sentBytes: number, isAnew?: boolean) => void;
  beforeEach(() => {
    vi.useFakeTimers();
    given = [];
    isOpen = true;
    work = () => Promise.resolve();
    const take = thinnedOut(
      (before, now) => {
        given.push([before?.traffic.sentBytes, now.traffic.sentBytes]);
        return work();
      },
      EVERY_MS,
      () => isOpen,
    );
    tell = (sentBytes, isAnew = false) => take(isAnew ? undefined : status(-1), status(sentBytes));
  });
  afterEach(() => vi.useRealTimers());

  test('at once, and then for the latest only, against the one before', async () => {
    tell(1, true);
    for (const one of [2, 3, 4]) tell(one);
    expect(given).toEqual([[undefined, 1]]);
    await vi.advanceTimersByTimeAsync(EVERY_MS);
    expect(given).toEqual([
      [undefined, 1],
      [1, 4],
    ]);
    await vi.advanceTimersByTimeAsync(EVERY_MS);
    tell(5);
    expect(given.at(-1)).toEqual([4, 5]);
  });

  test('not while it is still being asked for', async () => {
    let answer = (): void => undefined;
    work = () => new Promise<void>((resolve) => (answer = resolve));
    tell(1, true);
    tell(2);
    await vi.advanceTimersByTimeAsync(EVERY_MS * 5);
    expect(given).toHaveLength(1);
    answer();
    await vi.advanceTimersByTimeAsync(0);
    expect(given.at(-1)).toEqual([1, 2]);
  });

  test('what made nothing old lets the next one through at once', () => {
    work = () => undefined;
    tell(1, true);
    tell(2);
    expect(given).toEqual([
      [undefined, 1],
      [1, 2],
    ]);
  });

  test('nobody is asked who would not answer; a line that was opened anew begins anew', async () => {
    tell(1, true);
    tell(2);
    isOpen = false;
    await vi.advanceTimersByTimeAsync(EVERY_MS);
    expect(given).toHaveLength(1);
    isOpen = true;
    tell(3, true);
    expect(given.at(-1)).toEqual([undefined, 3]);
  });

  test('what failed does not stop it', async () => {
    work = () => Promise.reject(new Error('no'));
    tell(1, true);
    tell(2);
    await vi.advanceTimersByTimeAsync(EVERY_MS);
    expect(given).toHaveLength(2);
  });
});
