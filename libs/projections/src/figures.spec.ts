import { derivedId, workspaceStream, type RecordedEvent, type WorkspaceId } from '@tidemark/domain';
import { expect, test } from 'vitest';
import { LagFigures } from './figures.ts';

const STREAM = workspaceStream(derivedId<WorkspaceId>('test', 'workspace'));
const at = (second: number): string => `2026-01-01T00:00:0${second}.000Z`;
const event = (revision: bigint): RecordedEvent =>
  ({ stream: STREAM, revision, at: at(Number(revision)) }) as Partial<RecordedEvent> as RecordedEvent;

test('what was heard and not projected is the lag, in events and since when', () => {
  const figures = new LagFigures();
  for (const revision of [1n, 2n, 3n]) figures.heard(event(revision));
  expect(figures.lag().workspace).toEqual({ events: 3, since: at(1) });
  expect(figures.lag().device).toEqual({ events: 0, since: undefined });
  figures.arrived(STREAM, 2n, at(2), true);
  expect(figures.lag().workspace).toEqual({ events: 1, since: at(2) });
  figures.arrived(STREAM, 3n, at(3), true);
  expect(figures.lag().workspace).toEqual({ events: 0, since: undefined });
});

test('an event that is heard twice, or late, is counted once', () => {
  const figures = new LagFigures();
  for (const revision of [5n, 4n, 5n]) figures.heard(event(revision));
  expect(figures.lag().workspace.events).toBe(1);
});

test('a ring counts as one event since then, until a visit has seen the end of the stream', () => {
  const figures = new LagFigures();
  figures.rung(STREAM, at(1));
  figures.rung(STREAM, at(2));
  expect(figures.lag().workspace).toEqual({ events: 1, since: at(1) });
  figures.arrived(STREAM, 500n, at(3), false);
  expect(figures.lag().workspace).toEqual({ events: 1, since: at(3) });
  figures.arrived(STREAM, 700n, at(4), true);
  expect(figures.lag().workspace).toEqual({ events: 0, since: undefined });
  figures.rung(STREAM, at(5));
  figures.heard(event(8n));
  expect(figures.lag().workspace).toEqual({ events: 1, since: at(5) });
});
