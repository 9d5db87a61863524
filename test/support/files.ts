import { createHash, randomBytes } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';

const PIECE_BYTES = 4 * 1024 * 1024;

/** Writes a file of bytes that do not compress; the same seed gives the same bytes. */
export async function writeLarge(path: string, bytes: number, seed: string = randomBytes(8).toString('hex')): Promise<void> {
  const file = await open(path, 'w');
  try {
    let state = createHash('sha512').update(seed).digest();
    for (let at = 0; at < bytes; at += PIECE_BYTES) {
      const piece = Buffer.allocUnsafe(Math.min(PIECE_BYTES, bytes - at));
      // xorshift over 64-bit words, reseeded per piece: quick, and without any repetition a compressor would find.
      let a = state.readUInt32LE(0) | 1;
      let b = state.readUInt32LE(4) | 1;
      for (let word = 0; word + 4 <= piece.length; word += 4) {
        const t = a ^ (a << 11);
        a = b;
        b = b ^ (b >>> 19) ^ t ^ (t >>> 8);
        piece.writeInt32LE(b, word);
      }
      state = createHash('sha512').update(state).digest();
      await file.write(piece);
    }
  } finally {
    await file.close();
  }
}

export async function withFile(path: string, work: (file: FileHandle) => Promise<void>): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await work(file);
  } finally {
    await file.close();
  }
}

/** Overwrites one byte in place. */
export const overwriteByte = (path: string, at: number): Promise<void> =>
  withFile(path, async (file) => {
    const byte = Buffer.alloc(1);
    await file.read(byte, 0, 1, at);
    byte[0] = (byte[0] ?? 0) ^ 0x55;
    await file.write(byte, 0, 1, at);
  });
