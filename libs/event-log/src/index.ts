export * from './event-log.port.ts';
export * from './append.ts';
export { MemoryEventLog } from './memory/memory-event-log.ts';
export { SqliteEventLog } from './sqlite/sqlite-event-log.ts';
