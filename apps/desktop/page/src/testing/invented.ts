/** Numbers that look random and are the same every time (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export const pick = <One>(random: () => number, of: readonly One[]): One => of[Math.floor(random() * of.length)] as One;

export const AUTHORS = [
  { person: 'Ada', device: 'device-laptop', deviceName: 'ada-laptop' },
  { person: 'Ada', device: 'device-desktop', deviceName: 'ada-desktop' },
  { person: 'Ben', device: 'device-ben', deviceName: 'ben-thinkpad' },
  { person: 'Ada', device: 'device-studio', deviceName: 'studio-nas' },
] as const;

export const FOLDERS: readonly string[] = [
  'Accounts',
  'Contracts',
  'Drawings',
  'House',
  'Letters',
  'Recipes',
  'Research',
  'Talks',
  'Travel',
  'Work',
];
export const SUBFOLDERS: readonly string[] = ['2021', '2022', '2023', '2024', '2025', 'drafts', 'sent', 'notes'];
export const STEMS: readonly string[] = [
  'agenda',
  'budget',
  'chapter',
  'estimate',
  'figures',
  'handover',
  'invoice',
  'letter to the council',
  'minutes',
  'outline',
  'proposal',
  'report',
  'summary',
  'timetable',
  'Übersicht',
];
export const ENDINGS: readonly string[] = ['docx', 'md', 'pdf', 'txt', 'xlsx', 'odt'];
/** Whoever shows it as anything but text has a hole. */
export const HOSTILE_NAME = '<img src=x onerror="document.title=\'broken\'">.txt';
