import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Counter, Gauge, Registry, collectDefaultMetrics } from 'prom-client';
import type { StoreWatch } from './store-watch.ts';

const EVENT_LOOP_RESOLUTION_MS = 20;
const NANOSECONDS = 1e9;

type Read = () => number;

/**
 * What `/metrics` of any process shows; `docs/operating.md` has a row for each. A registry of its own, so that two servers in one process do not meet.
 * No label has a value that a request could make up.
 */
export class ProcessMetrics {
  readonly registry = new Registry();

  constructor() {
    collectDefaultMetrics({ register: this.registry });
    this.#showEventLoop();
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

  showStores(watch: StoreWatch): void {
    this.gauges('tidemark_store_up', 'Whether the store answered when it was last looked at.', 'store', () =>
      Object.fromEntries(Object.entries(watch.states()).map(([name, { state }]) => [name, state === 'up' ? 1 : 0])),
    );
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
