import { Fault, type Retry } from '@tidemark/domain';

/** Primary result codes, see https://www.sqlite.org/rescode.html. */
const OUTSIDE: Readonly<Record<number, { readonly retry: Retry; readonly says: string }>> = {
  5: { retry: 'later', says: 'is in use by another process' },
  6: { retry: 'later', says: 'is in use by another statement' },
  8: { retry: 'never', says: 'cannot be written: it, or the disk it is on, is read-only' },
  10: { retry: 'later', says: 'cannot be read or written: the disk reports an error' },
  11: { retry: 'never', says: 'is damaged; restore it from a backup' },
  13: { retry: 'later', says: 'cannot grow: the disk is full; it goes on when there is room' },
  14: { retry: 'later', says: 'cannot be opened: look whether its folder exists and may be written' },
  26: { retry: 'never', says: 'is not a database; choose another file' },
};

interface SqliteError extends Error {
  /** Extended result code; the primary one is in its lowest 8 bits. */
  readonly errcode: number;
}

const isSqliteError = (error: unknown): error is SqliteError =>
  error instanceof Error && 'errcode' in error && typeof error.errcode === 'number';

/** The {@link Fault} that this error is, where the outside failed; the error itself where we are wrong (constraints, bad SQL). */
export function asFault(error: unknown, path: string): unknown {
  if (!isSqliteError(error)) return error;
  const outside = OUTSIDE[error.errcode & 0xff];
  return outside === undefined ? error : new Fault(`the database ${path} ${outside.says}`, { retry: outside.retry, cause: error });
}

/** Whether another connection held the file for longer than `busy_timeout`. */
export const isBusy = (error: unknown): boolean => isSqliteError(error) && (error.errcode & 0xff) === 5;

/** A row that a UNIQUE or PRIMARY KEY constraint refused. */
export const isUniqueViolation = (error: unknown): boolean => isSqliteError(error) && (error.errcode === 2067 || error.errcode === 1555);
