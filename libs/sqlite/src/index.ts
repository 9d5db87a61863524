export * from './database.ts';
export * from './columns.ts';
export * from './sqlite-fault.ts';
