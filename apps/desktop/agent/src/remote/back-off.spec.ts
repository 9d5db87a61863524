import { expect, test } from 'vitest';
import { BackOff } from './back-off.ts';

test('waits grow up to the bound, are jittered over their whole range, and begin anew after a success', () => {
  const whole = new BackOff({ random: () => 1, firstMs: 100, msMax: 1_000 });
  expect([1, 2, 3, 4, 5, 6].map(() => whole.nextMs())).toEqual([100, 200, 400, 800, 1_000, 1_000]);
  whole.reset();
  expect(whole.nextMs()).toBe(100);
  const none = new BackOff({ random: () => 0, firstMs: 100 });
  expect(none.nextMs()).toBe(0);
});

test('never earlier than the server asked for', () => {
  expect(new BackOff({ random: () => 0.5, firstMs: 100 }).nextMs(5_000)).toBe(5_000);
});
