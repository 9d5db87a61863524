import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { contentsOf, type Seen } from '../support/trees.ts';
import { World, type Device } from '../support/world.ts';

/** What two people do to the same thing while neither hears of the other. */
interface Case {
  readonly name: string;
  readonly laptop: (at: Place) => Promise<void>;
  readonly phone: (at: Place) => Promise<void>;
  /** Every text that must live on afterwards. */
  readonly contents: readonly string[];
  readonly paths?: (paths: readonly string[]) => void;
  readonly recorded: readonly string[];
}

type Place = Pick<Device, 'path'>;
const within = (device: Device, folder: string): Place => ({ path: (relative) => device.path(`${folder}/${relative}`) });
const write = (path: string, text: string) => async (at: Place) => writeFile(at.path(path), text);
const remove = (path: string) => async (at: Place) => rm(at.path(path), { recursive: true });
const move = (from: string, to: string) => async (at: Place) => rename(at.path(from), at.path(to));
const CONFLICT_NAME = / \(conflict, [^,]+, \d{4}-\d{2}-\d{2} \d{4}( [0-9a-f]+)?\)/;

const CASES: readonly Case[] = [
  {
    name: 'edit and edit: the first stays, the other becomes one conflict copy',
    laptop: write('a.txt', 'laptop'),
    phone: write('a.txt', 'phone'),
    contents: ['laptop', 'phone'],
    paths: (paths) => expect(paths.filter((path) => CONFLICT_NAME.test(path))).toHaveLength(1),
    recorded: ['edit-edit'],
  },
  {
    name: 'the same edit on both is no conflict',
    laptop: write('a.txt', 'same'),
    phone: write('a.txt', 'same'),
    contents: ['same'],
    recorded: [],
  },
  {
    name: 'edit and delete: the edit survives under its name',
    laptop: write('a.txt', 'edited'),
    phone: remove('a.txt'),
    contents: ['edited'],
    paths: (paths) => expect(paths).toContain('a.txt'),
    recorded: ['edit-delete | delete-edit'],
  },
  {
    name: 'edit and move: both apply',
    laptop: write('a.txt', 'edited'),
    phone: move('a.txt', 'moved.txt'),
    contents: ['edited'],
    paths: (paths) => expect(paths).toEqual(['folder', 'moved.txt']),
    recorded: [],
  },
  {
    name: 'move and move: one place wins, nothing is doubled',
    laptop: move('a.txt', 'left.txt'),
    phone: move('a.txt', 'right.txt'),
    contents: ['start'],
    paths: (paths) => expect(paths.filter((path) => path.endsWith('.txt'))).toHaveLength(1),
    recorded: ['move-move'],
  },
  {
    name: 'move and delete: the move survives',
    laptop: move('a.txt', 'moved.txt'),
    phone: remove('a.txt'),
    contents: ['start'],
    paths: (paths) => expect(paths).toContain('moved.txt'),
    recorded: ['move-delete | delete-move'],
  },
  {
    name: 'two creations of one name with different contents: the second gets the conflict name',
    laptop: write('new.txt', 'laptop'),
    phone: write('new.txt', 'phone'),
    contents: ['laptop', 'phone', 'start'],
    paths: (paths) => expect(paths.filter((path) => CONFLICT_NAME.test(path))).toHaveLength(1),
    recorded: ['create-create'],
  },
  {
    name: 'two creations of one name with one content are one file',
    laptop: write('new.txt', 'same'),
    phone: write('new.txt', 'same'),
    contents: ['same', 'start'],
    recorded: [],
  },
  {
    name: 'delete and delete',
    laptop: remove('a.txt'),
    phone: remove('a.txt'),
    contents: [],
    recorded: [],
  },
];

