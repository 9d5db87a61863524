import { randomUUID } from 'node:crypto';
import type { DeviceId } from '@tidemark/domain';
import { expect, test } from 'vitest';
import type { FeedMessage } from '../change-feed.port.ts';
import { type Listener, Positions } from './positions.ts';

const message = (): FeedMessage => ({ deviceGone: { device: randomUUID() as DeviceId } });
const run = (first: number, messages: readonly (FeedMessage | undefined)[]) =>
  messages.map((each, index) => ({ offset: BigInt(first + index), message: each }));
function listener(from: readonly (readonly [number, bigint])[] = []): Listener & { readonly heard: FeedMessage[] } {
  const heard: FeedMessage[] = [];
  return { heard, handle: (each) => heard.push(each), from: new Map(from) };
}

test('a run that comes again is told once, and what is new in it is told', () => {
  const [positions, ear] = [new Positions(), listener()];
  const [a, b, c] = [message(), message(), message()];
  positions.startAt(new Map([[0, 5n]]));
  positions.hear(0, 7n, run(5, [a, b]), [ear]);
  positions.hear(0, 8n, run(5, [a, b, c]), [ear]);
  expect(ear.heard).toEqual([a, b, c]);
  expect(positions.of(0)).toBe(8n);
});

test('what stands before the place where a listener came in is not told to it, in each partition by itself', () => {
  const [positions, early, late] = [new Positions(), listener([[0, 0n]]), listener([[0, 2n]])];
  const [a, b, c, other] = [message(), message(), message(), message()];
  positions.hear(0, 3n, run(0, [a, b, c]), [early, late]);
  positions.hear(1, 1n, run(0, [other]), [early, late]);
  expect(early.heard).toEqual([a, b, c, other]);
  expect(late.heard).toEqual([c, other]);
});

test('what cannot be read is passed over and does not come again', () => {
  const [positions, ear] = [new Positions(), listener()];
  const after = message();
  positions.hear(0, 2n, run(0, [undefined, after]), [ear]);
  expect(ear.heard).toEqual([after]);
  expect(positions.of(0)).toBe(2n);
});

test('a topic that was made anew is told from its beginning, to whoever came in late, too', () => {
  const [positions, ear] = [new Positions(), listener([[0, 100n]])];
  positions.startAt(new Map([[0, 100n]]));
  const [a, b, c] = [message(), message(), message()];
  positions.hear(0, 2n, run(0, [a, b]), [ear]);
  positions.hear(0, 3n, run(2, [c]), [ear]);
  expect(ear.heard).toEqual([a, b, c]);
});

test('partitions that are followed keep their place, and all of them must be given to a consumer', () => {
  const positions = new Positions();
  expect(positions.isEmpty).toBe(true);
  positions.startAt(new Map([[0, 5n]]));
  positions.startAt(
    new Map([
      [0, 9n],
      [1, 1n],
    ]),
  );
  expect([positions.of(0), positions.of(1), positions.of(2)]).toEqual([5n, 1n, undefined]);
  expect([positions.isWithin([0, 1, 2]), positions.isWithin([1])]).toEqual([true, false]);
  positions.forget();
  expect(positions.isEmpty).toBe(true);
});
