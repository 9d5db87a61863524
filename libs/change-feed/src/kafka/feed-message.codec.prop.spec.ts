import {
  type AccountId,
  type Chain,
  type ChunkId,
  type ContentId,
  type Cursor,
  type DeviceId,
  type EntryId,
  NANO_MAX,
  NANO_MIN,
  nanoTime,
  type Row,
  START,
  type WorkspaceId,
} from '@tidemark/domain';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { FeedMessage } from '../change-feed.port.ts';
import { decodeFeedMessage, encodeFeedMessage } from './feed-message.codec.ts';

const id = <Id extends string>(): fc.Arbitrary<Id> => fc.uuid().map((text) => text as Id);
const hash = <Hash extends string>(): fc.Arbitrary<Hash> =>
  fc
    .string({ unit: fc.constantFrom(...Array.from({ length: 16 }, (_, digit) => digit.toString(16))), minLength: 64, maxLength: 64 })
    .map((text) => text as Hash);
const revision = fc.bigInt({ min: 0n, max: 2n ** 62n });
const cursor: fc.Arbitrary<Cursor> = fc.oneof(fc.constant(START), fc.record({ revision, chain: hash<Chain>() }));
const size = fc.integer({ min: 1, max: 1_000_000 });
const content = fc.oneof(
  fc.record({ id: hash<ContentId>(), size, chunks: fc.array(fc.record({ id: hash<ChunkId>(), size }), { maxLength: 4 }) }),
  fc.record({ id: hash<ContentId>(), size, pages: fc.array(hash<ChunkId>(), { minLength: 1, maxLength: 5 }) }),
);
const attributes = fc.record({ modified: fc.bigInt({ min: NANO_MIN, max: NANO_MAX }).map(nanoTime), executable: fc.boolean() });
const row: fc.Arbitrary<Row> = fc.record(
  {
    id: id<EntryId>(),
    kind: fc.constantFrom('folder', 'file', 'link'),
    parent: fc.option(id<EntryId>()),
    name: fc.string({ unit: 'binary' }),
    deleted: fc.boolean(),
    content,
    target: fc.string({ unit: 'grapheme' }),
    attributes,
    rescueOf: id<EntryId>(),
    revisions: fc.record({ content: revision, place: revision, attributes: revision, live: revision }),
    feed: revision,
  },
  { requiredKeys: ['id', 'kind', 'parent', 'name', 'deleted', 'revisions', 'feed'] },
);
const message: fc.Arbitrary<FeedMessage> = fc.oneof(
  fc
    .record(
      {
        workspace: id<WorkspaceId>(),
        from: cursor,
        to: cursor,
        rows: fc.array(row, { maxLength: 4 }),
        revoked: fc.array(id<AccountId>(), { maxLength: 3 }),
      },
      { requiredKeys: ['workspace', 'from', 'to'] },
    )
    .map((changeSet) => ({ changeSet })),
  fc.record({ device: id<DeviceId>() }).map((deviceGone) => ({ deviceGone })),
);

test('every message comes back as it was encoded', () => {
  fc.assert(
    fc.property(message, (sent) => {
      expect(decodeFeedMessage(encodeFeedMessage(sent))).toEqual(sent);
    }),
  );
});

test('bytes that are no message are nothing, never an exception', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      expect(decodeFeedMessage(bytes)).toBeUndefined();
    }),
  );
  fc.assert(
    fc.property(fc.json(), (json) => {
      expect(decodeFeedMessage(Buffer.from(json))).toBeUndefined();
    }),
  );
});

test('a message that is cut short anywhere, or has one id less, is nothing', () => {
  fc.assert(
    fc.property(message, fc.nat(), (sent, cut) => {
      const bytes = encodeFeedMessage(sent);
      expect(decodeFeedMessage(bytes.subarray(0, cut % bytes.length))).toBeUndefined();
    }),
  );
  expect(decodeFeedMessage(Buffer.from('{"deviceGone":{}}'))).toBeUndefined();
  expect(decodeFeedMessage(Buffer.from('{"changeSet":{"workspace":"x"}}'))).toBeUndefined();
});

test('what a later version adds is left out', () => {
  const device = '019a0000-0000-7000-8000-000000000000';
  const later = Buffer.from(`{"deviceGone":{"device":"${device}","why":"lost"},"sent":5}`);
  expect(decodeFeedMessage(later)).toEqual({ deviceGone: { device } });
});
