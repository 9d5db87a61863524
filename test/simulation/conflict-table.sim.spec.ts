import { describe, expect, test } from 'vitest';
import { PictureWorld, type Hand, type Picture } from './picture.ts';

interface Row {
  readonly start: Picture;
  readonly laptop: (laptop: Hand) => void;
  readonly phone: (phone: Hand) => void;
}

interface End {
  readonly world: PictureWorld;
  /** The same on both disks and on the server, unless told otherwise. */
  readonly tree: Picture;
  readonly names: readonly string[];
  readonly contents: readonly string[];
  readonly copies: readonly string[];
  readonly recorded: readonly string[];
}

function play({ start, laptop, phone }: Row, first: 'laptop' | 'phone'): End {
  const world = new PictureWorld();
  world.start(start);
  laptop(world.laptop);
  phone(world.phone);
  world.quiet(world[first]);
  const tree = world.tree();
  return {
    world,
    tree,
    names: Object.keys(tree),
    contents: Object.values(tree).filter((text) => text !== ''),
    copies: Object.keys(tree).filter((name) => name.includes('(conflict, ')),
    recorded: world.recorded(),
  };
}

/** One row of the table, in both orders of arrival: what came first, by whom. */
function row(name: string, what: Row, expected: (end: End, first: 'laptop' | 'phone') => void): void {
  describe(name, () => {
    test.each(['laptop', 'phone'] as const)('the %s was online first', (first) => {
      const end = play(what, first);
      expect(end.world.laptop.tree()).toEqual(end.tree);
      expect(end.world.phone.tree()).toEqual(end.tree);
      expected(end, first);
    });
  });
}

const FILE = { 'a.txt': '1' };
const FOLDER = { 'f/': '', 'f/a.txt': '1', 'f/b.txt': '2' };

row(
  'the same edit on both: nothing is transferred, nothing recorded',
  { start: FILE, laptop: (laptop) => laptop.write('a.txt', 'same'), phone: (phone) => phone.write('a.txt', 'same') },
  ({ tree, recorded }) => {
    expect(tree).toEqual({ 'a.txt': 'same' });
    expect(recorded).toEqual([]);
  },
);

row(
  'edit / edit: the first stays, the other becomes a copy beside it',
  { start: FILE, laptop: (laptop) => laptop.write('a.txt', 'L'), phone: (phone) => phone.write('a.txt', 'P') },
  ({ tree, copies, contents, recorded }, first) => {
    expect(tree['a.txt']).toBe(first === 'laptop' ? 'L' : 'P');
    expect(contents.toSorted()).toEqual(['L', 'P']);
    expect(copies).toEqual([
      `a (conflict, ${first === 'laptop' ? 'Phone' : 'Laptop'}, 1970-01-01 00${first === 'laptop' ? '13' : '12'}).txt`,
    ]);
    expect(recorded).toEqual(['edit-edit']);
  },
);

row(
  'edit / move: both apply',
  { start: FILE, laptop: (laptop) => laptop.write('a.txt', 'L'), phone: (phone) => phone.move('a.txt', 'b.txt') },
  ({ tree, recorded }) => {
    expect(tree).toEqual({ 'b.txt': 'L' });
    expect(recorded).toEqual([]);
  },
);

row(
  'edit / delete: the edit survives, whichever came first',
  { start: FILE, laptop: (laptop) => laptop.write('a.txt', 'L'), phone: (phone) => phone.remove('a.txt') },
  ({ tree, recorded }, first) => {
    expect(tree).toEqual({ 'a.txt': 'L' });
    expect(recorded).toEqual([first === 'laptop' ? 'delete-edit' : 'edit-delete']);
  },
);

row(
  'delete / delete: gone',
  { start: FILE, laptop: (laptop) => laptop.remove('a.txt'), phone: (phone) => phone.remove('a.txt') },
  ({ tree, recorded }) => {
    expect(tree).toEqual({});
    expect(recorded).toEqual([]);
  },
);

row(
  'move / move to the same place: agreed',
  { start: FILE, laptop: (laptop) => laptop.move('a.txt', 'b.txt'), phone: (phone) => phone.move('a.txt', 'b.txt') },
  ({ tree, recorded }) => {
    expect(tree).toEqual({ 'b.txt': '1' });
    expect(recorded).toEqual([]);
  },
);

