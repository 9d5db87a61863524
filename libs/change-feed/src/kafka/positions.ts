import type { FeedMessage } from '../change-feed.port.ts';

/** Partition → offset of the next message. */
export type Offsets = ReadonlyMap<number, bigint>;

export interface Listener {
  readonly handle: (message: FeedMessage) => void;
  /** Where it came in: what stands before was published before. Partitions are taken out when their topic was made anew. */
  readonly from: Map<number, bigint>;
}

export interface Heard {
  readonly offset: bigint;
  readonly message: FeedMessage | undefined;
}

/**
 * How far a subscriber has heard each partition. Kept by us and not by the brokers: kafkajs forgets positions that were not committed whenever it joins
 * its group again, and goes on at the end.
 */
export class Positions {
  readonly #next = new Map<number, bigint>();

  get isEmpty(): boolean {
    return this.#next.size === 0;
  }

  of(partition: number): bigint | undefined {
    return this.#next.get(partition);
  }

  /** Whether every partition that is followed is among these. */
  isWithin(partitions: readonly number[]): boolean {
    return [...this.#next.keys()].every((partition) => partitions.includes(partition));
  }

  /** Partitions that are followed already keep their place. */
  startAt(offsets: Offsets): void {
    for (const [partition, offset] of offsets) if (!this.#next.has(partition)) this.#next.set(partition, offset);
  }

  /** Whatever was not heard is given up. */
  forget(): void {
    this.#next.clear();
  }

  /** Takes a run of one partition that ends before `end`, the partition's own; what was heard already is left out. */
  hear(partition: number, end: bigint, run: readonly Heard[], listeners: Iterable<Listener>): void {
    let next = this.#next.get(partition) ?? 0n;
    // The topic was made anew: its offsets count from 0 again, and what is in it was published later than anything heard.
    if (end < next) {
      next = 0n;
      for (const { from } of listeners) from.delete(partition);
    }
    for (const { offset, message } of run) {
      if (offset < next) continue;
      next = offset + 1n;
      this.#next.set(partition, next);
      if (message === undefined) continue;
      for (const { handle, from } of listeners) if (offset >= (from.get(partition) ?? 0n)) tell(handle, message);
    }
  }
}

function tell(handle: Listener['handle'], message: FeedMessage): void {
  try {
    handle(message);
  } catch (error) {
    // A bug of that subscriber: it stops the process, but not the others on the way.
    queueMicrotask(() => {
      throw error;
    });
  }
}
