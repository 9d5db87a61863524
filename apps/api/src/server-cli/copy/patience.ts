import { Fault, type RecordedEvent } from '@tidemark/domain';
import type { EventLog } from '@tidemark/event-log';

/** How long a store may be away before the copy ends; the same command again goes on. */
export interface Patience {
  readonly triesMax: number;
  /** Before the second try; doubled each time. */
  readonly delayMs: number;
  readonly delayMsMax: number;
}

/** About a minute, so that a server may be started again meanwhile. */
export const PATIENCE: Patience = { triesMax: 11, delayMs: 250, delayMsMax: 10_000 };

/** Does it again while the outside fails for the moment. The work may have been done by a try that failed. @throws {Fault} the last one. */
export async function patiently<Result>(patience: Patience, work: () => Promise<Result>): Promise<Result> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      if (!isPassing(error) || tries >= patience.triesMax) throw error;
      await pause(patience, tries);
    }
  }
}

/** Items one by one; goes on after the last one where a reading fails. @throws {Fault} where no try gets further. */
export async function* patientlyEach<Item>(
  patience: Patience,
  after: (last: Item | undefined) => AsyncIterable<Item>,
): AsyncGenerator<Item, void, void> {
  let last: Item | undefined;
  for (let tries = 1; ; tries += 1) {
    try {
      for await (const item of after(last)) {
        yield item;
        last = item;
        tries = 1;
      }
      return;
    } catch (error) {
      if (!isPassing(error) || tries >= patience.triesMax) throw error;
      await pause(patience, tries);
    }
  }
}

/** The log from the position on, that event included; from its beginning without one. */
export const readPatiently = (patience: Patience, log: EventLog, from?: bigint): AsyncIterable<RecordedEvent> =>
  patientlyEach(patience, (last: RecordedEvent | undefined) => log.readAll(last === undefined ? { from } : { after: last.position }));

/** So many at a time. The first failure ends it, once what is under way has ended. */
export async function eachAtOnce<Item>(
  items: AsyncIterable<Item> | Iterable<Item>,
  atOnceMax: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const underWay = new Set<Promise<void>>();
  const failures: unknown[] = [];
  for await (const item of items) {
    const working = work(item)
      .catch((error: unknown) => void failures.push(error))
      .finally(() => underWay.delete(working));
    underWay.add(working);
    if (underWay.size >= atOnceMax) await Promise.race(underWay);
    if (failures.length > 0) break;
  }
  await Promise.all(underWay);
  if (failures.length > 0) throw failures[0];
}

/** Whether it may be otherwise the next time. */
export const isPassing = (error: unknown): boolean => error instanceof Fault && error.retry !== 'never';

const pause = ({ delayMs, delayMsMax }: Patience, tries: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, Math.min(delayMs * 2 ** (tries - 1), delayMsMax)));
