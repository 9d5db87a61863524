import { randomUUID } from 'node:crypto';
import { Fault } from '@tidemark/domain';
import type { Consumer, EachBatchPayload, KafkaMessage } from 'kafkajs';
import type { ChangeFeedSubscriber, FeedMessage } from '../change-feed.port.ts';
import { decodeFeedMessage } from './feed-message.codec.ts';
import { ensureTopic, type KafkaLine, openLine, reasonOf, RETRY, TookTooLong, withinMs } from './kafka-client.ts';
import { type KafkaSettings, parseKafkaUrl } from './kafka-url.ts';
import { type Listener, type Offsets, Positions } from './positions.ts';

/** `subscribe` waits so long for brokers that are away; then it resolves, and hears from when they are back. */
export const SUBSCRIBE_MS_MAX = 10_000;
/** A consumer that has fetched nothing, not even emptiness, for so long is replaced, whatever it says of itself. */
const SILENCE_MS_MAX = 30_000;
/** The broker answers a fetch at once when there is something, and at the latest then; closing waits for it. */
const FETCH_WAIT_MS = 500;
const BACK_OFF_MS_MIN = 250;
const BACK_OFF_MS_MAX = 10_000;
/** Consumers in a row that joined and broke down before they heard anything: a message stands there that none can read, and is given up. */
const STUCK_MAX = 3;
const CLOSE_MS_MAX = 3_000;

export interface KafkaSubscriberOptions {
  /** Told, for the operator, when the brokers go away and come back, and of messages that cannot be read. */
  readonly warn?: (message: string) => void;
}

/**
 * Hears a whole topic. Every consumer has a group of its own, so that each process hears everything; the group is left on closing and the brokers
 * forget it, since nothing is committed to it.
 * - `subscribe` resolves when the ends of all partitions are known: what is published afterwards stands behind them and is heard, even if joining takes its time.
 * - a consumer that breaks down, or goes silent, is replaced, for ever, from where it had got; nothing is told twice.
 */
export class KafkaChangeFeedSubscriber implements ChangeFeedSubscriber {
  readonly #settings: KafkaSettings;
  readonly #warn: (message: string) => void;
  readonly #listeners = new Set<Listener>();
  readonly #positions = new Positions();
  readonly #lines = new Set<KafkaLine>();
  readonly #stopped = Promise.withResolvers<void>();
  #following: Promise<void> | undefined;
  #closed = false;
  #away: string | undefined;

  /** Connects with the first subscription. @throws {Fault} for a URL that cannot be used. */
  static async open(url: string, options: KafkaSubscriberOptions = {}): Promise<KafkaChangeFeedSubscriber> {
    return new KafkaChangeFeedSubscriber(parseKafkaUrl(url), options.warn ?? (() => undefined));
  }

  private constructor(settings: KafkaSettings, warn: (message: string) => void) {
    this.#settings = settings;
    this.#warn = warn;
  }

  get away(): string | undefined {
    return this.#away;
  }

