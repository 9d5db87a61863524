import { createHash } from 'node:crypto';
import { withoutSecrets } from '@tidemark/domain';
import type { IdGenerator } from '@opentelemetry/sdk-trace-node';

/** Collectors that are away must not hold up a process that stops. */
const EXPORT_MS_MAX = 2_000;

export interface FinishedSpan {
  readonly name: string;
  /** Of the request that it belongs to, in whatever process. */
  readonly correlation: string;
  /** Milliseconds since 1970. */
  readonly beganMs: number;
  readonly attributes?: Readonly<Record<string, string | number>>;
  readonly error?: unknown;
  /** The request itself; all others hang below it. */
  readonly isRequest?: boolean;
}

/** Where spans go. */
export interface Traces {
  readonly isOn: boolean;
  record(span: FinishedSpan): void;
  /** What was recorded is sent first, bounded. */
  close(): Promise<void>;
}

/** The default: nothing is loaded, nothing recorded. */
export const NO_TRACES: Traces = { isOn: false, record: () => undefined, close: () => Promise.resolve() };

/**
 * A trace is everything that has one correlation id: its ids are derived from that, so that spans of other processes join it without anything
 * being handed through the log.
 */
export function traceIdsOf(correlation: string): { readonly traceId: string; readonly spanId: string } {
  const hash = createHash('sha256').update(correlation).digest('hex');
  return { traceId: hash.slice(0, 32), spanId: hash.slice(32, 48) };
}

/** OpenTelemetry over OTLP/HTTP, loaded only when there is somewhere to send spans to. */
export async function openTraces(url: string | undefined, service: string): Promise<Traces> {
  if (url === undefined) return NO_TRACES;
  const [{ NodeTracerProvider, BatchSpanProcessor, RandomIdGenerator }, { OTLPTraceExporter }, { resourceFromAttributes }, api] =
    await Promise.all([
      import('@opentelemetry/sdk-trace-node'),
      import('@opentelemetry/exporter-trace-otlp-http'),
      import('@opentelemetry/resources'),
      import('@opentelemetry/api'),
    ]);
  const random = new RandomIdGenerator();
  // A span's ids are asked for inside `startSpan`, so those of a request are laid out just before.
  let next: ReturnType<typeof traceIdsOf> | undefined;
  const idGenerator: IdGenerator = {
    generateTraceId: () => next?.traceId ?? random.generateTraceId(),
    generateSpanId: () => next?.spanId ?? random.generateSpanId(),
  };
  const provider = new NodeTracerProvider({
    idGenerator,
    resource: resourceFromAttributes({ 'service.name': service }),
    spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter({ url, timeoutMillis: EXPORT_MS_MAX }))],
  });
  const tracer = provider.getTracer(service);
  return {
    isOn: true,
    record: ({ name, correlation, beganMs, attributes = {}, error, isRequest = false }) => {
      if (correlation === '') return;
      const ids = traceIdsOf(correlation);
      const parent = api.trace.setSpanContext(api.ROOT_CONTEXT, { ...ids, traceFlags: api.TraceFlags.SAMPLED, isRemote: true });
      next = isRequest ? ids : undefined;
      const span = tracer.startSpan(
        name,
        { startTime: beganMs, attributes: { ...attributes, 'tidemark.correlation': correlation } },
        isRequest ? api.ROOT_CONTEXT : parent,
      );
      next = undefined;
      if (error !== undefined)
        span.setStatus({
          code: api.SpanStatusCode.ERROR,
          message: withoutSecrets(error instanceof Error ? error.message : 'not an error', []),
        });
      span.end(Date.now());
    },
    close: () => provider.shutdown(),
  };
}

/** The work, with a span round it where spans are made. */
export async function withSpan<Result>(
  traces: Traces,
  span: { readonly name: string; readonly correlation: string; readonly attributes?: Readonly<Record<string, string | number>> },
  work: () => Promise<Result>,
): Promise<Result> {
  if (!traces.isOn) return work();
  const beganMs = Date.now();
  try {
    const result = await work();
    traces.record({ ...span, beganMs });
    return result;
  } catch (error) {
    traces.record({ ...span, beganMs, error });
    throw error;
  }
}
