import { describe, expect, test } from 'vitest';
import { Rates, timeLeftMs, type Transfer } from './rates.ts';

const transfer = (doneBytes: number): Transfer => ({ entry: 'e', path: 'a.mov', direction: 'down', bytes: 10_000, doneBytes });

describe('rates of transfers', () => {
  test('one notice says nothing about a rate', () => {
    const rates = new Rates();
    rates.take('w', [transfer(100)], 0);
    expect(rates.of('w', transfer(100))).toBeUndefined();
  });
  test('the rate is what came in between, by the time it took', () => {
    const rates = new Rates();
    rates.take('w', [transfer(0)], 0);
    rates.take('w', [transfer(4_000)], 2_000);
    expect(rates.of('w', transfer(4_000))).toBe(2_000);
  });
  test('what was long ago does not count', () => {
    const rates = new Rates();
    rates.take('w', [transfer(0)], 0);
    rates.take('w', [transfer(1_000)], 20_000);
    rates.take('w', [transfer(5_000)], 24_000);
    expect(rates.of('w', transfer(5_000))).toBe(1_000);
  });
  test('a transfer that begins anew is measured anew', () => {
    const rates = new Rates();
    rates.take('w', [transfer(8_000)], 0);
    rates.take('w', [transfer(0)], 1_000);
    expect(rates.of('w', transfer(0))).toBeUndefined();
    rates.take('w', [transfer(3_000)], 4_000);
    expect(rates.of('w', transfer(3_000))).toBe(1_000);
  });
  test('what has ended is forgotten, and another workspace is left alone', () => {
    const rates = new Rates();
    for (const at of [0, 2_000]) for (const workspace of ['v', 'w']) rates.take(workspace, [transfer(at)], at);
    rates.take('w', [], 3_000);
    expect(rates.of('w', transfer(2_000))).toBeUndefined();
    expect(rates.of('v', transfer(2_000))).toBe(1_000);
  });
  test('nothing that moves takes for ever', () => expect(timeLeftMs(transfer(0), 0)).toBe(Number.POSITIVE_INFINITY));
});
