import type { Content } from '../content/content.ts';
import type { EntryId } from '../ids.ts';
import type { Brand } from '../kernel/brand.ts';

/** Position in a workspace's stream, from 0. */
export type Revision = bigint;
/** Before the first event. */
export const NO_REVISION: Revision = -1n;

/** SHA-256, lower-case hex, over the previous chain and the canonical event. */
export type Chain = Brand<string, 'Chain'>;
export const GENESIS = '0'.repeat(64) as Chain;

/** How far a follower has read a stream; it goes on only if both still fit. */
export interface Cursor {
  readonly revision: Revision;
  readonly chain: Chain;
}
export const START: Cursor = { revision: NO_REVISION, chain: GENESIS };

export type EntryKind = 'folder' | 'file' | 'link';

/** Nanoseconds since 1970 as a decimal string; a signed 64-bit number. Times outside are brought to the nearest bound. */
export type NanoTime = Brand<string, 'NanoTime'>;

export interface Attributes {
  readonly modified: NanoTime;
  readonly executable: boolean;
}

export interface Place {
  /** `null` for the root folder alone. */
  readonly parent: EntryId | null;
  readonly name: string;
}

/** The revision at which each aspect of an entry last changed. A link's target counts as its content. */
export interface AspectRevisions {
  readonly content: Revision;
  readonly place: Revision;
  readonly attributes: Revision;
  readonly live: Revision;
}

/**
 * An entry as the log left it. `deleted` is its own deletion; an entry is live when neither it nor any ancestor is deleted.
 */
export interface EntryState extends Place {
  readonly id: EntryId;
  readonly kind: EntryKind;
  readonly deleted: boolean;
  /** Files only. */
  readonly content?: Content | undefined;
  /** Links only; never followed. */
  readonly target?: string | undefined;
  /** Files only. */
  readonly attributes?: Attributes | undefined;
  /** The deleted folder that this one stands in for. */
  readonly rescueOf?: EntryId | undefined;
  readonly revisions: AspectRevisions;
}

/** An entry with its feed revision: the last at which a device had to hear of it. What pulls and deltas carry. */
export interface Row extends EntryState {
  readonly feed: Revision;
}

/** Two contents, targets or absences compared as one aspect. */
export const contentKeyOf = (entry: Pick<EntryState, 'kind' | 'content' | 'target'>): string =>
  entry.kind === 'file' ? (entry.content?.id ?? '') : entry.kind === 'link' ? `link:${entry.target ?? ''}` : '';

export const NANO_MIN = -(2n ** 63n);
export const NANO_MAX = 2n ** 63n - 1n;

/** Brings a time in nanoseconds to the nearest one that a signed 64-bit number holds. */
export function nanoTime(nanoseconds: bigint): NanoTime {
  const clamped = nanoseconds < NANO_MIN ? NANO_MIN : nanoseconds > NANO_MAX ? NANO_MAX : nanoseconds;
  return clamped.toString() as NanoTime;
}

export function parseNanoTime(text: string): NanoTime | undefined {
  if (!/^-?(0|[1-9]\d{0,18})$/.test(text) || text === '-0') return undefined;
  const value = BigInt(text);
  return value < NANO_MIN || value > NANO_MAX ? undefined : (text as NanoTime);
}
