/** What the place can show that a text is written to. */
export interface Style {
  /** Bars, and lines that are drawn anew. */
  readonly terminal: boolean;
  readonly colours: boolean;
  /** Cells of a line; `Infinity` where lines are not cut. */
  readonly columns: number;
}

/** A file, or a program that reads on. */
export const PLAIN: Style = { terminal: false, colours: false, columns: Infinity };

const BAR_CELLS = 24;
const COLOURS = { red: 31, green: 32, yellow: 33, cyan: 36, grey: 90 } as const;
export type Colour = keyof typeof COLOURS;

/** Local time, to the minute, sortable. */
export function formatTime(at: number): string {
  const time = new Date(at);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())} ${two(time.getHours())}:${two(time.getMinutes())}`;
}

export function formatBar(part: number): string {
  const bounded = Math.min(1, Math.max(0, part));
  const full = Math.round(bounded * BAR_CELLS);
  return `[${'█'.repeat(full)}${'░'.repeat(BAR_CELLS - full)}] ${Math.floor(bounded * 100)} %`;
}

export const counted = (count: number, one: string, many: string): string => `${count} ${count === 1 ? one : many}`;
export const bold = (text: string, { colours }: Style): string => (colours ? `\u001b[1m${text}\u001b[22m` : text);
export const colour = (text: string, name: Colour, { colours }: Style): string =>
  colours ? `\u001b[${COLOURS[name]}m${text}\u001b[39m` : text;

/** Controls, and what turns the direction of writing: a name that somebody else chose must not steer this terminal. */
const UNSHOWABLE = /[\p{Cc}\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

/** A name or a text of somebody else on one line, harmless to a terminal. */
export const shown = (text: string): string =>
  text.replaceAll(UNSHOWABLE, (one) => `\\u${(one.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`);

/** The same for a text of several lines. */
export const shownLines = (text: string): string => text.split('\n').map(shown).join('\n');

/** A word as a shell takes it, to be copied. */
export const forShell = (word: string): string =>
  /^[\w:./@-]+$/u.test(word) ? word : `'${shown(word).replaceAll("'", String.raw`'\''`)}'`;

/** East Asian wide and emoji take two cells. */
const WIDE = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u;
// oxlint-disable-next-line no-control-regex -- a colour begins with an escape
const COLOUR_CODES = /\u001b\[\d*m/gu;

/** What is seen as one character; made when it is needed, since it takes its time. */
let characters: Intl.Segmenter | undefined;
function charactersOf(text: string): string[] {
  characters ??= new Intl.Segmenter();
  return Array.from(characters.segment(text), ({ segment }) => segment);
}

/** Cells that a text takes on a terminal. */
export function cellsOf(text: string): number {
  const bare = text.replaceAll(COLOUR_CODES, '');
  if (/^[\u0020-\u007e]*$/u.test(bare)) return bare.length;
  return charactersOf(bare).reduce((cells, one) => cells + cellsOfCharacter(one), 0);
}

const cellsOfCharacter = (one: string): number => (WIDE.test(one) ? 2 : 1);

/** The text, cut in its middle so that it takes at most so many cells: names differ at their ends. Without colours. */
export function cutTo(text: string, cells: number): string {
  if (cellsOf(text) <= cells) return text;
  const all = charactersOf(text);
  const room = Math.max(0, cells - 1);
  const head = take(all, Math.ceil(room / 2));
  const tail = take(all.toReversed(), Math.floor(room / 2)).toReversed();
  return `${head.join('')}…${tail.join('')}`;
}

function take(all: readonly string[], cells: number): string[] {
  const taken: string[] = [];
  let used = 0;
  for (const character of all) {
    used += cellsOfCharacter(character);
    if (used > cells) break;
    taken.push(character);
  }
  return taken;
}
