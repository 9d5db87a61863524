export * from './change-feed.port.ts';
