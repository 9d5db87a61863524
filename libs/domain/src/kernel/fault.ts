/** Whether whoever owns the loop should try again. */
export type Retry = 'now' | 'later' | 'never';

/** The outside failed: a disk, a network, another server. Says whether to try again, and in its message what happens next. */
export class Fault extends Error {
  override readonly name: string = 'Fault';
  readonly retry: Retry;
  /** What the other side asked to be spared for, where it said so. */
  readonly retryAfterMs: number | undefined;

  constructor(message: string, options: { retry: Retry; retryAfterMs?: number | undefined; cause?: unknown }) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.retry = options.retry;
    this.retryAfterMs = options.retryAfterMs;
  }
}
