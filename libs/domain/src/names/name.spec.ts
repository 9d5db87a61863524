import { describe, expect, test } from 'vitest';
import { FOLDING_UNICODE } from './folding-table.ts';
import { foldCase } from './folding.ts';
import { nameKey, parseName } from './name.ts';
import { platformProblemOf } from './platform.ts';

describe('parseName', () => {
  test.each(['a', '.a', '...', ' ', 'CON', 'a:b', '\u00e9', 'x'.repeat(255), '\u{1f600}'])('%j is a name', (text) => {
    expect(parseName(text)).toBe(text);
  });

  test.each([
    ['', 'EMPTY'],
    ['.', 'DOTS'],
    ['..', 'DOTS'],
    ['a/b', 'SLASH'],
    ['a\0b', 'NUL'],
    ['e\u0301', 'NOT_NFC'],
    ['\ud83d', 'UNPAIRED_SURROGATE'],
    ['\ude00\ud83d', 'UNPAIRED_SURROGATE'],
    ['x'.repeat(256), 'TOO_LONG'],
    ['\u00e9'.repeat(128), 'TOO_LONG'],
  ])('%j is none: %s', (text, problem) => {
    expect(parseName(text)).toEqual({ problem });
  });
});

describe('nameKey', () => {
  test.each([
    ['README', 'readme'],
    ['Stra\u00dfe', 'STRASSE'],
    ['\u1e9e', 'ss'],
    ['\u00c9', 'e\u0301'],
    ['\u03a3\u03c2', '\u03c3\u03c3'],
    ['\ufb03', 'FFI'],
    ['\u212a', 'k'],
    ['\u0130', 'i\u0307'],
    ['\u{10400}', '\u{10428}'],
    ['\u13a0', '\uab70'],
  ])('%j and %j are alike in a portable workspace', (a, b) => {
    expect(nameKey(a, 'portable')).toBe(nameKey(b, 'portable'));
  });

  test.each([
    ['I', '\u0131'],
    ['a', '\u00e0'],
    ['1', '\u00b9'],
  ])('%j and %j are not', (a, b) => {
    expect(nameKey(a, 'portable')).not.toBe(nameKey(b, 'portable'));
  });

  test('in an exact workspace only the form is set aside', () => {
    expect(nameKey('e\u0301', 'exact')).toBe('\u00e9');
    expect(nameKey('A', 'exact')).not.toBe(nameKey('a', 'exact'));
  });

  test('is its own key, for every code point', () => {
    for (let point = 0x21; point <= 0x10ffff; point++) {
      if (point >= 0xd800 && point <= 0xdfff) continue;
      const key = nameKey(String.fromCodePoint(point), 'portable');
      if (nameKey(key, 'portable') !== key) expect.fail(`U+${point.toString(16)} gives ${JSON.stringify(key)}`);
    }
  });

  test('the short way for plain names gives what the long way gives', () => {
    for (let point = 0x20; point <= 0x7e; point++) {
      const name = String.fromCodePoint(point);
      expect(nameKey(name, 'portable')).toBe(foldCase(name.normalize('NFD')).normalize('NFC'));
    }
  });
});

describe('foldCase', () => {
  test('the table names its Unicode version', () => expect(FOLDING_UNICODE).toBe('17.0.0'));
  test('a code point that it does not know stays as it is', () => expect(foldCase('\u{10fffd}\u4e00')).toBe('\u{10fffd}\u4e00'));
});

describe('platformProblemOf', () => {
  test.each([
    ['a<b', 'RESERVED_CHARACTER'],
    ['a:b', 'RESERVED_CHARACTER'],
    ['a\\b', 'RESERVED_CHARACTER'],
    ['a\tb', 'CONTROL_CHARACTER'],
    ['a.', 'TRAILING_DOT_OR_SPACE'],
    ['a ', 'TRAILING_DOT_OR_SPACE'],
    ['CON', 'RESERVED_NAME'],
    ['nul.txt', 'RESERVED_NAME'],
    ['com1', 'RESERVED_NAME'],
    ['LPT9.tar.gz', 'RESERVED_NAME'],
  ])('%j: %s', (name, problem) => {
    expect(platformProblemOf(name)).toBe(problem);
  });

  test.each(['a', '.a', 'console', 'com', 'com10', 'nully.txt', 'a b', 'CON-a'])('every platform holds %j', (name) => {
    expect(platformProblemOf(name)).toBeUndefined();
  });
});
