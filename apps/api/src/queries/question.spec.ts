import { DEPTH_MAX } from '@tidemark/domain';
import { describe, expect, test } from 'vitest';
import { limitUpTo, path, PATH_CHARS_MAX, time } from './question.ts';

describe('a number of items', () => {
  const limit = limitUpTo(10);
  test.each([
    ['9', 9],
    ['10', 10],
    ['11', 10],
    [undefined, 10],
  ])('%s gives %s', (asked, given) => expect(limit.parse(asked)).toBe(given));
  test.each(['0', '-1', '1.5', 'many'])('%s is none', (asked) => expect(limit.safeParse(asked).success).toBe(false));
});

describe('a path', () => {
  test('is its names from the top, whatever slashes are around, in NFC', () => {
    expect(path.parse('a/b c')).toEqual(['a', 'b c']);
    expect(path.parse('/a//b/')).toEqual(['a', 'b']);
    expect(path.parse('')).toEqual([]);
    expect(path.parse('u\u0308')).toEqual(['ü']);
  });

  test('is no deeper than a tree and no longer than a request holds', () => {
    expect(path.safeParse('a/'.repeat(DEPTH_MAX)).success).toBe(true);
    expect(path.safeParse('a/'.repeat(DEPTH_MAX + 1)).success).toBe(false);
    expect(path.safeParse('a'.repeat(PATH_CHARS_MAX)).success).toBe(true);
    expect(path.safeParse('a'.repeat(PATH_CHARS_MAX + 1)).success).toBe(false);
  });
});

describe('a time', () => {
  test('is brought to the form in which times are kept', () => {
    expect(time.parse('2026-01-01T12:00:00Z')).toBe('2026-01-01T12:00:00.000Z');
    expect(time.parse('2026-01-01T12:00:00.123456Z')).toBe('2026-01-01T12:00:00.123Z');
  });
  test.each([
    '2026-01-01',
    '2026-01-01T12:00Z',
    '2026-01-01T12:00:00',
    '2026-01-01T12:00:00+01:00',
    '2026-02-30T00:00:00Z',
    '1767225600000',
    '',
  ])('%s is none', (text) => expect(time.safeParse(text).success).toBe(false));
});
