import { expect, test, vi } from 'vitest';
import { CUT_OFF, stopWithin, type Ending } from './stop.ts';

const ending = () => ({ say: vi.fn<Ending['say']>(), exit: vi.fn<Ending['exit']>() });

test('a stop that ends in time ends quietly', async () => {
  const seen = ending();
  await stopWithin(() => Promise.resolve(), 1, seen);
  await new Promise((resolve) => setTimeout(resolve, 10));
  expect([seen.say.mock.calls, seen.exit.mock.calls]).toEqual([[], []]);
});

test('a stop that does not end is cut off at the deadline, and says so', async () => {
  const seen = ending();
  const { promise: never } = Promise.withResolvers<void>();
  void stopWithin(() => never, 20, seen);
  await vi.waitFor(() => expect(seen.exit).toHaveBeenCalledWith(CUT_OFF));
  expect(seen.say).toHaveBeenCalledWith(expect.stringContaining('What was acknowledged is safe'));
});
