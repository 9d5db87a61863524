import type { ChunkId } from '../ids.ts';
import { decodeBase64, encodeBase64 } from '../kernel/base64.ts';
import { readHex, writeHex } from '../kernel/hex.ts';
import type { StoredChunk } from '../workspace/events.ts';

const HASH_BYTES = 32;
/** Hash, then offset, stored length and size in 4 bytes each, big-endian, then a byte: bits 0 to 3 the codec, bit 7 whether it is a page. */
const RECORD_BYTES = HASH_BYTES + 3 * 4 + 1;
const CODECS = ['none', 'zstd'] as const;
const CODEC_BITS = 0b1111;
const PAGE_BIT = 0b1000_0000;

/** The chunks of a pack as `ChunksStored` carries them: base64 of fixed-width records. */
export function encodeStoredChunks(chunks: readonly StoredChunk[]): string {
  const bytes = new Uint8Array(chunks.length * RECORD_BYTES);
  const numbers = new DataView(bytes.buffer);
  chunks.forEach((chunk, index) => {
    const at = index * RECORD_BYTES;
    writeHex(chunk.id, bytes, at);
    numbers.setUint32(at + HASH_BYTES, chunk.offset);
    numbers.setUint32(at + HASH_BYTES + 4, chunk.storedLength);
    numbers.setUint32(at + HASH_BYTES + 8, chunk.size);
    numbers.setUint8(at + HASH_BYTES + 12, CODECS.indexOf(chunk.codec) | (chunk.page ? PAGE_BIT : 0));
  });
  return encodeBase64(bytes);
}

/** `undefined` where the text is not what {@link encodeStoredChunks} gives, or names a codec that is not known here. */
export function decodeStoredChunks(text: string): readonly StoredChunk[] | undefined {
  const bytes = decodeBase64(text);
  if (bytes === undefined || bytes.length % RECORD_BYTES !== 0) return undefined;
  const numbers = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const chunks: StoredChunk[] = [];
  for (let at = 0; at < bytes.length; at += RECORD_BYTES) {
    const flags = numbers.getUint8(at + HASH_BYTES + 12);
    const codec = CODECS[flags & CODEC_BITS];
    if (codec === undefined || (flags & ~(CODEC_BITS | PAGE_BIT)) !== 0) return undefined;
    chunks.push({
      id: readHex(bytes, at, HASH_BYTES) as ChunkId,
      offset: numbers.getUint32(at + HASH_BYTES),
      storedLength: numbers.getUint32(at + HASH_BYTES + 4),
      size: numbers.getUint32(at + HASH_BYTES + 8),
      codec,
      page: (flags & PAGE_BIT) !== 0,
    });
  }
  return chunks;
}
