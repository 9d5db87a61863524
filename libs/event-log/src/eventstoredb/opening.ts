import type { EventStoreDbEventLog as Opened, EventStoreDbOptions } from './eventstoredb-event-log.ts';

export type EventStoreDbEventLog = Opened;

/** Its driver is loaded when the first one is opened: who stands on files neither waits for it nor keeps it in memory. */
export const EventStoreDbEventLog = {
  /** See the class. */
  open: async (url: string, options?: EventStoreDbOptions): Promise<EventStoreDbEventLog> =>
    (await import('./eventstoredb-event-log.ts')).EventStoreDbEventLog.open(url, options),
};
