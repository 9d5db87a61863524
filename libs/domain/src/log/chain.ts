import { canonicalJson } from '../kernel/json.ts';
import type { Sha256 } from '../kernel/ports.ts';
import type { Chain } from '../workspace/entry.ts';
import type { EventMeta, RecordedEvent } from './envelope.ts';

/** What a chain vouches for. A {@link RecordedEvent} has all of it. */
export type ChainedEvent = Pick<RecordedEvent, 'id' | 'type' | 'v' | 'at' | 'data' | 'meta'>;

/**
 * SHA-256 over the previous chain and the event's id, type, version, time, data and meta (but for the chain itself), as canonical JSON.
 * These are what the writer chose; stream, revision and position are given by the log and not covered: the order is, by the previous
 * chain. The event is taken as stored, before any upcasting, so it gives the same chain when it is read again.
 */
export function chainOf(previous: Chain, event: ChainedEvent, sha256: Sha256): Chain {
  const { id, type, v, at, data } = event;
  const meta: EventMeta = { ...event.meta, chain: undefined };
  return sha256(new TextEncoder().encode(`${previous}\n${canonicalJson({ id, type, v, at, data, meta })}`)) as Chain;
}

/** Whether an event read from a stream says the chain that follows from its predecessor's. */
export const isChained = (previous: Chain, event: ChainedEvent, sha256: Sha256): boolean =>
  event.meta.chain !== undefined && event.meta.chain === chainOf(previous, event, sha256);
