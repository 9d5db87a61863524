import { expect, test } from 'vitest';
import { Turns } from './turns.ts';

const never = new AbortController().signal;

/** Work that ends when told to, and says in `begun` that it began. */
function works() {
  const begun: string[] = [];
  const ends = new Map<string, (error?: Error) => void>();
  const work = (name: string) => () => {
    begun.push(name);
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    ends.set(name, (error) => (error === undefined ? resolve(name) : reject(error)));
    return promise;
  };
  return { begun, work, end: (name: string, error?: Error) => ends.get(name)?.(error) };
}

test('so many go at once, and the others in the order of coming, also after one that fails', async () => {
  const { begun, work, end } = works();
  const turns = new Turns(2);
  const all = ['a', 'b', 'c', 'd'].map((name) => turns.within(never, work(name)));
  const fates = Promise.allSettled(all);
  expect(begun).toEqual(['a', 'b']);
  end('b', new Error('b fails'));
  await expect(all[1]).rejects.toThrow('b fails');
  await expect.poll(() => begun).toEqual(['a', 'b', 'c']);
  end('a');
  await expect.poll(() => begun).toEqual(['a', 'b', 'c', 'd']);
  end('c');
  end('d');
  expect((await fates).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
});

test('who gives up while waiting never begins, and takes nobody’s turn', async () => {
  const { begun, work, end } = works();
  const turns = new Turns(1);
  const [first, patience] = [turns.within(never, work('a')), new AbortController()];
  const second = turns.within(patience.signal, work('b'));
  const third = turns.within(never, work('c'));
  patience.abort(new Error('enough'));
  await expect(second).rejects.toThrow('enough');
  end('a');
  await first;
  await expect.poll(() => begun).toEqual(['a', 'c']);
  end('c');
  expect(await third).toBe('c');
});

test('who has given up before does not begin, and a turn is free again', async () => {
  const { begun, work, end } = works();
  const turns = new Turns(1);
  await expect(turns.within(AbortSignal.abort(new Error('enough')), work('a'))).rejects.toThrow('enough');
  const next = turns.within(never, work('b'));
  end('b');
  expect(await next).toBe('b');
  expect(begun).toEqual(['b']);
});