row(
  'move / move to different places: the first place wins',
  { start: FILE, laptop: (laptop) => laptop.move('a.txt', 'l.txt'), phone: (phone) => phone.move('a.txt', 'p.txt') },
  ({ tree, recorded }, first) => {
    expect(tree).toEqual(first === 'laptop' ? { 'l.txt': '1' } : { 'p.txt': '1' });
    expect(recorded).toEqual(['move-move']);
  },
);

row(
  'move / delete: the move survives',
  { start: FILE, laptop: (laptop) => laptop.move('a.txt', 'b.txt'), phone: (phone) => phone.remove('a.txt') },
  ({ tree, recorded }, first) => {
    expect(tree).toEqual({ 'b.txt': '1' });
    expect(recorded).toEqual([first === 'laptop' ? 'delete-move' : 'move-delete']);
  },
);

row(
  'move of a folder / its deletion: it survives with everything that went with it',
  { start: FOLDER, laptop: (laptop) => laptop.move('f', 'g'), phone: (phone) => phone.remove('f') },
  ({ tree, recorded }, first) => {
    expect(tree).toEqual({ 'g/': '', 'g/a.txt': '1', 'g/b.txt': '2' });
    expect(recorded).toEqual([first === 'laptop' ? 'delete-move' : 'move-delete']);
  },
);

row(
  'two entries to the same name: the second gets the conflict name',
  {
    start: { 'x.txt': 'X', 'y.txt': 'Y' },
    laptop: (laptop) => laptop.move('x.txt', 'z.txt'),
    phone: (phone) => phone.move('y.txt', 'z.txt'),
  },
  ({ tree, copies, contents, recorded }, first) => {
    expect(tree['z.txt']).toBe(first === 'laptop' ? 'X' : 'Y');
    expect(contents.toSorted()).toEqual(['X', 'Y']);
    expect(copies).toHaveLength(1);
    expect(recorded).toEqual(['name-name']);
  },
);

row(
  'create / create with the same name and content: one entry',
  { start: {}, laptop: (laptop) => laptop.write('a.txt', 'same'), phone: (phone) => phone.write('a.txt', 'same') },
  ({ tree, recorded }) => {
    expect(tree).toEqual({ 'a.txt': 'same' });
    expect(recorded).toEqual([]);
  },
);

row(
  'create / create with the same name and other content: the second gets the conflict name',
  { start: {}, laptop: (laptop) => laptop.write('a.txt', 'L'), phone: (phone) => phone.write('a.txt', 'P') },
  ({ tree, copies, contents, recorded }, first) => {
    expect(tree['a.txt']).toBe(first === 'laptop' ? 'L' : 'P');
    expect(contents.toSorted()).toEqual(['L', 'P']);
    expect(copies).toHaveLength(1);
    expect(recorded).toEqual(['create-create']);
  },
);

row(
  'folder / folder, both new: merged, and merged further down',
  {
    start: {},
    laptop: (laptop) => {
      laptop.makeFolder('f');
      laptop.makeFolder('f/g');
      laptop.write('f/g/l.txt', 'L');
      laptop.write('f/same.txt', 'same');
    },
    phone: (phone) => {
      phone.makeFolder('f');
      phone.makeFolder('f/g');
      phone.write('f/g/p.txt', 'P');
      phone.write('f/same.txt', 'same');
    },
  },
  ({ tree, recorded }) => {
    expect(tree).toEqual({ 'f/': '', 'f/g/': '', 'f/g/l.txt': 'L', 'f/g/p.txt': 'P', 'f/same.txt': 'same' });
    expect(recorded).toEqual([]);
  },
);

row(
  'folder / folder, both known under other names: as two entries to the same name',
  {
    start: { 'x/': '', 'x/1.txt': '1', 'y/': '', 'y/2.txt': '2' },
    laptop: (laptop) => laptop.move('x', 'z'),
    phone: (phone) => phone.move('y', 'z'),
  },
  ({ tree, copies, contents, recorded }, first) => {
    expect(tree[first === 'laptop' ? 'z/1.txt' : 'z/2.txt']).toBeDefined();
    expect(contents.toSorted()).toEqual(['1', '2']);
    expect(copies.filter((name) => name.endsWith('/'))).toHaveLength(1);
    expect(recorded).toEqual(['folder-folder']);
  },
);

