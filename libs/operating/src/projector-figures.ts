import type { Logger } from 'pino';
import type { ProcessMetrics } from './process-metrics.ts';
import type { Traces } from './traces.ts';

/** What operators are shown of a projector, wherever it runs. */
export interface ShownProjector {
  /** Events taken since the start. */
  eventsTotal(): number;
  /** Streams with an event that cannot be taken. */
  problems(): readonly unknown[];
  /** By projection; `since` is when the oldest event that waits was recorded, ISO 8601. */
  lag(): Readonly<Record<string, { readonly events: number; readonly since: string | undefined }>>;
}

/** One visit to a stream that took events. */
export interface VisitedStream {
  readonly at: { readonly revision: bigint };
  readonly events: number;
  readonly rows: number;
  readonly correlations: readonly string[];
}

export function showProjector(metrics: ProcessMetrics, projector: ShownProjector, now: () => number): void {
  metrics.counter('tidemark_projector_events_total', 'Events projected since the start.', () => projector.eventsTotal());
  metrics.gauge('tidemark_projector_stopped_streams', 'Streams with an event that cannot be taken.', () => projector.problems().length);
  metrics.gauges('tidemark_projector_lag_events', 'Events heard of and not yet projected.', 'projection', () =>
    Object.fromEntries(Object.entries(projector.lag()).map(([name, { events }]) => [name, events])),
  );
  metrics.gauges('tidemark_projector_lag_seconds', 'How long the oldest of them waits at most.', 'projection', () =>
    Object.fromEntries(
      Object.entries(projector.lag()).map(([name, { since }]) => [
        name,
        since === undefined ? 0 : Math.max(now() - Date.parse(since), 0) / 1_000,
      ]),
    ),
  );
}

/** Logged and traced under the correlation ids of the requests whose events were taken. @param ms how long the visit took. */
export function tellVisited(logger: Logger, traces: Traces, stream: string, visited: VisitedStream, ms: number): void {
  const { at, events, rows, correlations } = visited;
  logger.debug({ stream, to: at.revision.toString(), events, rows, ms: Math.round(ms), correlations }, 'projected');
  const attributes = { 'tidemark.stream': stream, 'tidemark.events': events };
  for (const correlation of correlations) traces.record({ name: 'projection', correlation, beganMs: Date.now() - ms, attributes });
}
