import { assert, FILE_BYTES_MAX } from '@tidemark/domain';
import type { ChunkingStrategy } from '@tidemark/domain';

const KIB = 1024;
const MIB = 1024 * KIB;
/** Larger files are cut into larger chunks, so that their manifests stay short. */
export const LARGE_FILE_BYTES_MIN = 16 * 1024 * MIB + 1;

/** Where a chunk may end, in bytes. With all three equal, every chunk but the last has that size. */
export interface ChunkerParameters {
  readonly min: number;
  /** Ends are rare before this size and frequent after it; a power of two. */
  readonly normal: number;
  readonly max: number;
}

/**
 * How a file of this size is cut in a workspace with this strategy. Never changes for a name: ids of contents depend on it.
 * @param fileSize bytes, the whole file.
 */
export function strategyOf(name: ChunkingStrategy, fileSize: number): ChunkerParameters {
  assert(fileSize >= 0 && fileSize <= FILE_BYTES_MAX, `no file has ${fileSize} bytes`);
  switch (name) {
    case 'fastcdc':
      return fileSize < LARGE_FILE_BYTES_MIN
        ? { min: 64 * KIB, normal: 256 * KIB, max: MIB }
        : { min: 256 * KIB, normal: MIB, max: 4 * MIB };
    case 'fixed-4mib':
      return { min: 4 * MIB, normal: 4 * MIB, max: 4 * MIB };
  }
}
