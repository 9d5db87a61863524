import { FOLDING } from './folding-table.ts';

let table: ReadonlyMap<string, string> | undefined;

const character = (hex: string): string => String.fromCodePoint(Number.parseInt(hex, 16));

function read(): ReadonlyMap<string, string> {
  const folds = new Map<string, string>();
  for (const entry of FOLDING.trim().split(/\s/)) {
    const [from = '', to = ''] = entry.split(':');
    folds.set(character(from), to.split('+').map(character).join(''));
  }
  return folds;
}

/** Full case folding (Unicode D145's toCasefold) by the table in this library; what it does not know stays as it is. */
export function foldCase(text: string): string {
  table ??= read();
  let folded = '';
  for (const one of text) folded += table.get(one) ?? one;
  return folded;
}
