export type * from './read-model.port.ts';
export { MemoryReadModel, SqliteReadModel } from './sqlite/sqlite-read-model.ts';
