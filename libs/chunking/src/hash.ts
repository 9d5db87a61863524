import { hash } from 'node:crypto';
import type { ChunkId } from '@tidemark/domain';

/** SHA-256 of the bytes, lower-case hex: the `Sha256` that the domain asks for. */
export const sha256Hex = (bytes: Uint8Array): string => hash('sha256', bytes, 'hex');

/** The id of the bytes as a chunk. */
export const chunkIdOf = (bytes: Uint8Array): ChunkId => sha256Hex(bytes) as ChunkId;