  async subscribe(handler: (message: FeedMessage) => void): Promise<{ readonly unsubscribe: () => Promise<void> }> {
    this.#mustBeOpen();
    const ends = await this.#endsOrNone();
    this.#mustBeOpen();
    this.#positions.startAt(ends);
    const listener: Listener = { handle: handler, from: new Map(ends) };
    this.#listeners.add(listener);
    this.#following ??= this.#follow();
    return {
      unsubscribe: async () => {
        this.#listeners.delete(listener);
      },
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#listeners.clear();
    this.#stopped.resolve();
    await this.#following;
    for (const line of this.#lines) line.cut();
  }

  #mustBeOpen(): void {
    if (this.#closed) throw new Fault('the change feed is closed', { retry: 'later' });
  }

  /** One consumer after the other, until it is closed. */
  async #follow(): Promise<void> {
    let [failures, stuck] = [0, 0];
    while (!this.#closed) {
      const life = { hasJoined: false, hasHeard: false };
      try {
        if (this.#positions.isEmpty) this.#positions.startAt(await withinMs(SUBSCRIBE_MS_MAX, this.#ends()));
        await this.#consume(life);
      } catch (error) {
        this.#isAway(error);
        failures = life.hasJoined ? 1 : failures + 1;
        stuck = life.hasJoined && !life.hasHeard ? stuck + 1 : 0;
        if (stuck >= STUCK_MAX) this.#skip(error);
        await this.#pause(Math.min(BACK_OFF_MS_MAX, BACK_OFF_MS_MIN * 2 ** failures));
      }
    }
  }

  /** @throws when the consumer has broken down; resolves when we are closed. */
  async #consume(life: { hasJoined: boolean; hasHeard: boolean }): Promise<void> {
    const line = this.#openLine();
    const broken = Promise.withResolvers<never>();
    // kafkajs restarts some failed consumers by itself, and leaves others for dead: here it never does, and every one is replaced.
    const consumer = line.kafka.consumer({
      groupId: `tidemark-${randomUUID()}`,
      allowAutoTopicCreation: false,
      maxWaitTimeInMs: FETCH_WAIT_MS,
      retry: { ...RETRY, restartOnFailure: () => Promise.resolve(false) },
    });
    const silence = setTimeout(() => broken.reject(new TookTooLong('the consumer has gone silent')), SILENCE_MS_MAX);
    const { CRASH, FETCH, GROUP_JOIN } = consumer.events;
    consumer.on(CRASH, ({ payload }) => broken.reject(payload.error));
    // Before the first fetch, and again whenever kafkajs joins anew and would go on at the end.
    consumer.on(GROUP_JOIN, ({ payload }) => {
      life.hasJoined = true;
      const partitions = payload.memberAssignment[this.#settings.topic] ?? [];
      if (this.#positions.isWithin(partitions)) this.#takePlaces(consumer, partitions);
      else broken.reject(new Error(`the consumer was given only ${partitions.length} partitions`));
    });
    consumer.on(FETCH, () => {
      silence.refresh();
      this.#isBack();
    });
    let isCurrent = true;
    const eachBatch = async ({ batch }: EachBatchPayload): Promise<void> => {
      if (!isCurrent) return;
      life.hasHeard = true;
      const run = batch.messages.map((message) => ({ offset: BigInt(message.offset), message: this.#read(message, batch.partition) }));
      this.#positions.hear(batch.partition, BigInt(batch.highWatermark), run, this.#listeners);
    };
    const start = async (): Promise<void> => {
      await consumer.connect();
      // Where it begins we say ourselves; this is for an offset that is out of range, as in a topic that was made anew: its end would be too late.
      await consumer.subscribe({ topic: this.#settings.topic, fromBeginning: true });
      await consumer.run({ autoCommit: false, eachBatch });
    };
    start().catch(broken.reject);
    try {
      await Promise.race([broken.promise, this.#stopped.promise]);
    } finally {
      isCurrent = false;
      clearTimeout(silence);
      await withinMs(CLOSE_MS_MAX, consumer.disconnect()).catch(() => undefined);
      this.#cut(line);
    }
  }

  #takePlaces(consumer: Consumer, partitions: readonly number[]): void {
    const { topic } = this.#settings;
    for (const partition of partitions) {
      const offset = this.#positions.of(partition);
      if (offset !== undefined) consumer.seek({ topic, partition, offset: offset.toString() });
    }
  }

  #read({ value, offset }: KafkaMessage, partition: number): FeedMessage | undefined {
    const message = value === null ? undefined : decodeFeedMessage(value);
    if (message === undefined)
      this.#warn(
        `a message of ${this.#settings.topic} (partition ${partition}, offset ${offset}) cannot be read and is skipped; devices pull what it told`,
      );
    return message;
  }

  /** Tries for `SUBSCRIBE_MS_MAX`; empty when the brokers were away all the while. */
  async #endsOrNone(): Promise<Offsets> {
    const end = performance.now() + SUBSCRIBE_MS_MAX;
    for (;;) {
      try {
        return await withinMs(Math.max(1, end - performance.now()), this.#ends());
      } catch (error) {
        this.#mustBeOpen();
        if (performance.now() < end - BACK_OFF_MS_MIN) await this.#pause(BACK_OFF_MS_MIN);
        else {
          this.#isAway(error);
          return new Map();
        }
      }
    }
  }

  /** The end of every partition at this moment; makes the topic where it is not. */
  async #ends(): Promise<Offsets> {
    const line = this.#openLine();
    try {
      const admin = line.kafka.admin();
      await admin.connect();
      await ensureTopic(admin, this.#settings);
      const ends = await admin.fetchTopicOffsets(this.#settings.topic);
      await admin.disconnect();
      return new Map(ends.map(({ partition, high }) => [partition, BigInt(high)]));
    } finally {
      this.#cut(line);
    }
  }

  #skip(error: unknown): void {
    this.#warn(
      `the change feed stands at a message that cannot be read (${reasonOf(error)}); it goes on at the end, and devices pull what was told before`,
    );
    this.#positions.forget();
  }

  #isAway(error: unknown): void {
    if (this.#closed) return;
    const isNews = this.#away === undefined;
    this.#away = reasonOf(error);
    if (isNews) this.#warn(`the change feed is away (${this.#away}); it is tried again for ever, and until then devices hear late`);
  }

  #isBack(): void {
    if (this.#away === undefined) return;
    this.#away = undefined;
    this.#warn('the change feed is heard again');
  }

  /** Half of it to all of it, by chance, so that processes do not come back all at once. */
  async #pause(ms: number): Promise<void> {
    const over = Promise.withResolvers<void>();
    const timer = setTimeout(over.resolve, ms * (0.5 + Math.random() / 2));
    await Promise.race([over.promise, this.#stopped.promise]);
    clearTimeout(timer);
  }

  #openLine(): KafkaLine {
    const line = openLine(this.#settings);
    this.#lines.add(line);
    return line;
  }

  #cut(line: KafkaLine): void {
    line.cut();
    this.#lines.delete(line);
  }
}
