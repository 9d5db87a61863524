export * from './status.ts';
export * from './problem.ts';
export * from './calls.ts';
export * from './ipc-file.ts';
export * from './client.ts';