/** The files of the case, in a folder of its own. */
async function outcome(
  world: World,
  one: Case,
  root: string,
  first: 'laptop' | 'phone',
  offline: readonly ('laptop' | 'phone')[],
): Promise<Record<string, Seen>> {
  const laptop = within(world.device('laptop'), root);
  const phone = within(world.device('phone'), root);
  await mkdir(laptop.path('folder'), { recursive: true });
  await writeFile(laptop.path('a.txt'), 'start');
  await world.quiet();
  for (const name of offline) world.device(name).proxy.goOffline();
  for (const name of first === 'laptop' ? (['laptop', 'phone'] as const) : (['phone', 'laptop'] as const)) {
    await (name === 'laptop' ? one.laptop(laptop) : one.phone(phone));
    if (!offline.includes(name)) await world.quietOne(name);
  }
  for (const name of first === 'laptop' ? (['laptop', 'phone'] as const) : (['phone', 'laptop'] as const)) {
    if (!offline.includes(name)) continue;
    await world.seen(name);
    world.device(name).proxy.goOnline();
    await world.quietOne(name);
  }
  const tree = await world.quiet();
  return Object.fromEntries(
    Object.entries(tree).flatMap(([path, seen]) => (path.startsWith(`${root}/`) ? [[path.slice(root.length + 1), seen]] : [])),
  );
}

describe('what two people do to the same thing', () => {
  let world: World;
  let cases = 0;
  beforeAll(async () => {
    world = await World.start();
  });
  afterEach(() => {
    for (const device of world.devices) device.proxy.goOnline();
  });
  afterAll(async () => {
    await world.stop();
  });

  describe.each(CASES)('$name', (one) => {
    test.each([
      ['both offline, the laptop comes back first', 'laptop', ['laptop', 'phone']],
      ['the laptop offline, the phone first', 'phone', ['laptop']],
    ] as const)('%s', async (_how, first, offline) => {
      cases += 1;
      const root = `case ${cases}`;
      const before = (await world.events()).length;
      const tree = await outcome(world, one, root, first, offline);
      const texts = await Promise.all(
        Object.entries(tree)
          .filter(([, seen]) => seen.kind === 'file')
          .map(([path]) => readFile(world.device('laptop').path(`${root}/${path}`), 'utf8')),
      );
      expect(texts.toSorted()).toEqual(one.contents.toSorted());
      expect(contentsOf(tree)).toHaveLength(one.contents.length);
      one.paths?.(Object.keys(tree));
      const recorded = (await world.events())
        .slice(before)
        .filter((event) => event.type === 'ConflictRecorded')
        .map((event) => (event.data as { rule: string }).rule);
      expect(recorded).toHaveLength(one.recorded.length);
      recorded.forEach((rule, at) => expect(one.recorded[at]?.split(' | ')).toContain(rule));
    });
  });
});

describe('three devices and one folder', () => {
  test.each([['delete first'], ['move first']])(
    'one deletes it, one edits a file inside, one moves it (%s): no content lost, all trees equal',
    async (order) => {
      const world = await World.start({ devices: ['laptop', 'phone', 'tablet'] });
      try {
        const [laptop, phone, tablet] = ['laptop', 'phone', 'tablet'].map((name) => world.device(name)) as [Device, Device, Device];
        await mkdir(laptop.path('folder/inner'), { recursive: true });
        await writeFile(laptop.path('folder/a.txt'), 'a');
        await writeFile(laptop.path('folder/inner/b.txt'), 'b');
        await world.quiet();
        for (const device of world.devices) device.proxy.goOffline();
        await rm(laptop.path('folder'), { recursive: true });
        await writeFile(phone.path('folder/inner/b.txt'), 'b edited');
        await rename(tablet.path('folder'), tablet.path('moved'));
        for (const device of order === 'delete first' ? [laptop, tablet, phone] : [tablet, laptop, phone]) {
          device.proxy.goOnline();
          await world.quietOne(device.name);
        }
        const tree = await world.quiet();
        expect(Object.keys(tree)).toEqual(['moved', 'moved/a.txt', 'moved/inner', 'moved/inner/b.txt']);
        expect(await readFile(laptop.path('moved/inner/b.txt'), 'utf8')).toBe('b edited');
      } finally {
        await world.stop();
      }
    },
  );
});
