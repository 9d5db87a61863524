import { jsonEvent, type EventData } from '@eventstore/db-client';
import { type EventId, Fault, type RecordedEvent, type StreamName } from '@tidemark/domain';
import type { EncodedEvent } from '../append.ts';

/** Beside the data of each event; an event without it is somebody else's. */
interface WireMetadata {
  readonly v: number;
  readonly at: string;
  readonly meta: RecordedEvent['meta'];
}

/** What the client gives of an event, as far as it is of use here. */
export interface WireEvent {
  readonly event?:
    | {
        readonly id: string;
        readonly streamId: string;
        readonly revision: bigint;
        readonly type: string;
        readonly data: unknown;
        readonly metadata?: unknown;
        readonly position?: { readonly commit: bigint };
      }
    | undefined;
  readonly commitPosition?: bigint;
}

/**
 * The client makes JSON of what it is given, and never settles where it can not; so it is given what came out of our own text, which says the same again.
 */
export const wireEventOf = ({ id, type, v, at, data, meta }: EncodedEvent): EventData =>
  jsonEvent({ id, type, data: JSON.parse(data) as Record<string, unknown>, metadata: { v, at, meta: JSON.parse(meta) as unknown } });

/** Nothing for events of the server's own and of others. @throws {Fault} where the server does not say where in the log an event is. */
export function recordedOf(wire: WireEvent): RecordedEvent | undefined {
  const { event } = wire;
  if (event === undefined || event.type.startsWith('$') || event.streamId.startsWith('$') || !isOurs(event.metadata)) return undefined;
  const position = event.position?.commit ?? wire.commitPosition;
  if (position === undefined) throw new Fault('the event store gives no positions; version 22.6 or later is needed', { retry: 'never' });
  const { v, at, meta } = event.metadata;
  return {
    id: event.id as EventId,
    type: event.type,
    v,
    stream: event.streamId as StreamName,
    revision: event.revision,
    position,
    at,
    data: event.data,
    meta,
  };
}

function isOurs(metadata: unknown): metadata is WireMetadata {
  if (typeof metadata !== 'object' || metadata === null) return false;
  const { v, at, meta } = metadata as Partial<Record<keyof WireMetadata, unknown>>;
  return typeof v === 'number' && typeof at === 'string' && typeof meta === 'object' && meta !== null;
}
