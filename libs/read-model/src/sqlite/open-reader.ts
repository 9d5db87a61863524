import type { ReadModelReader, ReceiptStore } from '../read-model.port.ts';
import { SqliteReadModel } from './sqlite-read-model.ts';

/** The read model as an API process may use it: everything read, receipts alone written. @throws {Fault} see `openDatabase`. */
export const openReadModelReader = (path: string): Promise<ReadModelReader & ReceiptStore> => SqliteReadModel.open(path);
