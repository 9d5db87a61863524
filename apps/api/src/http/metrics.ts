import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Server, Socket } from 'node:net';
import { Injectable } from '@nestjs/common';
import type { DomainEvent, Outcome } from '@tidemark/domain';
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import { RecentChangeSets } from '../metadata/recent-change-sets.ts';

const EVENT_LOOP_RESOLUTION_MS = 20;
const NANOSECONDS = 1e9;

type Read = () => number;

/**
 * What `/metrics` shows; `docs/operating.md` has a row for each. A registry of its own, so that two servers in one process do not meet. No label
 * has a value that a request could make up.
 */
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
  readonly feedLag = new Histogram({
    name: 'tidemark_feed_lag_seconds',
    help: 'From a change set being published by a projector to being heard here.',
    buckets: [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    registers: [this.registry],
  });
  readonly #commits = this.#counter(
    'tidemark_commits_total',
    'Commits decided, by whether all, some or none of their operations were accepted.',
    ['result'],
  );
  readonly #operations = this.#counter('tidemark_operations_total', 'Operations of commits, ACCEPTED or the code of the rejection.', [
    'code',
  ]);
  readonly #conflicts = this.#counter('tidemark_conflicts_total', 'Conflicts recorded, by the rule that settled them.', ['rule']);
  readonly #problems = this.#counter('tidemark_problems_total', 'Requests refused or failed, by code.', ['code']);
  readonly #lostRaces = this.#counter('tidemark_append_retries_total', 'Appends that lost a race to the log and were decided again.', [
    'stream',
  ]);
  readonly #cache: Counter<'cache' | 'result'>;
  readonly #open = new Set<Socket>();
  #received = 0;
  #sent = 0;

  constructor(recent: RecentChangeSets) {
    collectDefaultMetrics({ register: this.registry });
    let [hits, misses] = [0, 0];
    this.#cache = new Counter({
      name: 'tidemark_cache_total',
      help: 'Questions to caches, by whether the answer was there.',
      labelNames: ['cache', 'result'],
      registers: [this.registry],
      collect() {
        this.inc({ cache: 'recent_change_sets', result: 'hit' }, recent.hits - hits);
        this.inc({ cache: 'recent_change_sets', result: 'miss' }, recent.misses - misses);
        [hits, misses] = [recent.hits, recent.misses];
      },
    });
    this.#showEventLoop();
    this.counter('tidemark_received_bytes_total', 'Received on all connections, headers and sockets included.', () =>
      this.#traffic(this.#received, ({ bytesRead }) => bytesRead),
    );
    this.counter('tidemark_sent_bytes_total', 'Sent on all connections, headers and sockets included.', () =>
      this.#traffic(this.#sent, ({ bytesWritten }) => bytesWritten),
    );
  }

  /** Commits that were decided together and appended, or needed no append. */
  committed({
    decided,
    events,
  }: {
    readonly decided: readonly { readonly outcomes: readonly Outcome[] }[];
    readonly events: readonly { readonly event: DomainEvent }[];
  }): void {
    for (const { outcomes } of decided) {
      let accepted = 0;
      for (const outcome of outcomes) {
        if (outcome.accepted) accepted++;
        this.#operations.labels(outcome.accepted ? 'ACCEPTED' : outcome.rejection.code).inc();
      }
      this.#commits.labels(accepted === outcomes.length ? 'accepted' : accepted === 0 ? 'rejected' : 'partly').inc();
    }
    for (const { event } of events) if (event.type === 'ConflictRecorded') this.#conflicts.labels(event.data.rule).inc();
  }

  /** A request was answered with this problem. */
  problem(code: string): void {
    this.#problems.labels(code).inc();
  }

  /** An append found the stream elsewhere; it is decided again. `stream`: its kind. */
  lostRace(stream: string): void {
    this.#lostRaces.labels(stream.slice(0, stream.indexOf('-'))).inc();
  }

  /** A cache was asked. */
  cache(cache: 'chunks' | 'pages', isHit: boolean): void {
    this.#cache.labels(cache, isHit ? 'hit' : 'miss').inc();
  }

  /** A figure that somebody else keeps and that only grows. */
  counter(name: string, help: string, read: Read): void {
    this.registry.registerMetric(
      new Counter({
        name,
        help,
        registers: [],
        collect() {
          this.reset();
          this.inc(read());
        },
      }),
    );
  }

  /** A figure that somebody else keeps. */
  gauge(name: string, help: string, read: Read): void {
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

  /** Figures that somebody else keeps, by the values of one label. */
  gauges(name: string, help: string, label: string, read: () => Readonly<Record<string, number>>): void {
    this.registry.registerMetric(
      new Gauge({
        name,
        help,
        labelNames: [label],
        registers: [],
        collect() {
          for (const [value, figure] of Object.entries(read())) this.set({ [label]: value }, figure);
        },
      }),
    );
  }

  /** Counts what goes over the connections of this server. */
  countTraffic(server: Server): void {
    server.on('connection', (socket: Socket) => {
      this.#open.add(socket);
      socket.once('close', () => {
        this.#open.delete(socket);
        this.#received += socket.bytesRead;
        this.#sent += socket.bytesWritten;
      });
    });
  }

  #traffic(closed: number, of: (socket: Socket) => number): number {
    let bytes = closed;
    for (const socket of this.#open) bytes += of(socket);
    return bytes;
  }

  #counter<Label extends string>(name: string, help: string, labelNames: readonly Label[]): Counter<Label> {
    return new Counter({ name, help, labelNames: [...labelNames], registers: [this.registry] });
  }

  /** Of the time since the last look. */
  #showEventLoop(): void {
    const delay = monitorEventLoopDelay({ resolution: EVENT_LOOP_RESOLUTION_MS });
    delay.enable();
    this.gauges('tidemark_event_loop_delay_seconds', 'How late the event loop was since the last look.', 'quantile', () => {
      // What is measured is the time between two ticks, of which one resolution is as it should be.
      const late = (nanoseconds: number): number => Math.max(nanoseconds / NANOSECONDS - EVENT_LOOP_RESOLUTION_MS / 1_000, 0);
      const seen = { '0.5': late(delay.percentile(50)), '0.99': late(delay.percentile(99)), '1': late(delay.max) };
      delay.reset();
      return seen;
    });
  }
}
