import type { RecordedEvent, StreamName } from '@tidemark/domain';
import type { Delivery, SubscribeOptions } from './event-log.port.ts';
import type { Wake } from './wake.ts';

/**
 * A subscription out of pages and a bell. A page is read only when the one before has been taken, so a slow subscriber costs a page of memory and
 * nothing else.
 */
export async function* follow(
  { after, signal }: SubscribeOptions,
  pageAfter: (position: bigint | undefined) => readonly RecordedEvent[],
  wake: Wake,
  isClosed: () => boolean,
): AsyncGenerator<Delivery, void, void> {
  let position = after;
  let toldCaughtUp = false;
  while (!signal.aborted && !isClosed()) {
    const { generation } = wake;
    const page = pageAfter(position);
    for (const event of page) {
      yield { event };
      if (signal.aborted) return;
      position = event.position;
      toldCaughtUp = false;
    }
    if (page.length > 0) continue;
    if (!toldCaughtUp) yield { caughtUp: true };
    toldCaughtUp = true;
    await wake.sleep(generation, signal);
  }
}

/** A doorbell out of a subscription, where work is shared within one process: it rings everybody. */
export async function* ringEach(deliveries: AsyncIterable<Delivery>): AsyncGenerator<StreamName, void, void> {
  for await (const { event } of deliveries) if (event !== undefined) yield event.stream;
}
