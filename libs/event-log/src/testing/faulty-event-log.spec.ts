import { NO_REVISION } from '@tidemark/domain';
import { expect, test } from 'vitest';
import { MemoryEventLog } from '../index.ts';
import { eventsNamed, FaultyEventLog, newStream } from './index.ts';

test('an append with unknown outcome is kept, and the repeat finds out', async () => {
  const log = new FaultyEventLog(new MemoryEventLog(), { append: (call) => (call === 1 ? 'unknown' : 'keep') });
  const [stream, events] = [newStream(), eventsNamed('a')];
  await expect(log.append(stream, NO_REVISION, events)).rejects.toMatchObject({ retry: 'later' });
  expect(await log.append(stream, NO_REVISION, events)).toEqual({ revision: 0n, position: 1n });
});

test('an append that is told to fail keeps nothing', async () => {
  const log = new FaultyEventLog(new MemoryEventLog(), { append: () => 'fail', read: (call) => (call === 2 ? 'fail' : 'read') });
  const stream = newStream();
  await expect(log.append(stream, NO_REVISION, eventsNamed('a'))).rejects.toMatchObject({ retry: 'later' });
  expect(await log.last(stream)).toBeUndefined();
  await expect(log.last(stream)).rejects.toMatchObject({ retry: 'later' });
});

test('a slow append waits as long as it is told to', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const log = new FaultyEventLog(new MemoryEventLog(), { append: () => promise });
  const stream = newStream();
  const appending = log.append(stream, NO_REVISION, eventsNamed('a'));
  expect(await log.last(stream)).toBeUndefined();
  resolve();
  expect(await appending).toMatchObject({ revision: 0n });
});

test('a subscription is dropped when told to', async () => {
  const log = new FaultyEventLog(new MemoryEventLog(), { delivery: (call) => (call === 2 ? 'drop' : 'deliver') });
  await log.append(newStream(), NO_REVISION, eventsNamed('a', 'b'));
  const deliveries = log.subscribe({ after: undefined, signal: new AbortController().signal })[Symbol.asyncIterator]();
  expect((await deliveries.next()).value).toMatchObject({ event: { revision: 0n } });
  await expect(deliveries.next()).rejects.toMatchObject({ retry: 'later' });
});
