import { describe, expect, test } from 'vitest';
import { Room } from './room.ts';

/** Work that ends when it is told to. */
function work(): { run: () => Promise<void>; readonly isIn: boolean; end: () => void; fail: () => void } {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let isIn = false;
  return {
    run: () => ((isIn = true), promise),
    get isIn() {
      return isIn;
    },
    end: resolve,
    fail: () => reject(new Error('it went wrong')),
  };
}
const settled = () => new Promise((next) => setImmediate(next));

describe('a room', () => {
  test('is filled to its size, and one more waits until somebody leaves', async () => {
    const room = new Room(3);
    const [a, b, c] = [work(), work(), work()];
    void room.within(1, a.run);
    void room.within(2, b.run);
    void room.within(1, c.run);
    await settled();
    expect([a.isIn, b.isIn, c.isIn]).toEqual([true, true, false]);
    a.end();
    await settled();
    expect(c.isIn).toBe(true);
  });

  test('lets in by the order of asking, so that what is large is not passed by for ever', async () => {
    const room = new Room(3);
    const [first, large, small] = [work(), work(), work()];
    void room.within(1, first.run);
    void room.within(3, large.run);
    void room.within(1, small.run);
    await settled();
    expect([large.isIn, small.isIn]).toEqual([false, false]);
    first.end();
    await settled();
    expect([large.isIn, small.isIn]).toEqual([true, false]);
  });

  test('takes what is larger than itself alone', async () => {
    const room = new Room(3);
    const [huge, next] = [work(), work()];
    void room.within(10, huge.run);
    void room.within(1, next.run);
    await settled();
    expect([huge.isIn, next.isIn]).toEqual([true, false]);
    huge.end();
    await settled();
    expect(next.isIn).toBe(true);
  });

  test('is free again after work that fails', async () => {
    const room = new Room(1);
    const [failing, next] = [work(), work()];
    const failed = room.within(1, failing.run);
    void room.within(1, next.run);
    failing.fail();
    await expect(failed).rejects.toThrow('it went wrong');
    await settled();
    expect(next.isIn).toBe(true);
  });
});
