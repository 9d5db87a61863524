import type { MongoReadModel as Opened } from './mongo-read-model.ts';

export type MongoReadModel = Opened;

/** Its driver is loaded when the first one is opened: who stands on files neither waits for it nor keeps it in memory. */
export const MongoReadModel = {
  /** See the class. */
  open: async (...where: Parameters<typeof Opened.open>): Promise<MongoReadModel> =>
    (await import('./mongo-read-model.ts')).MongoReadModel.open(...where),
};
