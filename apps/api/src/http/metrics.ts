import type { Server, Socket } from 'node:net';
import { Injectable } from '@nestjs/common';
import type { DomainEvent, Outcome } from '@tidemark/domain';
import { ProcessMetrics } from '@tidemark/operating';
import { Counter, Histogram } from 'prom-client';
import { RecentChangeSets } from '../metadata/recent-change-sets.ts';

/** What `/metrics` of the API shows besides. */
@Injectable()
export class Metrics extends ProcessMetrics {
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
    super();
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
}
