import { readFileSync } from 'node:fs';

const page = readFileSync(new URL('../../docs/operating.md', import.meta.url), 'utf8');

/** The rows of the first table below a heading of docs/operating.md, by their first cell; cells without the backticks round them. */
export function rowsBelow(heading: string): ReadonlyMap<string, readonly string[]> {
  const [, after] = page.split(`\n${heading}\n`);
  if (after === undefined) throw new Error(`docs/operating.md has no heading ${heading}`);
  const [section = ''] = after.split(/\n#+ /);
  const lines = section.split('\n').filter((line) => line.startsWith('|'));
  const rows = lines.slice(2).map((line) =>
    line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim().replace(/^`([^`]*)`$/, '$1')),
  );
  return new Map(rows.map(([first = '', ...rest]) => [first, rest]));
}
