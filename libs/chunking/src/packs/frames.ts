import { assert } from '@tidemark/domain';
import type { ChunkId } from '@tidemark/domain';
import { decodeBody } from './codec.ts';
import type { Base, EncodedBody } from './codec.ts';
import { encodeBody } from './codec.ts';
import { PackProblem } from './pack-problem.ts';
import { RECORD_BYTES, RECORD_BYTES_MAX, readRecord, recordBytesAt, recordBytesOf, writeMissing, writeRecord } from './record.ts';
import type { ChunkRecord } from './record.ts';

/*
 * Chunks streamed one by one, so that the sender need not know them all first: per chunk a byte 0x01 (the version), a record as in a pack, the body.
 */
const VERSION = 1;
const VERSION_BYTES = 1;

/** A chunk as it arrives, or the answer that the sender does not have it. */
export type Frame =
  { readonly record: ChunkRecord; readonly body: Uint8Array; readonly missing?: undefined } | { readonly missing: ChunkId };

/** A frame around a body that is already expressed, as it rests for example. */
export function encodeFrame(record: ChunkRecord, body: Uint8Array): Uint8Array {
  assert(record.storedLength === body.length, 'a record tells the length of its body');
  return Buffer.concat([encodeFrameHead(record), body]);
}

/** What stands before the body of a frame, for whoever has the body elsewhere and does not want it copied. */
export function encodeFrameHead(record: ChunkRecord): Uint8Array {
  const head = new Uint8Array(VERSION_BYTES + recordBytesOf(record));
  head[0] = VERSION;
  writeRecord(head, VERSION_BYTES, record);
  return head;
}

/** A frame for a chunk in full, expressed as is shortest. */
export function encodeChunkFrame(
  id: ChunkId,
  bytes: Uint8Array,
  options: { readonly page?: boolean; readonly base?: Base | undefined } = {},
): Uint8Array {
  const { codec, body, base }: EncodedBody = encodeBody(bytes, options.base);
  return encodeFrame({ id, size: bytes.length, storedLength: body.length, codec, page: options.page ?? false, base }, body);
}

/** A frame that says the sender does not have the chunk. */
export function encodeMissing(id: ChunkId): Uint8Array {
  const frame = new Uint8Array(VERSION_BYTES + RECORD_BYTES);
  frame[0] = VERSION;
  writeMissing(frame, VERSION_BYTES, id);
  return frame;
}

/**
 * The chunk of a frame, verified.
 * @param base the bytes of `record.base`, where it has one.
 * @throws {PackProblem}
 */
export const openFrame = (frame: { readonly record: ChunkRecord; readonly body: Uint8Array }, base?: Uint8Array): Uint8Array =>
  decodeBody(frame.record.id, frame.record.size, frame.record.codec, frame.body, base);

/** Takes a stream of frames apart, however it is dealt out. Memory: one body besides what is handed on. */
export class FrameDecoder {
  readonly #head = new Uint8Array(VERSION_BYTES + RECORD_BYTES_MAX);
  #headLength = 0;
  #record: ChunkRecord | undefined;
  #body = new Uint8Array(0);
  #bodyLength = 0;

  /**
   * The frames that end within these bytes. Their bodies are the caller's own. After a problem the decoder is of no more use.
   * @throws {PackProblem}
   */
  *push(bytes: Uint8Array): Generator<Frame, void, undefined> {
    let at = 0;
    while (at < bytes.length) {
      if (this.#record === undefined) {
        at += this.#takeHead(bytes, at);
        if (this.#headLength < this.#headWanted()) continue;
        const record = readRecord(this.#head, VERSION_BYTES);
        this.#headLength = 0;
        if ('missing' in record) {
          yield record;
          continue;
        }
        this.#record = record;
        this.#body = new Uint8Array(record.storedLength);
        this.#bodyLength = 0;
      } else {
        const part = bytes.subarray(at, at + this.#body.length - this.#bodyLength);
        this.#body.set(part, this.#bodyLength);
        this.#bodyLength += part.length;
        at += part.length;
        if (this.#bodyLength < this.#body.length) continue;
        const frame = { record: this.#record, body: this.#body };
        this.#record = undefined;
        yield frame;
      }
    }
  }

  /** @throws {PackProblem} `TRUNCATED` where the stream ended within a frame. */
  finish(): void {
    if (this.#headLength > 0 || this.#record !== undefined) {
      throw new PackProblem('TRUNCATED', 'The answer ended within a chunk; the rest is asked for again.', { retry: 'later' });
    }
  }

  #headWanted(): number {
    if (this.#headLength < VERSION_BYTES + RECORD_BYTES) return VERSION_BYTES + RECORD_BYTES;
    return VERSION_BYTES + recordBytesAt(this.#head, VERSION_BYTES);
  }

  #takeHead(bytes: Uint8Array, at: number): number {
    const part = bytes.subarray(at, at + this.#headWanted() - this.#headLength);
    this.#head.set(part, this.#headLength);
    this.#headLength += part.length;
    if (this.#head[0] !== VERSION)
      throw new PackProblem('VERSION_UNKNOWN', 'The answer is not a stream of chunks in a version known here.');
    return part.length;
  }
}
