import { randomUUID } from 'node:crypto';
import { sha256Hex } from '@tidemark/chunking';
import { chainOf, type AccountId, type Chain, type DeviceId, type DomainEvent, type EventId, type NewEvent } from '@tidemark/domain';

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
