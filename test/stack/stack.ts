import { FaultyS3 } from '@tidemark/block-storage/testing';
import type { StackUrls } from '../support/installations/distributed.ts';
import { GIVEN_KAFKA, startKafka, whyNoKafka } from './kafka/kafka-server.ts';
import type { StackServer } from './kafka/server-process.ts';
import { GIVEN_S3, startMinio, whyNoMinio } from './minio/minio-server.ts';
import { GIVEN_MONGO, mongoKind, startMongo, whyNoMongo } from './mongo/mongo-server.ts';

/** Everything that a distributed installation stands on, running; a double of EventStoreDB comes with each installation unless a real one is named. */
export interface Stack {
  readonly urls: StackUrls;
  readonly kafka: StackServer;
  readonly mongo: StackServer;
  /** What stands before the object store and can be told what to do wrong. */
  readonly s3: FaultyS3;
  dispose(): Promise<void>;
}

/** Why no stack can be had here; `undefined` where it can. */
export const whyNoStack = (): string | undefined => whyNoKafka() ?? whyNoMongo() ?? whyNoMinio();

/** For the name of a test that is left out. */
export const because = (reason: string | undefined): string => (reason === undefined ? '' : ` (skipped: ${reason})`);

export async function startStack(): Promise<Stack> {
  const started: { dispose(): Promise<void> }[] = [];
  const keep = <Server extends { dispose(): Promise<void> }>(server: Server): Server => {
    started.unshift(server);
    return server;
  };
  const dispose = async (): Promise<void> => {
    for (const server of started) await server.dispose();
  };
  try {
    const kafka = keep(GIVEN_KAFKA === undefined ? await startKafka() : given(GIVEN_KAFKA));
    const mongo = keep(GIVEN_MONGO === undefined ? await startMongo() : given(GIVEN_MONGO));
    const store = keep(GIVEN_S3 === undefined ? await startMinio() : given(GIVEN_S3));
    const s3 = await FaultyS3.start(store.url);
    keep({ dispose: () => s3.stop() });
    console.log(`stack: Kafka, ${mongoKind()}, ${GIVEN_S3 === undefined ? 'MinIO' : 'a given S3 store'}, ${eventStoreKind}`);
    const eventLog = process.env['TIDEMARK_TEST_ESDB'];
    return { urls: { eventLog, kafka: kafka.url, mongo: mongo.url, s3: s3.url }, kafka, mongo, s3, dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

const eventStoreKind = process.env['TIDEMARK_TEST_ESDB'] === undefined ? 'doubles of EventStoreDB' : 'a real EventStoreDB';

/** One that is there already, and never stopped by us. */
function given(url: string): StackServer {
  const notOurs = (): never => {
    throw new Error(`${new URL(url.replace(/^[a-z0-9]+:/, 'http:')).host} is not ours to stop`);
  };
  return {
    url,
    isRunning: true,
    stop: notOurs,
    kill: notOurs,
    restart: notOurs,
    pause: notOurs,
    resume: notOurs,
    dispose: async () => undefined,
  };
}