row(
  'folder / file of the same name: the second gives way',
  {
    start: {},
    laptop: (laptop) => {
      laptop.makeFolder('n');
      laptop.write('n/in.txt', 'L');
    },
    phone: (phone) => phone.write('n', 'P'),
  },
  ({ tree, contents, recorded }, first) => {
    expect(first === 'laptop' ? tree['n/'] : tree['n']).toBe(first === 'laptop' ? '' : 'P');
    expect(contents.toSorted()).toEqual(['L', 'P']);
    expect(recorded).toEqual(['folder-file']);
  },
);

row(
  'type change / edit: both survive, one of them under the conflict name',
  {
    start: { n: '1' },
    laptop: (laptop) => {
      laptop.remove('n');
      laptop.makeFolder('n');
      laptop.write('n/in.txt', 'L');
    },
    phone: (phone) => phone.write('n', 'P'),
  },
  ({ contents, copies, recorded }) => {
    expect(contents.toSorted()).toEqual(['L', 'P']);
    expect(copies.length).toBeGreaterThan(0);
    expect(recorded).toEqual(['type-edit']);
  },
);

row(
  'folder deleted / a child of it edited: the folder lives on for that child, the rest stays deleted',
  { start: FOLDER, laptop: (laptop) => laptop.write('f/a.txt', 'L'), phone: (phone) => phone.remove('f') },
  ({ tree, recorded }) => {
    expect(tree).toEqual({ 'f/': '', 'f/a.txt': 'L' });
    expect(recorded).toEqual(['folder-deleted-child-changed']);
  },
);

row(
  'folder deleted / a child created in it: the folder lives on for that child',
  { start: FOLDER, laptop: (laptop) => laptop.write('f/new.txt', 'L'), phone: (phone) => phone.remove('f') },
  ({ tree, recorded }) => {
    expect(tree).toEqual({ 'f/': '', 'f/new.txt': 'L' });
    expect(recorded).toEqual(['folder-deleted-child-changed']);
  },
);

row(
  'folder deleted / a file moved into it: the folder lives on for that file',
  { start: { ...FOLDER, 'c.txt': '3' }, laptop: (laptop) => laptop.move('c.txt', 'f/c.txt'), phone: (phone) => phone.remove('f') },
  ({ tree, recorded }) => {
    expect(tree).toEqual({ 'f/': '', 'f/c.txt': '3' });
    expect(recorded).toEqual(['folder-deleted-child-changed']);
  },
);

row(
  'folder deleted / a child changed two levels down: the folders on the way live on',
  {
    start: { 'f/': '', 'f/g/': '', 'f/g/a.txt': '1', 'f/b.txt': '2' },
    laptop: (laptop) => laptop.write('f/g/a.txt', 'L'),
    phone: (phone) => phone.remove('f'),
  },
  ({ tree, recorded }) => {
    expect(tree).toEqual({ 'f/': '', 'f/g/': '', 'f/g/a.txt': 'L' });
    expect(recorded).toEqual(['folder-deleted-child-changed']);
  },
);

row(
  'folder deleted / a child moved out: the child lives on where it went',
  { start: FOLDER, laptop: (laptop) => laptop.move('f/a.txt', 'a.txt'), phone: (phone) => phone.remove('f') },
  ({ tree, recorded }) => {
    expect(tree).toEqual({ 'a.txt': '1' });
    expect(recorded.length).toBeLessThanOrEqual(1);
  },
);

row(
  'folder renamed / with an edit inside: both apply',
  { start: FOLDER, laptop: (laptop) => laptop.write('f/a.txt', 'L'), phone: (phone) => phone.move('f', 'g') },
  ({ tree, recorded }) => {
    expect(tree).toEqual({ 'g/': '', 'g/a.txt': 'L', 'g/b.txt': '2' });
    expect(recorded).toEqual([]);
  },
);

row(
  'two moves that make a cycle: the first wins, the other is undone',
  { start: { 'x/': '', 'y/': '' }, laptop: (laptop) => laptop.move('x', 'y/x'), phone: (phone) => phone.move('y', 'x/y') },
  ({ tree, recorded }, first) => {
    expect(tree).toEqual(first === 'laptop' ? { 'y/': '', 'y/x/': '' } : { 'x/': '', 'x/y/': '' });
    expect(recorded).toEqual(['move-cycle']);
  },
);

