export * from './histories.ts';
export * from './memory-writer.ts';
export * from './rebuild-race.ts';
