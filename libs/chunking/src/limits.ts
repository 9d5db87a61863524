/** Of one chunk or page, in full. The largest any strategy cuts. */
export const CHUNK_BYTES_MAX = 4 * 1024 * 1024;
/**
 * Of all chunks of one pack together, in full. Chunks expressed against a base may be a ten-thousandth of their size;
 * this bounds what a receiver has to hold for one pack.
 */
export const PACK_CONTENT_BYTES_MAX = 32 * 1024 * 1024;
