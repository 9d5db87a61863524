export type * from './change-feed.port.ts';
