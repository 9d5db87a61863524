export * from './event-log.port.ts';
