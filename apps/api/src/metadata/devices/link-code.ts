import { randomBytes } from 'node:crypto';
import { sha256Hex } from '@tidemark/chunking';

/** Crockford's base 32: no I, L, O, U. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const LETTERS = 16;
const CODE = new RegExp(`^[${ALPHABET}]{${LETTERS}}$`);

/** 80 random bits as a person can type them: `XXXX-XXXX-XXXX-XXXX`. */
export function newLinkCode(): string {
  const letters = [...randomBytes(LETTERS)].map((byte) => ALPHABET[byte % ALPHABET.length]).join('');
  return letters.replaceAll(/(.{4})(?=.)/g, '$1-');
}

/** What is kept of a code. Case, dashes and spaces do not matter, nor do I and L for 1 and O for 0. Nothing for what cannot be a code. */
export function linkCodeHash(typed: string): string | undefined {
  const letters = typed.toUpperCase().replaceAll(/[\s-]/g, '').replaceAll(/[IL]/g, '1').replaceAll('O', '0');
  return CODE.test(letters) ? sha256Hex(Buffer.from(letters)) : undefined;
}
