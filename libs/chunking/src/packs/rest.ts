import type { PackId, StoredChunk } from '@tidemark/domain';
import { assert, PACK_CHUNKS_MAX } from '@tidemark/domain';
import { sha256Hex } from '../hash.ts';
import { PACK_CONTENT_BYTES_MAX } from '../limits.ts';
import { decodeBody } from './codec.ts';
import { PACK_HEADER_BYTES, PackWriter } from './pack.ts';
import type { PackedChunk, PackHeader, PlacedRecord } from './pack.ts';
import { RECORD_BYTES, RECORD_BYTES_MAX } from './record.ts';

/** Of a pack at rest, where every chunk stands in full; whatever fits one that travels fits here. */
export const REST_PACK_BYTES_MAX = PACK_HEADER_BYTES + PACK_CHUNKS_MAX * RECORD_BYTES + PACK_CONTENT_BYTES_MAX;

export interface RestPack {
  readonly pack: PackId;
  readonly bytes: Uint8Array;
  readonly stored: StoredChunk[];
}

/**
 * The chunks as a pack that needs nothing but itself to be read. What came as `none` or `zstd` keeps its body; what was expressed against a base is expressed anew.
 * The chunks of one pack that travelled always fit. Same chunks in the same order and expression give the same pack.
 */
export function restPack(chunks: Iterable<PackedChunk>): RestPack {
  // Room that `canTake` keeps free for a base's id, which no record here has.
  const writer = new PackWriter({ bytesMax: REST_PACK_BYTES_MAX + RECORD_BYTES_MAX });
  for (const { id, bytes, page, encoded } of chunks) {
    writer.add(id, bytes, { page, encoded: encoded?.codec === 'zstd-base' ? undefined : encoded });
  }
  const bytes = writer.finish();
  return { pack: sha256Hex(bytes) as PackId, bytes, stored: storedOf(writer.records()) };
}

const storedOf = (records: readonly PlacedRecord[]): StoredChunk[] =>
  records.map(({ id, offset, storedLength, size, codec, page }) => {
    assert(codec !== 'zstd-base', 'a pack at rest leans on nothing');
    return { id, offset, storedLength, size, codec, page };
  });

/**
 * A pack that travelled, as it rests, where every chunk of it is kept and none leans on another: the very bytes that came. The same as {@link restPack} of its chunks,
 * without a copy. Undefined where it has to be made anew.
 */
export function restAsItCame(bytes: Uint8Array, { records, bases }: PackHeader): RestPack | undefined {
  return bases.length > 0 ? undefined : { pack: sha256Hex(bytes) as PackId, bytes, stored: storedOf(records) };
}

/**
 * A chunk from its body as it rests.
 * @param body the `storedLength` bytes at `offset` of the pack.
 * @throws {PackProblem} where the body is damaged; never gives other bytes than the chunk's.
 */
export const expandStored = (stored: StoredChunk, body: Uint8Array): Uint8Array => decodeBody(stored.id, stored.size, stored.codec, body);
