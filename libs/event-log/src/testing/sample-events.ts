import { randomUUID } from 'node:crypto';
import { type EventId, type NewEvent, type StreamName, type WorkspaceId, workspaceStream } from '@tidemark/domain';

/** A stream of its own for each test, since a real server keeps those of the tests before. */
export const newStream = (): StreamName => workspaceStream(randomUUID() as WorkspaceId);

/** An event as good as any, told apart by its name. */
export const eventNamed = (name: string): NewEvent => ({
  id: randomUUID() as EventId,
  event: { type: 'WorkspaceRenamed', v: 1, data: { name } },
  at: '2026-01-02T03:04:05.678Z',
  meta: { correlationId: 'test' },
});

export const eventsNamed = (...names: readonly string[]): readonly NewEvent[] => names.map((name) => eventNamed(name));

export const numberedEvents = (count: number, prefix = 'n'): readonly NewEvent[] =>
  Array.from({ length: count }, (_, index) => eventNamed(`${prefix}${index}`));

/** The name an event made by {@link eventNamed} carries. */
export const nameIn = (event: { readonly data: unknown }): string => (event.data as { readonly name: string }).name;

export async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const collected: Item[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}
