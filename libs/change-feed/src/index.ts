export * from './change-feed.port.ts';
export * from './within-limit.ts';
export * from './local/local-change-feed.ts';
