import { Fault } from '@tidemark/domain';
import { expect, test } from 'vitest';
import { Lane } from './lane.ts';

const tick = (): Promise<void> => new Promise((next) => setImmediate(next));

test('a back-off is over when its timer fires, even a moment before the clock says so', async () => {
  const due: (() => void)[] = [];
  let clock = 1_000;
  const timers = {
    now: () => clock,
    random: () => 0.37,
    after: (ms: number, work: () => void) => {
      due.push(() => {
        clock += Math.trunc(ms); // as a machine's timer does with a fraction of a millisecond
        work();
      });
      return () => undefined;
    },
  };
  let attempts = 0;
  const work = async (): Promise<void> => {
    attempts += 1;
    await tick();
    if (attempts === 1) throw new Fault('the answer was lost; it is asked again', { retry: 'later' });
  };
  const lane = new Lane(timers, () => lane.run(work));
  lane.run(work);
  await tick();
  await tick();
  expect(attempts).toBe(1);
  expect(lane.isFree).toBe(false);
  due[0]?.();
  await tick();
  await tick();
  expect(attempts).toBeGreaterThan(1);
});

test('work is not tried again before the other side wants it, and even then not by all at once', async () => {
  const waits: number[] = [];
  const timers = { now: () => 0, random: () => 0.5, after: (ms: number) => (waits.push(ms), () => undefined) };
  for (const retryAfterMs of [undefined, 5_000]) {
    const lane = new Lane(timers, () => undefined);
    lane.run(() => Promise.reject(new Fault('too many at once', { retry: 'later', retryAfterMs })));
    await tick();
  }
  expect(waits[0]).toBeLessThan(5_000);
  expect(waits[1]).toBe(5_000 + (waits[0] ?? 0));
});
