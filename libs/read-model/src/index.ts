export type * from './read-model.port.ts';
export { MongoReadModel } from './mongodb/opening.ts';
export { openMongoReadModelReader } from './mongodb/open-mongo-reader.ts';
export { openReadModelReader } from './sqlite/open-reader.ts';
export { MemoryReadModel, SqliteReadModel } from './sqlite/sqlite-read-model.ts';
