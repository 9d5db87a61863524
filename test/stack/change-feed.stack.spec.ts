import { randomUUID } from 'node:crypto';
import { zstdCompressSync } from 'node:zlib';
import { KafkaChangeFeedPublisher, KafkaChangeFeedSubscriber, type FeedMessage } from '@tidemark/change-feed';
import { changeFeedContract } from '@tidemark/change-feed/testing';
import type { DeviceId } from '@tidemark/domain';
import { CompressionCodecs, CompressionTypes, Kafka, logLevel, type Admin, type Producer } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { until } from '../support/processes.ts';
import { GIVEN_KAFKA, startKafka, whyNoKafka } from './kafka/kafka-server.ts';
import type { StackServer } from './kafka/server-process.ts';

const missing = whyNoKafka();
const cannotStop = GIVEN_KAFKA === undefined ? undefined : 'TIDEMARK_TEST_KAFKA names a server that is not ours to stop';
const because = (reason: string | undefined): string => (reason === undefined ? '' : ` (skipped: ${reason})`);

let server: StackServer | undefined;
let given = GIVEN_KAFKA ?? '';
const warnings: string[] = [];
const onWarning = ({ name }: Error): void => void warnings.push(name);

beforeAll(async () => {
  process.on('warning', onWarning);
  if (missing !== undefined || GIVEN_KAFKA !== undefined) return;
  server = await startKafka();
  given = server.url;
});
afterAll(async () => {
  process.off('warning', onWarning);
  await server?.dispose();
});

/** A topic of its own on the server. */
function newUrl(query: Record<string, string> = {}): { readonly url: string; readonly topic: string } {
  const topic = `tidemark-test-${randomUUID()}`;
  const url = new URL(given.replace('kafka:', 'http:'));
  url.pathname = `/${topic}`;
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return { url: url.href.replace('http:', 'kafka:'), topic };
}

async function openPublisher(url: string): Promise<KafkaChangeFeedPublisher> {
  const publisher = await KafkaChangeFeedPublisher.open(url);
  onTestFinished(() => publisher.close());
  return publisher;
}

async function openSubscriber(url: string) {
  const said: string[] = [];
  const heard: FeedMessage[] = [];
  const subscriber = await KafkaChangeFeedSubscriber.open(url, { warn: (message) => said.push(message) });
  onTestFinished(() => subscriber.close());
  const devices = (): readonly string[] => heard.flatMap(({ deviceGone }) => deviceGone?.device ?? []);
  return { subscriber, said, heard, devices, listen: () => subscriber.subscribe((message) => heard.push(message)) };
}

const gone = (): FeedMessage & { readonly deviceGone: { readonly device: DeviceId } } => ({
  deviceGone: { device: randomUUID() as DeviceId },
});

/** Publishes until it succeeds, as a projector does. */
const publishSurely = (publisher: KafkaChangeFeedPublisher, message: FeedMessage): Promise<true> =>
  until('a message is published', () => publisher.publish(message).then(() => true as const), 120_000, 200);

const foreignKafka = (): Kafka => new Kafka({ brokers: [new URL(given.replace('kafka:', 'http:')).host], logLevel: logLevel.NOTHING });

async function foreignAdmin(): Promise<Admin> {
  const admin = foreignKafka().admin();
  await admin.connect();
  onTestFinished(() => admin.disconnect());
  return admin;
}

async function foreignProducer(): Promise<Producer> {
  const producer = foreignKafka().producer();
  await producer.connect();
  onTestFinished(() => producer.disconnect());
  return producer;
}

