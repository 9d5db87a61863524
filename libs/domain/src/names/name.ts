import { utf8Length } from '../kernel/text.ts';
import { NAME_BYTES_MAX } from '../limits.ts';
import type { NameRule } from '../workspace/events.ts';
import { foldCase } from './folding.ts';

/** Why a text is no name. */
export interface NameProblem {
  readonly problem: 'EMPTY' | 'TOO_LONG' | 'NOT_NFC' | 'SLASH' | 'NUL' | 'DOTS' | 'UNPAIRED_SURROGATE';
}

/**
 * The name itself, or why it is none: 1 to 255 bytes of UTF-8 in NFC, no `/`, no NUL, not `.` or `..`, no unpaired surrogate.
 * A spelling from a disk that is not in NFC is brought there by whoever read it.
 */
export function parseName(text: string): string | NameProblem {
  const problem = problemOf(text);
  return problem === undefined ? text : { problem };
}

export const isName = (text: string): boolean => problemOf(text) === undefined;

function problemOf(text: string): NameProblem['problem'] | undefined {
  if (text === '') return 'EMPTY';
  if (text === '.' || text === '..') return 'DOTS';
  if (text.includes('/')) return 'SLASH';
  if (text.includes('\0')) return 'NUL';
  if (!text.isWellFormed()) return 'UNPAIRED_SURROGATE';
  if (utf8Length(text) > NAME_BYTES_MAX) return 'TOO_LONG';
  if (text.normalize('NFC') !== text) return 'NOT_NFC';
  return undefined;
}

const PLAIN = /^[\x20-\x7e]*$/;

/** What two live children of one folder may not share: `NFC(fold(NFD(name)))` in a `portable` workspace, the NFC name in an `exact` one. */
export function nameKey(name: string, rule: NameRule): string {
  if (PLAIN.test(name)) return rule === 'exact' ? name : name.toLowerCase();
  return rule === 'exact' ? name.normalize('NFC') : foldCase(name.normalize('NFD')).normalize('NFC');
}
