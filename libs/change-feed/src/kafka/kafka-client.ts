import { connect as connectPlain, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { type Admin, Kafka, logLevel, type RetryOptions, type SASLOptions } from 'kafkajs';
import type { KafkaSettings } from './kafka-url.ts';
import { quietRequestQueue } from './request-queue.ts';

const CONNECT_MS_MAX = 3_000;
export const REQUEST_MS_MAX = 5_000;
/** Of kafkajs' own retries, which cover a broker that is just starting; whatever takes longer is retried by us, or by our caller. */
export const RETRY: Required<Omit<RetryOptions, 'restartOnFailure'>> = {
  retries: 5,
  initialRetryTime: 100,
  maxRetryTime: 1_000,
  factor: 0.2,
  multiplier: 2,
};
const KEEP_ALIVE_MS = 60_000;
/** Kafka's own default (`message.max.bytes`) is a little above 1 MiB; said of the topic, so that it holds whatever the brokers say. */
export const TOPIC_MESSAGE_BYTES_MAX = 1024 * 1024;

/** One set of connections to the brokers that can be ended for sure. */
export interface KafkaLine {
  readonly kafka: Kafka;
  /** Ends every connection at once and lets none begin: whatever kafkajs still tries on it fails. */
  cut(): void;
}

quietRequestQueue();

export function openLine({ brokers, isTls, login }: KafkaSettings): KafkaLine {
  const sockets = new Set<Socket>();
  let isCut = false;
  const kafka = new Kafka({
    clientId: 'tidemark',
    brokers: [...brokers],
    ssl: isTls,
    ...(login === undefined ? {} : { sasl: saslOf(login) }),
    connectionTimeout: CONNECT_MS_MAX,
    authenticationTimeout: CONNECT_MS_MAX,
    requestTimeout: REQUEST_MS_MAX,
    enforceRequestTimeout: true,
    retry: RETRY,
    // It says every hiccup at length; what matters is said by us.
    logLevel: logLevel.NOTHING,
    logCreator: () => () => undefined,
    socketFactory: ({ host, port, ssl, onConnect }) => {
      if (isCut) throw new Error('the connection was given up');
      const name = host.replace(/^\[(.*)\]$/, '$1');
      const socket = ssl
        ? connectTls({ host: name, port, ...(isIP(name) === 0 ? { servername: name } : {}), ...ssl }, onConnect)
        : connectPlain({ host: name, port }, onConnect);
      socket.setKeepAlive(true, KEEP_ALIVE_MS);
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
      return socket;
    },
  });
  const cut = (): void => {
    isCut = true;
    // With an error: kafkajs does not listen for a socket's `close`, and its requests would wait for ever.
    for (const socket of sockets) socket.destroy(new Error('the connection was given up'));
  };
  return { kafka, cut };
}

function saslOf({ mechanism, ...login }: NonNullable<KafkaSettings['login']>): SASLOptions {
  if (mechanism === 'plain') return { mechanism, ...login };
  return mechanism === 'scram-sha-256' ? { mechanism, ...login } : { mechanism, ...login };
}

/** Makes the topic where it is not; one that is there stays as it is. */
export async function ensureTopic(admin: Admin, { topic, partitions, replicas, retentionMinutes }: KafkaSettings): Promise<void> {
  if ((await admin.listTopics()).includes(topic)) return;
  const retentionMs = String(retentionMinutes * 60_000);
  await admin.createTopics({
    waitForLeaders: true,
    timeout: REQUEST_MS_MAX,
    topics: [
      {
        topic,
        numPartitions: partitions,
        replicationFactor: replicas,
        configEntries: [
          { name: 'cleanup.policy', value: 'delete' },
          { name: 'retention.ms', value: retentionMs },
          // Only closed segments are removed.
          { name: 'segment.ms', value: retentionMs },
          // Brokers that compress again by their own rule would make messages that kafkajs cannot read.
          { name: 'compression.type', value: 'producer' },
          { name: 'max.message.bytes', value: String(TOPIC_MESSAGE_BYTES_MAX) },
        ],
      },
    ],
  });
}

export class TookTooLong extends Error {
  override readonly name = 'TookTooLong';
}

/** The result of the work, or `TookTooLong`; the work itself goes on and its failure is nobody's any more. */
export async function withinMs<Result>(ms: number, work: Promise<Result>): Promise<Result> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new TookTooLong(`no answer within ${ms / 1_000} s`)), ms);
  work.catch(() => undefined);
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

export const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
