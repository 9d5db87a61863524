import type { Hashed, HashJob, Listing, LookContext, ScanFrom, ScanStep } from './look.ts';

/** What a worker is asked, and what it answers. */
export type Call =
  | { readonly type: 'list'; readonly names: readonly string[] }
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
