export * from './event-log.port.ts';
export * from './append.ts';
export { EventStoreDbEventLog } from './eventstoredb/opening.ts';
export type { EventStoreDbOptions } from './eventstoredb/eventstoredb-event-log.ts';
export { MemoryEventLog } from './memory/memory-event-log.ts';
export { SqliteEventLog } from './sqlite/sqlite-event-log.ts';
