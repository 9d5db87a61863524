import type { Content, ContentId, ChunkId, EntryId } from '@tidemark/domain';
import { assert } from '@tidemark/domain';
import type { SqlValue } from '@tidemark/sqlite';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** 16 bytes for a UUID, the text itself for anything else (the staging folder). */
export function idToSql(id: string): SqlValue {
  return UUID.test(id) ? Buffer.from(id.replaceAll('-', ''), 'hex') : id;
}

export function idFromSql(value: SqlValue | undefined): EntryId {
  if (typeof value === 'string') return value as EntryId;
  assert(value instanceof Uint8Array && value.length === 16, 'an entry id is 16 bytes');
  const hex = Buffer.from(value.buffer, value.byteOffset, 16).toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}` as EntryId;
}

const HASH_BYTES = 32;
const REF_BYTES = HASH_BYTES + 4;
const HEAD_BYTES = HASH_BYTES + 8 + 1;

/** Content id (32 bytes) · size (f64) · 0 and chunk references (32 + u32 each), or 1 and page ids (32 each). */
export function contentToSql(content: Content): Uint8Array {
  const parts = content.pages ?? content.chunks;
  const bytes = Buffer.alloc(HEAD_BYTES + parts.length * (content.pages ? HASH_BYTES : REF_BYTES));
  bytes.write(content.id, 0, 'hex');
  bytes.writeDoubleBE(content.size, HASH_BYTES);
  bytes[HEAD_BYTES - 1] = content.pages ? 1 : 0;
  let at = HEAD_BYTES;
  for (const part of parts) {
    if (typeof part === 'string') at += bytes.write(part, at, 'hex');
    else {
      at += bytes.write(part.id, at, 'hex');
      at = bytes.writeUInt32BE(part.size, at);
    }
  }
  return bytes;
}

export function contentFromSql(value: Uint8Array): Content {
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  const head = { id: bytes.toString('hex', 0, HASH_BYTES) as ContentId, size: bytes.readDoubleBE(HASH_BYTES) };
  const hashes = <Id extends string>(step: number): { id: Id; at: number }[] => {
    const found = [];
    for (let at = HEAD_BYTES; at < bytes.length; at += step) found.push({ id: bytes.toString('hex', at, at + HASH_BYTES) as Id, at });
    return found;
  };
  return bytes[HEAD_BYTES - 1] === 1
    ? { ...head, pages: hashes<ChunkId>(HASH_BYTES).map(({ id }) => id) }
    : { ...head, chunks: hashes<ChunkId>(REF_BYTES).map(({ id, at }) => ({ id, size: bytes.readUInt32BE(at + HASH_BYTES) })) };
}

/** JSON that gives back what went in, `bigint` included; members that are `undefined` are left out. */
export const toJson = (value: unknown): string =>
  JSON.stringify(value, (_key, item: unknown) => (typeof item === 'bigint' ? { $bigint: item.toString() } : item));

export const fromJson = <Value>(text: string): Value =>
  JSON.parse(text, (_key, item: unknown) =>
    typeof item === 'object' && item !== null && '$bigint' in item ? BigInt(String(item.$bigint)) : item,
  ) as Value;
