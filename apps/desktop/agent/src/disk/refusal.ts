import type { DiskOutcome } from '@tidemark/sync-engine';

/** What was expected is not there: an observation, not an error. */
export type Refusal = Extract<DiskOutcome, { done: false }>;

export const refused = (reason: Refusal['reason']): Refusal => ({ done: false, reason });

/** Of a name that something has taken meanwhile. */
export const OCCUPIED_CODES: readonly (string | undefined)[] = ['EEXIST', 'ENOTEMPTY', 'ENOTDIR', 'EISDIR'];
