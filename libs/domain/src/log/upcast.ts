import { assert } from '../kernel/assert.ts';
import type { RecordedEvent } from './envelope.ts';

/** Makes the data of version v into that of version v + 1. */
export type Upcaster = (data: unknown) => unknown;
/** By type, then by the version it starts from. */
export type Upcasters = Readonly<Record<string, Readonly<Record<number, Upcaster>>>>;

/** Every step that history needs to be read today; a shape that was ever stored has its golden file. */
const UPCASTERS: Upcasters = {};

/** The event as today's program knows it. Follows the chain's check, which is over the event as stored. */
export const upcast = (event: RecordedEvent): RecordedEvent => upcastWith(UPCASTERS, event);

export function upcastWith(upcasters: Upcasters, event: RecordedEvent): RecordedEvent {
  const steps = upcasters[event.type] ?? {};
  let { v, data } = event;
  for (let step = steps[v]; step !== undefined; step = steps[v]) {
    data = step(data);
    v += 1;
    assert(v - event.v <= Object.keys(steps).length, `upcasters of ${event.type} do not end`);
  }
  return v === event.v ? event : { ...event, v, data };
}
