export type * from './read-model.port.ts';
export { MongoReadModel } from './mongodb/mongo-read-model.ts';
export { MemoryReadModel, SqliteReadModel } from './sqlite/sqlite-read-model.ts';
