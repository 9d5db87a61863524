import { type EventId, NO_REVISION } from '@tidemark/domain';
import { describe, expect, test } from 'vitest';
import { eventLogContract, eventNamed, eventsNamed, newStream } from '../testing/index.ts';
import { SqliteEventLog } from './sqlite-event-log.ts';

describe('SqliteEventLog in memory', () => {
  eventLogContract(
    async () => ({ log: await SqliteEventLog.open(':memory:') }),
    [
      { test: 'a log opened again has everything, goes on, and still knows its repeats', reason: 'memory is gone when it is closed' },
      {
        test: 'what another process appends is seen, by readers and subscribers, and counts in a race',
        reason: 'memory has one connection',
      },
    ],
  );

  test('an event id used twice is a bug, and harms nobody else', async () => {
    const log = await SqliteEventLog.open(':memory:');
    const [one, two] = [newStream(), newStream()];
    const event = { ...eventNamed('a'), id: 'the same' as EventId };
    await log.append(one, NO_REVISION, [event]);
    const [good, bad] = await Promise.allSettled([
      log.append(one, 0n, eventsNamed('b')),
      log.append(two, NO_REVISION, [eventNamed('x'), event]),
    ]);
    expect(good).toMatchObject({ status: 'fulfilled' });
    expect(bad).toMatchObject({ status: 'rejected', reason: { name: 'Bug' } });
    expect(await log.last(two)).toBeUndefined();
    await log.close();
  });
});
