import { describe } from 'vitest';
import { eventLogContract } from '../testing/index.ts';
import { MemoryEventLog } from './memory-event-log.ts';

describe('MemoryEventLog', () =>
  eventLogContract(
    () => Promise.resolve({ log: new MemoryEventLog() }),
    [
      { test: 'a log opened again has everything, goes on, and still knows its repeats', reason: 'it lives as long as its object' },
      { test: 'what another process appends is seen, by readers and subscribers, and counts in a race', reason: 'it lives in one process' },
    ],
  ));
