import { Fault, type NewEvent, type StreamName } from '@tidemark/domain';
import { withSpan, type StoreWatch, type Traces } from '@tidemark/operating';
import { WrongExpectedRevision, type EventLog, type ExpectedRevision } from '@tidemark/event-log';
import type { Metrics } from './metrics.ts';

export interface Observers {
  readonly metrics: Pick<Metrics, 'lostRace'>;
  readonly watch: Pick<StoreWatch, 'failed'>;
  readonly traces: Traces;
}

/** The log, with its appends seen by operators: a span each, lost races counted, faults noted. */
export function observedEventLog(log: EventLog, { metrics, watch, traces }: Observers): EventLog {
  const append = async (stream: StreamName, expected: ExpectedRevision, events: readonly NewEvent[]) => {
    const correlation = events[0]?.meta.correlationId ?? '';
    const attributes = { 'tidemark.stream': stream, 'tidemark.events': events.length };
    try {
      return await withSpan(traces, { name: 'append', correlation, attributes }, () => log.append(stream, expected, events));
    } catch (error) {
      if (error instanceof WrongExpectedRevision) metrics.lostRace(stream);
      else if (error instanceof Fault && error.retry !== 'never') watch.failed('eventLog', error);
      throw error;
    }
  };
  return {
    append,
    readStream: (stream, options) => log.readStream(stream, options),
    last: (stream) => log.last(stream),
    readAll: (options) => log.readAll(options),
    subscribe: (options) => log.subscribe(options),
    doorbell: (options) => log.doorbell(options),
    close: () => log.close(),
  };
}
