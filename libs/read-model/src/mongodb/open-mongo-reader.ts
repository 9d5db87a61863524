import type { ReadModelReader, ReceiptStore } from '../read-model.port.ts';
import { MongoReadModel } from './mongo-read-model.ts';

/** The read model as an API process may use it: everything read, receipts alone written. @throws {Fault} see `MongoStore.open`. */
export const openMongoReadModelReader = (url: string): Promise<ReadModelReader & ReceiptStore> => MongoReadModel.open(url);
