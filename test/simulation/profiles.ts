/** What a person does, and how often. */
export interface Mix {
  readonly write: number;
  /** By an editor that writes beside and renames over. */
  readonly save: number;
  readonly remove: number;
  readonly removeFolder: number;
  readonly move: number;
  readonly makeFolder: number;
  readonly swap: number;
  readonly moveOver: number;
  readonly ignored: number;
  readonly attributes: number;
  readonly link: number;
  /** Asks for an end of a conflict that is open, as this device knows it. */
  readonly settle?: number;
  /** Takes back one that is settled. */
  readonly takeBack?: number;
  /** Leaves an entry out of this device's scope. */
  readonly leave?: number;
  /** Takes one into the scope again. */
  readonly want?: number;
}

export interface Faults {
  readonly lose: number;
  readonly double: number;
  readonly delay: number;
  readonly crash: number;
  readonly offline: number;
  readonly page: number;
  /** Operations refused for no reason of theirs. */
  readonly flaky?: number;
  /** Commits cut anywhere. */
  readonly cut?: boolean;
}

export interface Profile {
  readonly mix: Mix;
  readonly faults: Faults;
  readonly names: readonly string[];
  readonly devices?: number;
  readonly actions?: number;
  /** Every kind of action in every case. */
  readonly all?: boolean;
  /** Folders only, to begin with. */
  readonly foldersOnly?: boolean;
  /** Only the first device is touched: nothing may happen on its disk that its person did not do. */
  readonly solo?: boolean;
  /** Looks at some folders only, in between. */
  readonly partial?: boolean;
  /** Some disks ignore case. */
  readonly ignoresCase?: boolean;
}

const FULL: Mix = {
  write: 4,
  save: 3,
  remove: 2,
  removeFolder: 1,
  move: 4,
  makeFolder: 2,
  swap: 0.5,
  moveOver: 0.5,
  ignored: 0.5,
  attributes: 1,
  link: 0.5,
};
const NONE: Mix = {
  write: 0,
  save: 0,
  remove: 0,
  removeFolder: 0,
  move: 0,
  makeFolder: 0,
  swap: 0,
  moveOver: 0,
  ignored: 0,
  attributes: 0,
  link: 0,
};
const calm: Faults = { lose: 0, double: 0, delay: 1, crash: 0, offline: 0, page: 100 };
const rough: Faults = { lose: 0.15, double: 0.1, delay: 12, crash: 0.02, offline: 0.01, page: 2 };
const slow: Faults = { lose: 0, double: 0, delay: 15, crash: 0, offline: 0.01, page: 3 };
/** With a pair that differs only by case, and one only by how its accent is written. */
const ALL = ['a', 'A', 'b', 'd', 'e', 'é', 'É', 'con'];
const PLAIN = ['a', 'b', 'd'];

export const PROFILES: Readonly<Record<string, Profile>> = {
  core: { mix: { ...NONE, write: 4, save: 1, makeFolder: 1 }, faults: calm, devices: 2, names: ALL },
  files: { mix: { ...NONE, write: 4, save: 2, remove: 2, move: 2, attributes: 1 }, faults: slow, names: ALL },
  tree: { mix: { ...FULL, swap: 0, moveOver: 0, ignored: 0 }, faults: slow, names: ALL },
  full: { mix: FULL, faults: slow, names: ALL },
  rough: { mix: FULL, faults: rough, names: ALL },
  plain: { mix: FULL, faults: slow, names: PLAIN },
  plainrough: { mix: FULL, faults: rough, names: PLAIN },
  plainlong: { mix: FULL, faults: rough, actions: 40, names: ['a', 'b', 'd', 'e'] },
  dense: { mix: { ...FULL, move: 8, removeFolder: 2, swap: 2, moveOver: 2, makeFolder: 4 }, faults: rough, actions: 10, names: ['a', 'b'] },
  solo: { mix: FULL, faults: rough, names: PLAIN, solo: true },
  flaky: { mix: { ...FULL, swap: 2, move: 6 }, faults: { ...rough, flaky: 0.1, cut: true }, names: PLAIN },
  ignoresCase: { mix: FULL, faults: rough, ignoresCase: true, names: ALL },
  nomove: { mix: { ...FULL, move: 0, swap: 0, moveOver: 0, remove: 5, removeFolder: 3 }, faults: { ...rough, crash: 0 }, names: PLAIN },
  cycle: {
    mix: { ...NONE, move: 10, makeFolder: 3, write: 1 },
    all: true,
    faults: slow,
    names: ['a', 'b', 'c', 'd', 'e', 'f'],
    foldersOnly: true,
    devices: 2,
    actions: 6,
  },
  rescue: { mix: { ...NONE, removeFolder: 4, write: 5, makeFolder: 2, move: 3, remove: 1, ignored: 1 }, faults: rough, names: PLAIN },
  partialSolo: { mix: { ...FULL, move: 10 }, faults: rough, names: PLAIN, solo: true, partial: true },
  partial: { mix: FULL, faults: rough, names: PLAIN, partial: true },
  settling: {
    mix: { ...NONE, write: 6, save: 3, remove: 0.5, move: 0.5, settle: 8, takeBack: 4 },
    faults: rough,
    actions: 40,
    names: ['a', 'b'],
    devices: 3,
    all: true,
  },
  scope: { mix: { ...FULL, leave: 3, want: 2 }, faults: rough, names: PLAIN, actions: 24 },
  scopeCalm: { mix: { ...FULL, leave: 3, want: 2 }, faults: slow, names: ALL },
  /** Conflicts about deletions and places, chosen and taken back. */
  choosing: {
    mix: { ...NONE, write: 4, save: 2, remove: 3, removeFolder: 1, move: 6, makeFolder: 2, settle: 8, takeBack: 4 },
    faults: rough,
    actions: 40,
    names: ['a', 'b', 'c'],
    devices: 3,
    all: true,
  },
  one: { mix: FULL, faults: rough, devices: 1, names: PLAIN },
  long: { mix: FULL, faults: rough, actions: 40, names: ALL },
};
