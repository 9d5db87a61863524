import type { EntryId } from '@tidemark/domain';

/** How far a transfer of one entry is; `bytes` of `bytesAll` that have to travel. Called often; cheap to take. */
export type Progress = (entry: EntryId, bytes: number, bytesAll: number) => void;
