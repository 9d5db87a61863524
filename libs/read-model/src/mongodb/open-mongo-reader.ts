import type { ReadModelReader, ReceiptStore } from '../read-model.port.ts';

/**
 * The read model as an API process may use it: everything read, receipts alone written. Its driver is loaded with it.
 * @throws {Fault} see `MongoStore.open`.
 */
export const openMongoReadModelReader = async (url: string): Promise<ReadModelReader & ReceiptStore> =>
  (await import('./mongo-read-model.ts')).MongoReadModel.open(url);
