import { Injectable } from '@nestjs/common';
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import { RecentChangeSets } from '../metadata/recent-change-sets.ts';

/** What `/metrics` shows. A registry of its own, so that two servers in one process do not meet. */
@Injectable()
export class Metrics {
  readonly registry = new Registry();
  readonly requests = new Histogram({
    name: 'tidemark_http_request_seconds',
    help: 'Time from a request to the end of its answer, by route.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    registers: [this.registry],
  });
  readonly receivedBytes = new Counter({
    name: 'tidemark_http_received_bytes_total',
    help: 'Of request bodies.',
    registers: [this.registry],
  });

  constructor(recent: RecentChangeSets) {
    collectDefaultMetrics({ register: this.registry });
    const counters = [
      ['tidemark_recent_change_sets_hits_total', 'Pulls answered from the cache of recent change sets.', () => recent.hits],
      ['tidemark_recent_change_sets_misses_total', 'Pulls that the cache of recent change sets could not answer.', () => recent.misses],
    ] as const;
    for (const [name, help, read] of counters) {
      this.registry.registerMetric(
        new Gauge({
          name,
          help,
          registers: [],
          collect() {
            this.set(read());
          },
        }),
      );
    }
  }
}
