import { describe, expect, test } from 'vitest';
import { utf8Length } from '../kernel/text.ts';
import { conflictName, type ConflictNaming } from './conflict-name.ts';
import { isName } from './name.ts';

const AT = Date.UTC(2024, 1, 29, 23, 59, 59, 999);
const named = (more: Partial<ConflictNaming>): string =>
  conflictName({ name: 'report.docx', kind: 'file', device: "Ada's laptop", at: AT, seed: 's', taken: () => false, ...more });

describe('conflictName', () => {
  test('names the device and the minute, and keeps the extension', () => {
    expect(named({})).toBe("report (conflict, Ada's laptop, 2024-02-29 2359).docx");
  });

  test.each([
    [0, '1970-01-01 0000'],
    [-1, '1969-12-31 2359'],
    [Date.UTC(2000, 11, 31, 0, 1), '2000-12-31 0001'],
    [Date.UTC(2100, 2, 1), '2100-03-01 0000'],
    [Date.UTC(1601, 0, 1), '1601-01-01 0000'],
  ])('%d ms is %s', (at, label) => {
    expect(named({ at })).toContain(`, ${label})`);
  });

  test('a folder has a short hash instead of the date, and no extension', () => {
    expect(named({ name: 'v1.2', kind: 'folder' })).toMatch(/^v1\.2 \(conflict, Ada's laptop, [0-9a-f]{6}\)$/);
  });

  test('a name that begins with a dot has no extension', () => {
    expect(named({ name: '.bashrc' })).toBe(".bashrc (conflict, Ada's laptop, 2024-02-29 2359)");
  });

  test('a short hash is added only if the name is taken, then a number', () => {
    const first = named({});
    const second = named({ taken: (name) => name === first });
    expect(second).toMatch(/^report \(conflict, Ada's laptop, 2024-02-29 2359, [0-9a-f]{6}\)\.docx$/);
    expect(named({ taken: (name) => name === first || name === second })).toBe(second.replace(').docx', ', 2).docx'));
    expect(named({ seed: 't', taken: (name) => name === first })).not.toBe(second);
  });

  test('the label loses what names may not hold', () => {
    expect(named({ device: ' a/b\\c:d*e?"<>|\n\0 ' })).toBe('report (conflict, a b c d e, 2024-02-29 2359).docx');
    expect(named({ device: '///' })).toBe('report (conflict, device, 2024-02-29 2359).docx');
    expect(isName(named({ device: '\ud800e\u0301' }))).toBe(true);
  });

  test('the stem is cut at a code point so that it all fits', () => {
    for (const character of ['x', '\u00e9', '\u4e00', '\u{1f600}']) {
      const name = `${character.repeat(Math.floor(250 / utf8Length(character)))}.txt`;
      const result = named({ name, device: '\u4e00'.repeat(60) });
      expect(isName(result), result).toBe(true);
      expect(utf8Length(result)).toBeGreaterThan(255 - 4);
      expect(result.endsWith('.txt')).toBe(true);
    }
  });
});
