export { createLogger, type LogSettings } from './logger.ts';
export { nestLogger } from './nest-logger.ts';
export { ProcessMetrics } from './process-metrics.ts';
export { showProjector, tellVisited, type ShownProjector, type VisitedStream } from './projector-figures.ts';
export { isReady, readinessOf, whyNotReady, type Readiness } from './readiness.ts';
export { CUT_OFF, STOP_MS_MAX, untilAskedToStop } from './stop.ts';
export { PROBE_EVERY_MS, PROBE_MS_MAX, StoreWatch, type StoreName, type StoreState, type WatchedStore } from './store-watch.ts';
export { NO_TRACES, openTraces, traceIdsOf, withSpan, type FinishedSpan, type Traces } from './traces.ts';
