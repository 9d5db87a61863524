import { expect, test } from 'vitest';
import { linkCodeHash, newLinkCode } from './link-code.ts';

test('codes are four groups of four letters that nobody mixes up, and all differ', () => {
  const codes = Array.from({ length: 200 }, newLinkCode);
  for (const code of codes) expect(code).toMatch(/^[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){3}$/);
  expect(new Set(codes).size).toBe(200);
});

test('a code is the same however a person types it', () => {
  const hash = linkCodeHash('0123-4567-89AB-CDEF');
  for (const typed of ['0123456789abcdef', ' 0123 4567 89ab cdef ', 'O1234-56789-ABCDEF', 'oI23-4567-89AB-CDEF', 'ol23-4567-89ab-cdef'])
    expect(linkCodeHash(typed), typed).toBe(hash);
});

test('what cannot be a code has no hash', () => {
  for (const typed of ['', '0123', '0123-4567-89AB-CDEU', '0123-4567-89AB-CDEF-0', '0123-4567-89AB-CDÉF'])
    expect(linkCodeHash(typed), typed).toBeUndefined();
});
