import { describe, expect, test } from 'vitest';
import { formatTable, type Column } from './table.ts';
import { cellsOf, cutTo, formatTime, PLAIN, shown } from './text.ts';

test('times are local, to the minute, and sort as text', () => {
  expect(formatTime(new Date(2026, 0, 2, 3, 4).getTime())).toBe('2026-01-02 03:04');
});

test('what could steer a terminal is written out; letters of all languages stay', () => {
  expect(shown('a\u001b[31m\nb\u202etxt\u0007')).toBe(String.raw`a\u001b[31m\u000ab\u202etxt\u0007`);
  expect(shown('Füße 日本語 שלום 👩‍👩‍👧')).toBe('Füße 日本語 שלום 👩‍👩‍👧');
});

test('cells: wide letters and emoji take two, combining marks and colours none', () => {
  expect(['abc', '日本', 'e\u0301', '👩‍👩‍👧', '\u001b[31mred\u001b[39m'].map(cellsOf)).toEqual([3, 4, 1, 2, 3]);
});

test('a text is cut in its middle, between what is seen as letters', () => {
  expect(cutTo('annual-report-2026.docx', 13)).toBe('annual…6.docx');
  expect(cutTo('short', 5)).toBe('short');
  expect(cellsOf(cutTo('日本語日本語日本語', 8))).toBeLessThanOrEqual(8);
  expect(cutTo('e\u0301'.repeat(10), 5)).toBe('e\u0301e\u0301…e\u0301e\u0301');
});

describe('a table', () => {
  const columns: readonly Column[] = [{ title: 'size', align: 'right' }, { title: 'name', cuttable: true }, { title: 'where' }];
  const rows = [
    ['1 B', 'a', 'here'],
    ['12.0 KiB', 'a-rather-long-name-of-a-file.txt', '日本'],
  ];

  test('is as wide as it needs to be where it is no terminal, aligned, with nothing at the ends of lines', () => {
    expect(formatTable(columns, rows, PLAIN).split('\n')).toEqual([
      '    size  name                              where',
      '     1 B  a                                 here',
      '12.0 KiB  a-rather-long-name-of-a-file.txt  日本',
    ]);
  });

  test('on a terminal the widest that may gives way until lines fit', () => {
    const lines = formatTable(columns, rows, { ...PLAIN, terminal: true, columns: 40 }).split('\n');
    for (const line of lines) expect(cellsOf(line)).toBeLessThanOrEqual(40);
    expect(lines[2]).toBe('12.0 KiB  a-rather-lo…-a-file.txt  日本');
  });

  test('a terminal that is far too narrow gets lines that are too long, never an endless loop', () => {
    expect(formatTable(columns, rows, { ...PLAIN, terminal: true, columns: 5 })).toContain('a-rath');
  });
});
