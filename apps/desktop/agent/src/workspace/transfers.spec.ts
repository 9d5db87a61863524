import type { EntryId } from '@tidemark/domain';
import type { TransfersNotice } from '@tidemark/ipc';
import type { Timers } from '@tidemark/sync-engine';
import { beforeEach, expect, test } from 'vitest';
import { Transfers } from './transfers.ts';

/** Time that passes when it is told to. */
class Time implements Timers {
  #now = 0;
  #due: { at: number; work: () => void }[] = [];
  now = (): number => this.#now;
  random = (): number => 0;
  after(ms: number, work: () => void): () => void {
    const one = { at: this.#now + ms, work };
    this.#due.push(one);
    return () => (this.#due = this.#due.filter((other) => other !== one));
  }
  pass(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const next = this.#due.filter(({ at }) => at <= end).toSorted((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      this.#due = this.#due.filter((other) => other !== next);
      this.#now = next.at;
      next.work();
    }
    this.#now = end;
  }
}

const [a, b] = ['a', 'b'] as [EntryId, EntryId];
let time: Time;
let told: TransfersNotice['transfers'][];
let transfers: Transfers;
beforeEach(() => {
  time = new Time();
  told = [];
  transfers = new Transfers(
    time,
    (entry) => `${entry}.bin`,
    (list) => told.push(list),
  );
});

test('what is under way is told whole, thinned out, and once more when there is none', () => {
  for (let done = 0; done < 100; done += 1) transfers.up(a, done, 100);
  transfers.down(b, 5, 10);
  time.pass(250);
  expect(told).toEqual([
    [
      { entry: a, path: 'a.bin', direction: 'up', bytes: 100, doneBytes: 99 },
      { entry: b, path: 'b.bin', direction: 'down', bytes: 10, doneBytes: 5 },
    ],
  ]);
  transfers.up(a, 100, 100);
  transfers.down(b, 10, 10);
  time.pass(1_000);
  expect(told.slice(1)).toEqual([[]]);
});

test('contents that travel in one go are not told of', () => {
  transfers.up(a, 10, 10);
  time.pass(1_000);
  expect(told).toEqual([]);
});

test('what was given up is not under way for ever', () => {
  transfers.down(a, 5, 10);
  time.pass(60_000);
  expect(told.at(-1)).toEqual([]);
});

test('what is paused is not under way', () => {
  transfers.down(a, 5, 10);
  time.pass(250);
  transfers.clear();
  time.pass(250);
  expect(told.at(-1)).toEqual([]);
});
