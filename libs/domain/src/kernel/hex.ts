const DIGITS = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** Writes the bytes that the lower-case hex stands for. */
export function writeHex(hex: string, to: Uint8Array, offset: number): void {
  for (let i = 0; i < hex.length; i += 2) to[offset + i / 2] = Number.parseInt(hex.slice(i, i + 2), 16);
}

export function readHex(from: Uint8Array, offset: number, length: number): string {
  let hex = '';
  for (let i = offset; i < offset + length; i++) hex += DIGITS[from[i] ?? 0];
  return hex;
}
