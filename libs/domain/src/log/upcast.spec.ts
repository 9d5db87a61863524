import { describe, expect, test } from 'vitest';
import type { EventId } from '../ids.ts';
import type { RecordedEvent } from './envelope.ts';
import { parseBlocksEvent, parseEvent, parseWorkspaceEvent } from './parse-event.ts';
import { upcast, upcastWith, type Upcasters } from './upcast.ts';

const recorded = (type: string, v: number, data: unknown): RecordedEvent => ({
  id: 'i' as EventId,
  type,
  v,
  stream: 'workspace-1',
  revision: 1n,
  position: 1n,
  at: '2030-01-01T00:00:00.000Z',
  data,
  meta: { correlationId: 'c' },
});

describe('upcast', () => {
  const upcasters: Upcasters = {
    Painted: {
      1: (data) => ({ ...(data as object), colour: (data as { color: string }).color }),
      2: (data) => ({ colours: [(data as { colour: string }).colour] }),
    },
  };

  test('takes an event step by step to the latest version', () => {
    expect(upcastWith(upcasters, recorded('Painted', 1, { color: 'red' }))).toMatchObject({ v: 3, data: { colours: ['red'] } });
    expect(upcastWith(upcasters, recorded('Painted', 2, { colour: 'red' }))).toMatchObject({ v: 3, data: { colours: ['red'] } });
  });

  test('leaves the latest version, unknown types and the envelope alone', () => {
    const latest = recorded('Painted', 3, { colours: [] });
    expect(upcastWith(upcasters, latest)).toBe(latest);
    const unknown = recorded('constructor', 1, {});
    expect(upcast(unknown)).toBe(unknown);
    const { v: _v, data: _data, ...envelope } = recorded('Painted', 1, { color: 'red' });
    expect(upcastWith(upcasters, recorded('Painted', 1, { color: 'red' }))).toMatchObject(envelope);
  });
});

describe('parseEvent', () => {
  test('narrows by type', () => {
    expect(parseWorkspaceEvent(recorded('EntryDeleted', 1, { entry: 'e' }))).toEqual({ type: 'EntryDeleted', v: 1, data: { entry: 'e' } });
    expect(parseBlocksEvent(recorded('EntryDeleted', 1, { entry: 'e' }))).toBeUndefined();
    expect(parseEvent(recorded('DeviceRenamed', 1, { name: 'n' }))).toEqual({ type: 'DeviceRenamed', v: 1, data: { name: 'n' } });
  });

  test('a type or version from a newer program is not understood', () => {
    expect(parseEvent(recorded('SomethingNewer', 1, {}))).toBeUndefined();
    expect(parseEvent(recorded('EntryDeleted', 2, {}))).toBeUndefined();
    expect(parseEvent(recorded('toString', 1, {}))).toBeUndefined();
  });
});
