import { describe, onTestFinished } from 'vitest';
import { EventStoreDbDouble } from '../testing/eventstoredb-double/index.ts';
import { eventLogContract } from '../testing/index.ts';
import { EventStoreDbEventLog } from './eventstoredb-event-log.ts';

describe.each([
  { name: 'each append a call of its own', isBatched: false },
  { name: 'all appends in one call', isBatched: true },
])('EventStoreDbEventLog on the double, $name', ({ isBatched }) => {
  eventLogContract(async () => {
    const double = await EventStoreDbDouble.start();
    onTestFinished(() => double.stop());
    const open = () => EventStoreDbEventLog.open(double.url, { isBatched });
    const log = await open();
    const restart = async () => {
      await log.close();
      await double.restart();
      return open();
    };
    return { log, restart, another: open };
  });
});
