import { randomUUID } from 'node:crypto';
import { MongoReadModel, openMongoReadModelReader } from '@tidemark/read-model';
import { readModelContract } from '@tidemark/read-model/testing';
import { afterAll, beforeAll, describe } from 'vitest';
import type { StackServer } from './kafka/server-process.ts';
import { GIVEN_MONGO, mongoKind, startMongo, whyNoMongo } from './mongo/mongo-server.ts';

const missing = whyNoMongo();
const because = (reason: string | undefined): string => (reason === undefined ? '' : ` (skipped: ${reason})`);

let server: StackServer | undefined;
let given = GIVEN_MONGO ?? '';

beforeAll(async () => {
  if (missing !== undefined || GIVEN_MONGO !== undefined) return;
  server = await startMongo();
  given = server.url;
});
afterAll(() => server?.dispose());

function newUrl(): string {
  const url = new URL(given);
  url.pathname = `/tidemark-test-${randomUUID()}`;
  return url.href;
}

describe.skipIf(missing !== undefined)(`the read model on ${mongoKind()}${because(missing)}`, () => {
  let shared = '';
  beforeAll(() => {
    shared = newUrl();
  });

  readModelContract(async () => {
    const writer = await MongoReadModel.open(shared);
    const reader = await openMongoReadModelReader(shared);
    const restart = async () => {
      await writer.close();
      await reader.close();
      return openMongoReadModelReader(shared);
    };
    return { writer, reader, receipts: reader, restart };
  });
});
