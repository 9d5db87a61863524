const DIGITS = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));
const CODE_0 = 48;
const CODE_9 = 57;
const CODE_A = 97;

const nibble = (code: number): number => (code <= CODE_9 ? code - CODE_0 : code - CODE_A + 10);

/** Writes the bytes that the lower-case hex stands for. By hand: manifests of large files have millions of hashes. */
export function writeHex(hex: string, to: Uint8Array, offset: number): void {
  for (let i = 0; i < hex.length; i += 2) to[offset + i / 2] = (nibble(hex.charCodeAt(i)) << 4) | nibble(hex.charCodeAt(i + 1));
}

export function readHex(from: Uint8Array, offset: number, length: number): string {
  let hex = '';
  for (let i = offset; i < offset + length; i++) hex += DIGITS[from[i] ?? 0];
  return hex;
}
