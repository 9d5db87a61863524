import { startKafka, whyNoKafka } from '../../stack/kafka/kafka-server.ts';
import type { StackServer } from '../../stack/kafka/server-process.ts';
import { startMinio, whyNoMinio } from '../../stack/minio/minio-server.ts';
import { mongoKind, startMongo, whyNoMongo } from '../../stack/mongo/mongo-server.ts';
import { STACK_VARIABLE } from '../../support/installations/chosen.ts';
import type { StackUrls } from '../../support/installations/distributed.ts';

/** The servers of other makers under distributed installations. */
export interface Stack {
  readonly urls: StackUrls;
  /** What they are: figures of a double, or of SQLite behind MongoDB's protocol, are no figures of the real thing. */
  readonly story: string;
  stop(): Promise<void>;
}

const given = process.env[STACK_VARIABLE];
const eventLog = process.env['TIDEMARK_TEST_ESDB'];
const eventStore = (urls: StackUrls): string =>
  urls.eventLog === undefined ? 'the double of EventStoreDB on SQLite' : 'the EventStoreDB that TIDEMARK_TEST_ESDB names';

/** Why there is nothing to stand on here; `undefined` where there is. */
export const whyNoStack = (): string | undefined => (given === undefined ? (whyNoKafka() ?? whyNoMongo() ?? whyNoMinio()) : undefined);

/** Those that {@link STACK_VARIABLE} names, or ones of our own. */
export async function startStack(): Promise<Stack> {
  if (given !== undefined) {
    const urls = JSON.parse(given) as StackUrls;
    const schemes = [urls.mongo, urls.kafka, urls.s3].map((url) => url.slice(0, url.indexOf(':'))).join(', ');
    return { urls, story: `${eventStore(urls)}; ${schemes} as ${STACK_VARIABLE} names them`, stop: () => Promise.resolve() };
  }
  const servers: StackServer[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(servers.map((server) => server.dispose()));
  };
  try {
    for (const start of [startKafka, startMongo, startMinio]) servers.push(await start());
  } catch (error) {
    await stop();
    throw error;
  }
  const [kafka = '', mongo = '', s3 = ''] = servers.map(({ url }) => url);
  const urls = { eventLog, kafka, mongo, s3 };
  return { urls, story: `${eventStore(urls)}; ${mongoKind()}; Kafka; MinIO`, stop };
}