row(
  'executable bit and modified time: the last one counts',
  { start: { 'a.sh': '1', 'b.txt': '2' }, laptop: (laptop) => laptop.makeExecutable('a.sh'), phone: (phone) => phone.touch('b.txt') },
  ({ world, recorded }) => {
    for (const hand of [world.laptop, world.phone]) {
      expect(hand.isExecutable('a.sh')).toBe(true);
      expect(hand.modified('b.txt')).toBe(13);
    }
    expect(recorded).toEqual([]);
  },
);

row(
  'modified time set on both: the first in the history is followed by the other device',
  { start: FILE, laptop: (laptop) => laptop.touch('a.txt'), phone: (phone) => phone.touch('a.txt') },
  ({ world, recorded }, first) => {
    expect(world.laptop.modified('a.txt')).toBe(first === 'laptop' ? 12 : 13);
    expect(world.phone.modified('a.txt')).toBe(world.laptop.modified('a.txt'));
    expect(recorded).toEqual([]);
  },
);

row(
  'a link retargeted on both: like edit / edit',
  {
    start: {},
    laptop: (laptop) => laptop.link('l', 'one'),
    phone: () => undefined,
  },
  ({ world }, first) => {
    world.laptop.link('l', 'left');
    world.phone.link('l', 'right');
    world.quiet(world[first]);
    const tree = world.tree();
    expect(Object.values(tree).toSorted()).toEqual(['-> left', '-> right']);
    expect(tree['l']).toBe(first === 'laptop' ? '-> left' : '-> right');
    expect(world.laptop.tree()).toEqual(tree);
    expect(world.phone.tree()).toEqual(tree);
    expect(world.recorded()).toEqual(['link-link']);
  },
);

row(
  'names swapped on one, contents edited on the other: both apply',
  {
    start: { 'a.txt': '1', 'b.txt': '2' },
    laptop: (laptop) => {
      laptop.move('a.txt', 't');
      laptop.move('b.txt', 'a.txt');
      laptop.move('t', 'b.txt');
    },
    phone: (phone) => phone.write('a.txt', 'P'),
  },
  ({ tree, recorded }) => {
    expect(tree).toEqual({ 'a.txt': '2', 'b.txt': 'P' });
    expect(recorded).toEqual([]);
  },
);

