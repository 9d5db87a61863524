import { randomUUID } from 'node:crypto';
import { Fault } from '@tidemark/domain';
import { CompressionTypes, type Message, Partitioners, type Producer } from 'kafkajs';
import type { ChangeFeedPublisher, FeedMessage } from '../change-feed.port.ts';
import { withinLimit } from '../within-limit.ts';
import { encodeFeedMessage } from './feed-message.codec.ts';
import { ensureTopic, type KafkaLine, openLine, reasonOf, REQUEST_MS_MAX, RETRY, withinMs } from './kafka-client.ts';
import { type KafkaSettings, parseKafkaUrl } from './kafka-url.ts';

/** From taking a batch to its outcome; then it counts as failed, and its connections are cut. */
export const SEND_MS_MAX = 15_000;
/** Messages that wait for the batch before them; beyond, `publish` fails at once. */
export const WAITING_MAX = 10_000;
const BATCH_MESSAGES_MAX = 1_000;
/** Before compression, of keys, values and what Kafka adds: no batch is over what the topic takes. */
export const BATCH_BYTES_MAX = 768 * 1024;
/** Headers and lengths of one message, generously. */
const MESSAGE_EXTRA_BYTES = 256;
const CLOSE_MS_MAX = 3_000;

export const MESSAGE_ID_HEADER = 'tidemark-message';

interface Waiting {
  readonly message: Message;
  readonly bytes: number;
  readonly resolve: () => void;
  readonly reject: (fault: Fault) => void;
}

/**
 * Publishes to one topic, keyed by workspace (or device): what is of one workspace stays in order.
 * - what waits is sent together, one batch at a time; `publish` resolves when all in-sync replicas have it.
 * - a failure fails all that waits behind it too, so nothing overtakes; whoever published tries again, later. `publish` has an outcome within
 *   twice `SEND_MS_MAX`, however the brokers fare.
 * - after a failure the producer is replaced: kafkajs would use the sequence numbers of the failed batch again, and a broker that has that batch
 *   after all would take the next one for its double and drop it.
 */
export class KafkaChangeFeedPublisher implements ChangeFeedPublisher {
  readonly #settings: KafkaSettings;
  #waiting: Waiting[] = [];
  #sending: Promise<void> | undefined;
  #open: { readonly line: KafkaLine; readonly producer: Producer } | undefined;
  #closed = false;
  #away: string | undefined;

  /** Connects with the first message. @throws {Fault} for a URL that cannot be used. */
  static async open(url: string): Promise<KafkaChangeFeedPublisher> {
    return new KafkaChangeFeedPublisher(parseKafkaUrl(url));
  }

  private constructor(settings: KafkaSettings) {
    this.#settings = settings;
  }

  /** Why the last batch failed; `undefined` while they succeed. */
  get away(): string | undefined {
    return this.#away;
  }

  async publish(message: FeedMessage): Promise<void> {
    if (this.#closed) throw new Fault('the change feed is closed', { retry: 'later' });
    if (this.#waiting.length >= WAITING_MAX)
      throw new Fault(`the change feed is ${WAITING_MAX} messages behind; published again later`, { retry: 'later' });
    const sent = messageFor(withinLimit(message));
    const bytes = Buffer.byteLength(sent.value ?? '') + MESSAGE_EXTRA_BYTES;
    if (bytes > BATCH_BYTES_MAX)
      throw new Fault(`a message of ${bytes} bytes is over the ${BATCH_BYTES_MAX} that the change feed takes, even without rows`, {
        retry: 'never',
      });
    return new Promise((resolve, reject) => {
      this.#waiting.push({ message: sent, bytes, resolve, reject });
      this.#sending ??= this.#sendAll();
    });
  }

  /** What was published before is sent first, where that takes no longer than `CLOSE_MS_MAX`. */
  async close(): Promise<void> {
    this.#closed = true;
    await withinMs(CLOSE_MS_MAX, this.#sending ?? Promise.resolve()).catch(() => undefined);
    await this.#giveUp();
    await this.#sending;
  }

  async #sendAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#takeBatch();
      try {
        await withinMs(SEND_MS_MAX, this.#send(batch.map(({ message }) => message)));
        this.#away = undefined;
        for (const { resolve } of batch) resolve();
      } catch (error) {
        this.#away = reasonOf(error);
        const failed = [...batch, ...this.#waiting];
        this.#waiting = [];
        const fault = new Fault(`the change feed is away: ${this.#away}; published again later`, { retry: 'later', cause: error });
        for (const { reject } of failed) reject(fault);
        await this.#giveUp();
      }
    }
    this.#sending = undefined;
  }

  #takeBatch(): readonly Waiting[] {
    let [count, bytes] = [0, 0];
    for (const waiting of this.#waiting) {
      bytes += waiting.bytes;
      if (count === BATCH_MESSAGES_MAX || bytes > BATCH_BYTES_MAX) break;
      count += 1;
    }
    return this.#waiting.splice(0, count);
  }

  async #send(messages: Message[]): Promise<void> {
    const { producer } = this.#open ?? (await this.#connect());
    await producer.send({ topic: this.#settings.topic, messages, acks: -1, timeout: REQUEST_MS_MAX, compression: CompressionTypes.GZIP });
  }

  async #connect(): Promise<{ readonly line: KafkaLine; readonly producer: Producer }> {
    const line = openLine(this.#settings);
    const producer = line.kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      createPartitioner: Partitioners.DefaultPartitioner,
      retry: RETRY,
    });
    const open = { line, producer };
    this.#open = open;
    const admin = line.kafka.admin();
    await admin.connect();
    await ensureTopic(admin, this.#settings);
    await admin.disconnect();
    await producer.connect();
    return open;
  }

  /** Nothing of the producer is left when it resolves. */
  async #giveUp(): Promise<void> {
    if (this.#open === undefined) return;
    const { line, producer } = this.#open;
    this.#open = undefined;
    if (this.#away === undefined) await withinMs(CLOSE_MS_MAX, producer.disconnect()).catch(() => undefined);
    line.cut();
  }
}

function messageFor(message: FeedMessage): Message {
  return {
    key: message.changeSet?.workspace ?? message.deviceGone?.device ?? null,
    value: encodeFeedMessage(message),
    headers: { [MESSAGE_ID_HEADER]: randomUUID() },
  };
}
