export * from './change-feed.contract.ts';
export * from './faulty-change-feed.ts';
