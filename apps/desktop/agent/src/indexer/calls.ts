import type { Hashed, HashJob, Listing, LookContext } from './look.ts';
import type { ScanFrom, ScanStep } from './scan.ts';

/** A listing is of no use where the folder is what the journal says of it. */
export interface Unless {
  readonly entry: string;
  readonly rules: readonly string[];
}

/** What a worker is asked, and what it answers. */
export type Call =
  | { readonly type: 'list'; readonly names: readonly string[]; readonly unless: Unless | undefined }
  | { readonly type: 'hash'; readonly jobs: readonly HashJob[] }
  | { readonly type: 'scan'; readonly from: ScanFrom; readonly rules: readonly string[] }
  /** Goes on with the scan begun last. */
  | { readonly type: 'scanOn' };

export type Answer<Asked extends Call> = Asked extends { type: 'list' }
  ? Listing
  : Asked extends { type: 'hash' }
    ? readonly Hashed[]
    : ScanStep;

export interface WorkerData {
  readonly context: LookContext;
  readonly journal: string;
}

export interface Asked {
  readonly id: number;
  readonly call: Call;
}

export interface Answered {
  readonly id: number;
  readonly answer?: unknown;
  readonly error?: string;
}
