import type { S3BlockStorage as Opened } from './s3-block-storage.ts';

export type S3BlockStorage = Opened;

/** Its driver is loaded when the first one is opened: who stands on files neither waits for it nor keeps it in memory. */
export const S3BlockStorage = {
  /** See the class. */
  open: async (url: string): Promise<S3BlockStorage> => (await import('./s3-block-storage.ts')).S3BlockStorage.open(url),
};
