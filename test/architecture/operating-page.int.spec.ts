import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { configFrom, startServer, storesIn } from '@tidemark/api';
import { StoreWatch } from '@tidemark/operating';
import { metricsOf } from '@tidemark/projector';
import { expect, test } from 'vitest';
import { rowsBelow } from './operating-page.ts';

const rows = rowsBelow('### Metrics');
const rowsOf = (process: string): readonly string[] =>
  [...rows].flatMap(([name, [where = '']]) => (where.split(', ').includes(process) ? [name] : [])).toSorted();
const namesIn = (metrics: string): readonly string[] =>
  [...metrics.matchAll(/^# TYPE (tidemark_\w+) /gm)].map(([, name = '']) => name).toSorted();

test('docs/operating.md has a row for every metric of a server, and for no other', async () => {
  const data = mkdtempSync(join(tmpdir(), 'tidemark-metrics-'));
  const server = await startServer(configFrom({ ...storesIn(data), TIDEMARK_PORT: '0', TIDEMARK_LOG_LEVEL: 'silent' }));
  try {
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    expect(namesIn(metrics)).toEqual(rowsOf('api'));
    for (const [name, [, labels = '']] of rows) {
      const named = metrics.split('\n').filter((line) => line.startsWith(`${name}{`));
      for (const label of new Set(named.flatMap((line) => [...line.matchAll(/(\w+)="/g)].map(([, one = '']) => one))))
        if (label !== 'le') expect([name, labels.split(/[`, ]+/)]).toEqual([name, expect.arrayContaining([label])]);
    }
  } finally {
    await server.stop();
    rmSync(data, { recursive: true, force: true });
  }
});

test('docs/operating.md has a row for every metric of a projector, and for no other', async () => {
  const watch = new StoreWatch([], { now: () => 0 }, (text) => text);
  const metrics = metricsOf({ eventsTotal: () => 0, problems: () => [], lag: () => ({}) }, watch);
  expect(namesIn(await metrics.registry.metrics())).toEqual(rowsOf('projector'));
});