describe.skipIf(missing !== undefined)(`the change feed on Kafka${because(missing)}`, () => {
  changeFeedContract(async () => {
    const { url } = newUrl();
    return {
      publisher: await KafkaChangeFeedPublisher.open(url),
      subscribers: [await KafkaChangeFeedSubscriber.open(url), await KafkaChangeFeedSubscriber.open(url)],
    };
  });

  test('what is published right after subscribing is heard, every time', async () => {
    const { url } = newUrl();
    const publisher = await openPublisher(url);
    for (let round = 0; round < 8; round += 1) {
      const ear = await openSubscriber(url);
      await ear.listen();
      const messages = Array.from({ length: 20 }, gone);
      await Promise.all(messages.map((message) => publisher.publish(message)));
      await until('all is heard', () => ear.heard.length === 20);
      expect(new Set(ear.devices())).toEqual(new Set(messages.map(({ deviceGone }) => deviceGone.device)));
      await ear.subscriber.close();
    }
  });

  test('a subscription that comes later hears nothing of before, on the same subscriber too', async () => {
    const { url } = newUrl();
    const [publisher, ear] = [await openPublisher(url), await openSubscriber(url)];
    await ear.listen();
    await publisher.publish(gone());
    const late: FeedMessage[] = [];
    await ear.subscriber.subscribe((message) => late.push(message));
    const last = gone();
    await publisher.publish(last);
    await until('the last is heard', () => late.length > 0);
    expect(late).toEqual([last]);
  });

  test('the topic is made as the URL says, and one that is there stays as it is', async () => {
    const { url, topic } = newUrl({ partitions: '3', retention: '7' });
    const admin = await foreignAdmin();
    await (await openPublisher(url)).publish(gone());
    expect((await admin.fetchTopicOffsets(topic)).length).toBe(3);
    const { resources } = await admin.describeConfigs({ includeSynonyms: false, resources: [{ type: 2, name: topic }] });
    const settings = new Map(resources[0]?.configEntries.map(({ configName, configValue }) => [configName, configValue]));
    expect(settings.get('retention.ms')).toBe(String(7 * 60_000));
    expect(settings.get('max.message.bytes')).toBe(String(1024 * 1024));
    await (await openPublisher(url.replace('partitions=3', 'partitions=5'))).publish(gone());
    expect((await admin.fetchTopicOffsets(topic)).length).toBe(3);
  });

  test('what is no message of ours is skipped and said, and the rest is heard', async () => {
    const { url, topic } = newUrl({ partitions: '1' });
    const [publisher, ear, producer] = [await openPublisher(url), await openSubscriber(url), await foreignProducer()];
    await ear.listen();
    const [first, last] = [gone(), gone()];
    await publisher.publish(first);
    await producer.send({ topic, messages: [{ value: 'not JSON' }, { value: null }, { value: '{"deviceGone":{"device":7}}' }] });
    await publisher.publish(last);
    await until('both are heard', () => ear.heard.length === 2);
    expect(ear.heard).toEqual([first, last]);
    expect(ear.said.filter((text) => text.includes('cannot be read'))).toHaveLength(3);
  });

  test('a batch that cannot be unpacked is given up after a few tries, and what comes later is heard', async () => {
    const { url, topic } = newUrl({ partitions: '1' });
    const [publisher, ear, producer] = [await openPublisher(url), await openSubscriber(url), await foreignProducer()];
    // The broker looks into what it gets, so this must be sound; only our side cannot read it.
    CompressionCodecs[CompressionTypes.ZSTD] = () => ({
      compress: ({ buffer }: { readonly buffer: Buffer }) => Promise.resolve(zstdCompressSync(buffer)),
      decompress: () => Promise.reject(new Error('no codec for that')),
    });
    await ear.listen();
    await publisher.publish(gone());
    await until('the first is heard', () => ear.heard.length === 1);
    await producer.send({ topic, compression: CompressionTypes.ZSTD, messages: [{ value: 'x' }] });
    await until('the message is given up', () => ear.said.some((text) => text.includes('goes on at the end')), 60_000);
    const last = gone();
    await until('a later message is heard', async () => {
      await publisher.publish(last);
      return ear.devices().includes(last.deviceGone.device);
    });
  });

  test('a topic that was removed and made again is heard from its beginning', async () => {
    const { url, topic } = newUrl({ partitions: '1' });
    const [publisher, ear, admin] = [await openPublisher(url), await openSubscriber(url), await foreignAdmin()];
    await ear.listen();
    for (let n = 0; n < 5; n += 1) await publisher.publish(gone());
    await until('five are heard', () => ear.heard.length === 5);
    await admin.deleteTopics({ topics: [topic] });
    await until('the topic is gone', async () => !(await admin.listTopics()).includes(topic));
    const again = gone();
    await publishSurely(await openPublisher(url), again);
    await until('the message in the new topic is heard', () => ear.devices().includes(again.deviceGone.device), 120_000);
  });

  test('closing leaves no connection and no timer', async () => {
    const { url } = newUrl();
    const before = process.getActiveResourcesInfo().filter((kind) => kind === 'TCPSocketWrap').length;
    const [publisher, ear] = [await openPublisher(url), await openSubscriber(url)];
    await ear.listen();
    await publisher.publish(gone());
    await until('it is heard', () => ear.heard.length === 1);
    await Promise.all([publisher.close(), ear.subscriber.close()]);
    await until(
      'no connection is left',
      () => process.getActiveResourcesInfo().filter((kind) => kind === 'TCPSocketWrap').length <= before,
    );
    await expect(publisher.publish(gone())).rejects.toMatchObject({ retry: 'later' });
    await expect(ear.listen()).rejects.toMatchObject({ retry: 'later' });
  });

  test('kafkajs arms no timer with a negative delay', () => {
    expect(warnings).not.toContain('TimeoutNegativeWarning');
  });

  describe.skipIf(cannotStop !== undefined)(`when the broker fails${because(cannotStop)}`, () => {
    const broker = (): StackServer => {
      if (server === undefined) throw new Error('no server of ours');
      const kafka = server;
      onTestFinished(() => {
        kafka.resume();
        return kafka.isRunning ? undefined : kafka.restart();
      });
      return kafka;
    };

    test.each(['stop', 'kill'] as const)('after a %s publishing is a fault, and both ends work again without help', async (how) => {
      const { url } = newUrl();
      const [publisher, ear] = [await openPublisher(url), await openSubscriber(url)];
      await ear.listen();
      await publisher.publish(gone());
      await until('the first is heard', () => ear.heard.length === 1);
      const kafka = broker();
      await kafka[how]();
      const began = performance.now();
      await expect(publisher.publish(gone())).rejects.toMatchObject({ name: 'Fault', retry: 'later' });
      expect(performance.now() - began).toBeLessThan(30_000);
      expect(publisher.away).toBeDefined();
      await until('the subscriber says so', () => ear.said.some((text) => text.includes('is away')));
      await kafka.restart();
      const messages = Array.from({ length: 10 }, gone);
      for (const message of messages) await publishSurely(publisher, message);
      expect(publisher.away).toBeUndefined();
      // Every one of them: what was published before the subscriber was back, too.
      await until('all are heard', () => messages.every(({ deviceGone }) => ear.devices().includes(deviceGone.device)), 60_000);
      expect(ear.said.at(-1)).toBe('the change feed is heard again');
      expect(ear.subscriber.away).toBeUndefined();
    });

    test('a broker that hangs is a fault in time, and a late batch swallows no later message', async () => {
      const { url } = newUrl({ partitions: '1' });
      const [publisher, ear] = [await openPublisher(url), await openSubscriber(url)];
      await ear.listen();
      await publisher.publish(gone());
      const kafka = broker();
      kafka.pause();
      const began = performance.now();
      const fates = await Promise.allSettled([publisher.publish(gone()), publisher.publish(gone()), publisher.publish(gone())]);
      expect(fates.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
      expect(performance.now() - began).toBeLessThan(30_000);
      kafka.resume();
      const later = gone();
      await publishSurely(publisher, later);
      await until('the later message is heard', () => ear.devices().includes(later.deviceGone.device));
    });

    test('subscribing while the broker is away waits a while and hears from when it is back; closing then takes moments', async () => {
      const { url } = newUrl();
      const [publisher, ear, other] = [await openPublisher(url), await openSubscriber(url), await openSubscriber(url)];
      const kafka = broker();
      await kafka.stop();
      await Promise.all([ear.listen(), other.listen()]);
      expect(ear.subscriber.away).toBeDefined();
      const began = performance.now();
      await Promise.all([other.subscriber.close(), publisher.close()]);
      expect(performance.now() - began).toBeLessThan(10_000);
      await kafka.restart();
      await until('it hears again', () => ear.subscriber.away === undefined, 60_000);
      const message = gone();
      await publishSurely(await openPublisher(url), message);
      await until('the message is heard', () => ear.devices().includes(message.deviceGone.device));
    });
  });
});
