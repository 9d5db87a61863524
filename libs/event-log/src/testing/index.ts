export * from './event-log.contract.ts';
export * from './faulty-event-log.ts';
export * from './sample-events.ts';
