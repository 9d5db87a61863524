import { hash } from 'node:crypto';

/**
 * The gear table of FastCDC: one random-looking 32-bit word for each byte value, namely the first four bytes (big-endian)
 * of SHA-256 of the text `tidemark gear <value>`. Part of the format: another table gives other chunks.
 */
export const GEAR: Int32Array = Int32Array.from({ length: 256 }, (_, value) =>
  hash('sha256', `tidemark gear ${value}`, 'buffer').readInt32BE(0),
);
