import { APPEND_BYTES_MAX, assert, encodeJson, type NewEvent } from '@tidemark/domain';
import { AppendTooLarge } from './event-log.port.ts';

/** An event as adapters keep it: data and meta as the JSON text that counts against `APPEND_BYTES_MAX`. */
export interface EncodedEvent {
  readonly id: NewEvent['id'];
  readonly type: string;
  readonly v: number;
  readonly at: string;
  readonly data: string;
  readonly meta: string;
}

/**
 * The check that every adapter makes alike before it appends.
 * @throws {AppendTooLarge} over `APPEND_BYTES_MAX`. @throws {Bug} for an append of nothing, or of one event twice.
 */
export function encodeAppend(events: readonly NewEvent[]): readonly EncodedEvent[] {
  assert(events.length > 0, 'an append holds at least one event');
  assert(new Set(events.map(({ id }) => id)).size === events.length, 'the event ids of an append differ');
  let bytes = 0;
  const encoded = events.map(({ id, event, at, meta }) => {
    const texts = { data: encodeJson(event.data), meta: encodeJson(meta) };
    bytes += Buffer.byteLength(texts.data) + Buffer.byteLength(texts.meta);
    return { id, type: event.type, v: event.v, at, ...texts };
  });
  if (bytes > APPEND_BYTES_MAX) throw new AppendTooLarge(bytes, APPEND_BYTES_MAX);
  return encoded;
}
