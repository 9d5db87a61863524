export type * from './read-model.port.ts';
export { MongoReadModel } from './mongodb/opening.ts';
export { MemoryReadModel, SqliteReadModel } from './sqlite/sqlite-read-model.ts';
