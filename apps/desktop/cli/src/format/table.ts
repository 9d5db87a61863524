import { cellsOf, cutTo, type Style } from './text.ts';

export interface Column {
  readonly title: string;
  readonly align?: 'right';
  /** Gives way where the line is too long for the terminal; without colours in it. */
  readonly cuttable?: boolean;
}

const GAP = '  ';
/** A column that gives way keeps this many cells. */
const CUT_CELLS_MIN = 12;

/** Rows under titles, aligned; as wide as it needs to be where it is no terminal. */
export function formatTable(columns: readonly Column[], rows: readonly (readonly string[])[], style: Style): string {
  const lines = [columns.map(({ title }) => title), ...rows];
  const widths = columns.map((_, column) => Math.max(...lines.map((line) => cellsOf(line[column] ?? ''))));
  narrow(columns, widths, style.columns);
  const format = (line: readonly string[]): string =>
    columns
      .map(({ align, cuttable }, column) => {
        const width = widths[column] ?? 0;
        const cell = cuttable ? cutTo(line[column] ?? '', width) : (line[column] ?? '');
        const fill = ' '.repeat(Math.max(0, width - cellsOf(cell)));
        return align === 'right' ? fill + cell : cell + fill;
      })
      .join(GAP)
      .trimEnd();
  return lines.map(format).join('\n');
}

/** Takes from the widest that gives way until the line fits. */
function narrow(columns: readonly Column[], widths: number[], room: number): void {
  const gaps = GAP.length * (columns.length - 1);
  for (;;) {
    const over = widths.reduce((sum, width) => sum + width, gaps) - room;
    if (over <= 0) return;
    const [widest] = columns.flatMap(({ cuttable }, at) => (cuttable ? [at] : [])).toSorted((a, b) => (widths[b] ?? 0) - (widths[a] ?? 0));
    const width = widest === undefined ? 0 : (widths[widest] ?? 0);
    if (widest === undefined || width <= CUT_CELLS_MIN) return;
    const next = columns.flatMap(({ cuttable }, at) => (cuttable && at !== widest ? [widths[at] ?? 0] : []));
    widths[widest] = Math.max(CUT_CELLS_MIN, Math.min(width - 1, Math.max(width - over, Math.max(0, ...next))));
  }
}
