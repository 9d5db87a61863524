import { derivedId } from '../ids.ts';
import { cutToBytes, utf8Length } from '../kernel/text.ts';
import { NAME_BYTES_MAX } from '../limits.ts';
import type { EntryKind } from '../workspace/entry.ts';

const LABEL_BYTES_MAX = 60;
const EXTENSION_BYTES_MAX = 32;
const SHORT_HASH_CHARS = 6;

export interface ConflictNaming {
  readonly name: string;
  readonly kind: EntryKind;
  /** The device's name as its person wrote it. */
  readonly device: string;
  /** Of the losing content's modified time, milliseconds since 1970, UTC; files and links only. Rounded down. */
  readonly at?: number | undefined;
  /** Anything that tells this divergence from others (a content id, an entry id): hashed here. */
  readonly seed: string;
  /** Whether another child of the folder holds the name. */
  taken(name: string): boolean;
}

/**
 * `stem (conflict, <device>, <yyyy-mm-dd hhmm>).ext`; for folders a short hash instead of the date. A short hash is added where that name is
 * taken, a number where that is taken too. Always a valid name that every platform can hold, if the stem and extension are.
 */
export function conflictName(naming: ConflictNaming): string {
  const short = derivedId('conflict-name', naming.seed).slice(0, SHORT_HASH_CHARS);
  const moment = naming.kind === 'folder' || naming.at === undefined ? short : momentLabel(naming.at);
  const label = `conflict, ${deviceLabel(naming.device)}, ${moment}`;
  const first = assemble(naming, label);
  if (!naming.taken(first)) return first;
  const isHashed = moment === short;
  const hashed = isHashed ? label : `${label}, ${short}`;
  for (let n = isHashed ? 2 : 1; ; n++) {
    const name = assemble(naming, n === 1 ? hashed : `${hashed}, ${n}`);
    if (!naming.taken(name)) return name;
  }
}

function assemble({ name, kind }: ConflictNaming, label: string): string {
  const [stem, extension] = kind === 'folder' ? [name, ''] : splitExtension(name);
  const rest = ` (${label})${extension}`;
  return `${cutToBytes(stem, NAME_BYTES_MAX - utf8Length(rest))}${rest}`.normalize('NFC');
}

function splitExtension(name: string): readonly [string, string] {
  const dot = name.lastIndexOf('.');
  const extension = dot > 0 ? name.slice(dot) : '';
  return utf8Length(extension) > EXTENSION_BYTES_MAX ? [name, ''] : [name.slice(0, name.length - extension.length), extension];
}

/** Without what names may not hold on any platform. */
function deviceLabel(device: string): string {
  const clean = device
    .toWellFormed()
    .normalize('NFC')
    .replace(/[\p{Cc}<>:"\\|?*/]/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  return cutToBytes(clean, LABEL_BYTES_MAX).trimEnd() || 'device';
}

/** `yyyy-mm-dd hhmm`, UTC. Civil date from days: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms". */
function momentLabel(at: number): string {
  const minutes = Math.floor(at / 60_000);
  const days = Math.floor(minutes / 1_440) + 719_468;
  const era = Math.floor(days / 146_097);
  const dayOfEra = days - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1_460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shifted = Math.floor((5 * dayOfYear + 2) / 153);
  const month = shifted < 10 ? shifted + 3 : shifted - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  const day = dayOfYear - Math.floor((153 * shifted + 2) / 5) + 1;
  const minuteOfDay = minutes - Math.floor(minutes / 1_440) * 1_440;
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${String(year).padStart(4, '0')}-${two(month)}-${two(day)} ${two(Math.floor(minuteOfDay / 60))}${two(minuteOfDay % 60)}`;
}
