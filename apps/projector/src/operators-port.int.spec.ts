import { Fault, type RecordedEvent } from '@tidemark/domain';
import { MemoryEventLog } from '@tidemark/event-log';
import { ProcessMetrics, StoreWatch, showProjector } from '@tidemark/operating';
import { LagFigures, type ProjectorProblem, type ProjectorStores } from '@tidemark/projections';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { OperatorsPort } from './operators-port.ts';
import { watchedStores } from './watched-stores.ts';

const NOW = Date.parse('2026-01-01T00:00:10Z');
const STREAM = 'workspace-00000000-0000-0000-0000-000000000001';

let problems: ProjectorProblem[];
let lag: LagFigures;
let readModel: Error | undefined;
let feed: string | undefined;
let port: OperatorsPort;

beforeEach(async () => {
  [problems, lag, readModel, feed] = [[], new LagFigures(), undefined, undefined];
  const stores = {
    log: new MemoryEventLog(),
    writer: { marks: () => (readModel === undefined ? Promise.resolve(undefined) : Promise.reject(readModel)) },
    publisher: {
      get away() {
        return feed;
      },
    },
  };
  const watch = new StoreWatch(watchedStores(stores as unknown as ProjectorStores), { now: () => NOW }, (text) => text);
  const metrics = new ProcessMetrics();
  metrics.showStores(watch);
  showProjector(metrics, { eventsTotal: () => 7, problems: () => problems, lag: () => lag.lag() }, () => NOW);
  port = await OperatorsPort.open({ host: '127.0.0.1', port: 0 }, { metrics, watch, problems: () => problems });
});
afterEach(() => port.close());

async function ask(path: string, method = 'GET'): Promise<{ readonly status: number; readonly text: string }> {
  const answer = await fetch(`${port.url}${path}`, { method });
  return { status: answer.status, text: await answer.text() };
}

test('it lives, and is ready while its stores answer', async () => {
  expect(await ask('/healthz')).toEqual({ status: 200, text: '{"status":"ok"}' });
  const { status, text } = await ask('/readyz?verbose');
  expect([status, JSON.parse(text)]).toMatchObject([
    200,
    { status: 'ok', stores: { eventLog: { state: 'up' }, changeFeed: { state: 'up' } }, stopped: [] },
  ]);
});

test('without a store that it needs it is not ready, and says which and why', async () => {
  readModel = new Fault('nobody listens there', { retry: 'later' });
  const { status, text } = await ask('/readyz');
  expect([status, JSON.parse(text)]).toMatchObject([
    503,
    {
      state: 'away',
      detail: expect.stringContaining('readModel cannot be reached'),
      stores: { readModel: { lastError: { message: 'nobody listens there' } } },
    },
  ]);
  expect((await ask('/metrics')).text).toContain('tidemark_store_up{store="readModel"} 0');
});

test('without the change feed, or with a stopped stream, it goes on and says so', async () => {
  feed = 'no broker answers';
  problems.push({ stream: STREAM, message: 'a history that was edited' });
  const { status, text } = await ask('/readyz');
  expect([status, JSON.parse(text)]).toMatchObject([
    200,
    { status: 'degraded', stores: { changeFeed: { state: 'away' } }, stopped: problems },
  ]);
});

test('while it stops it is alive and not ready', async () => {
  port.stopping();
  expect((await ask('/healthz')).status).toBe(200);
  const { status, text } = await ask('/readyz');
  expect([status, JSON.parse(text)]).toMatchObject([503, { state: 'stopping' }]);
});

test('the metrics tell the lag of each projection', async () => {
  for (const revision of [4n, 5n])
    lag.heard({ stream: STREAM, revision, at: '2026-01-01T00:00:07Z' } as Partial<RecordedEvent> as RecordedEvent);
  const { text } = await ask('/metrics');
  for (const line of [
    'tidemark_projector_lag_events{projection="workspace"} 2',
    'tidemark_projector_lag_seconds{projection="workspace"} 3',
    'tidemark_projector_lag_events{projection="device"} 0',
    'tidemark_projector_events_total 7',
    'tidemark_projector_stopped_streams 0',
  ])
    expect(text.split('\n')).toContain(line);
});

test('anything else is told what there is', async () => {
  expect(await ask('/')).toMatchObject({ status: 404, text: expect.stringContaining('/readyz') });
  expect((await ask('/metrics', 'POST')).status).toBe(404);
});
