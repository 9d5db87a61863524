export type * from './read-model.port.ts';
export { openReadModelReader } from './sqlite/open-reader.ts';
export { MemoryReadModel, SqliteReadModel } from './sqlite/sqlite-read-model.ts';