describe('what only one device can tell', () => {
  test('a folder deleted elsewhere stays for the ignored files in it, and that is recorded', () => {
    const world = new PictureWorld();
    world.start(FOLDER);
    world.laptop.write('f/.mine', 'M');
    world.phone.remove('f');
    world.quiet(world.phone);
    expect(world.tree()).toEqual({});
    expect(world.phone.tree()).toEqual({});
    expect(world.laptop.tree()).toEqual({ 'f/': '', 'f/.mine': 'M' });
    expect(world.recorded()).toEqual(['folder-deleted-untracked-inside']);
    world.laptop.write('f/new.txt', 'N');
    world.quiet();
    expect(world.tree()).toEqual({ 'f/': '', 'f/new.txt': 'N' });
  });

  test('a folder left for ignored files steps aside when its name is needed', () => {
    const world = new PictureWorld();
    world.start(FOLDER);
    world.laptop.write('f/.mine', 'M');
    world.phone.remove('f');
    world.quiet(world.phone);
    world.phone.write('f', 'a file now');
    world.quiet(world.phone);
    expect(world.laptop.tree()).toMatchObject({ f: 'a file now', 'f (left 0)/.mine': 'M' });
  });

  test('a folder renamed elsewhere takes the ignored files in it along', () => {
    const world = new PictureWorld();
    world.start(FOLDER);
    world.laptop.write('f/.mine', 'M');
    world.phone.move('f', 'g');
    world.quiet(world.phone);
    expect(world.laptop.tree()).toEqual({ 'g/': '', 'g/.mine': 'M', 'g/a.txt': '1', 'g/b.txt': '2' });
    expect(world.recorded()).toEqual([]);
  });

  test('names that differ only by key are parked, with what depends on them', () => {
    const world = new PictureWorld();
    world.start({ 'straße/': '' });
    world.laptop.makeFolder('STRASSE');
    world.laptop.write('STRASSE/in.txt', 'L');
    world.quiet();
    expect(world.tree()).toEqual({ 'straße/': '' });
    expect(world.laptop.parked()).toEqual(['NAME_DIFFERS_ONLY_BY_CASE', 'WAITS_FOR_PARKED']);
    world.laptop.move('STRASSE', 'other');
    world.quiet();
    expect(world.phone.tree()).toEqual({ 'straße/': '', 'other/': '', 'other/in.txt': 'L' });
  });

  test('who may not write keeps the local changes and still follows what others do', () => {
    const world = new PictureWorld();
    world.start(FOLDER);
    world.phone.device.policy = { ...world.phone.device.policy, mayWrite: false };
    world.phone.write('f/a.txt', 'P');
    world.phone.write('own.txt', 'own');
    world.phone.remove('f/b.txt');
    world.laptop.write('f/c.txt', 'L');
    world.laptop.write('f/a.txt', 'L2');
    world.quiet();
    expect(world.phone.tree()).toEqual({ 'f/': '', 'f/a.txt': 'P', 'f/c.txt': 'L', 'own.txt': 'own' });
    expect(world.tree()).toEqual({ 'f/': '', 'f/a.txt': 'L2', 'f/b.txt': '2', 'f/c.txt': 'L' });
    expect(world.phone.parked()).toEqual(['NOT_ALLOWED', 'NOT_ALLOWED', 'NOT_ALLOWED']);
    expect(world.recorded()).toEqual([]);
  });

  test('a name that this platform cannot hold is left out here, with what is in it, and said', () => {
    const world = new PictureWorld();
    world.phone.device.policy = {
      ...world.phone.device.policy,
      platformProblem: (name) => (name.includes(':') ? 'holds a character this system does not allow' : undefined),
    };
    world.start({ 'a:b/': '', 'a:b/in.txt': '1', 'c.txt': '2' });
    expect(world.phone.tree()).toEqual({ 'c.txt': '2' });
    expect(world.phone.parked()).toEqual(['NAME_NOT_POSSIBLE_HERE']);
    world.laptop.move('a:b', 'ab');
    world.quiet();
    expect(world.phone.tree()).toEqual({ 'ab/': '', 'ab/in.txt': '1', 'c.txt': '2' });
  });

  test('leaving scope removes clean files here and deletes nothing; coming back fetches them', () => {
    const world = new PictureWorld();
    world.start({ ...FOLDER, 'c.txt': '3' });
    const { policy } = world.phone.device;
    const excludedTops = world.server.live().flatMap(({ id, name }) => (name === 'f' ? [id] : []));
    world.phone.device.policy = { ...policy, excluded: ({ id }) => excludedTops.includes(id), excludedTops };
    world.phone.write('f/a.txt', 'edited before it was noticed');
    world.quiet();
    expect(world.tree()).toMatchObject({ 'f/a.txt': 'edited before it was noticed', 'f/b.txt': '2' });
    expect(world.phone.tree()).toEqual({ 'c.txt': '3' });
    world.laptop.write('f/b.txt', 'L');
    world.phone.device.policy = policy;
    world.quiet();
    expect(world.phone.tree()).toEqual(world.laptop.tree());
    expect(world.recorded()).toEqual([]);
  });
});

describe('a conflict and what comes after', () => {
  test('further saves on the losing side go to the one copy', () => {
    const world = new PictureWorld();
    world.start(FILE);
    world.laptop.write('a.txt', 'L');
    world.phone.write('a.txt', 'P1');
    world.quiet(world.laptop);
    expect(Object.values(world.tree()).toSorted()).toEqual(['L', 'P1']);
    expect(world.recorded()).toEqual(['edit-edit']);
  });

  test('two devices with the same losing content make one copy', () => {
    const world = new PictureWorld();
    world.start(FILE);
    world.laptop.write('a.txt', 'L');
    world.phone.write('a.txt', 'P');
    world.quiet(world.laptop);
    world.quiet(world.phone);
    expect(Object.keys(world.tree())).toHaveLength(2);
    expect(world.recorded()).toHaveLength(1);
  });
});
