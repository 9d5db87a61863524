import { randomUUID } from 'node:crypto';
import { sha256Hex } from '@tidemark/chunking';
import {
  chainOf,
  isChained,
  must,
  type AccountId,
  type Chain,
  type Cursor,
  type DeviceId,
  type DomainEvent,
  type EventId,
  type NewEvent,
  type RecordedEvent,
} from '@tidemark/domain';
import { BrokenHistory } from './write-model/broken-history.ts';

/** Who did it and when, for events that are not part of a commit. */
export interface Actor {
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly correlationId: string;
  readonly account?: AccountId | undefined;
  readonly device?: DeviceId | undefined;
}

/** The events as the log takes them, the chain carried on from `previous`. */
export function chained<Event extends DomainEvent>(previous: Chain, events: readonly Event[], actor: Actor): readonly NewEvent<Event>[] {
  let chain = previous;
  return events.map((event) => {
    const { at, correlationId, account, device } = actor;
    const id = randomUUID() as string as EventId;
    const meta = { correlationId, ...(account === undefined ? {} : { account }), ...(device === undefined ? {} : { device }) };
    chain = chainOf(chain, { id, type: event.type, v: event.v, at, data: event.data, meta }, sha256Hex);
    return { id, event, at, meta: { ...meta, chain } };
  });
}

/**
 * The cursor after an event that was read from the log.
 * @throws {BrokenHistory} where it does not follow from the one before it.
 */
export function following(previous: Cursor, event: RecordedEvent): Cursor {
  const { revision, meta, stream } = event;
  if (revision !== previous.revision + 1n || !isChained(previous.chain, event, sha256Hex)) throw new BrokenHistory(stream, revision);
  return { revision, chain: must(meta.chain, 'what is chained carries its chain') };
}
