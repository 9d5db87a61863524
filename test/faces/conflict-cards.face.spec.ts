import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import type { ConflictCard, ConflictEnd, ConflictSideView, IpcClient } from '@tidemark/ipc';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { faceOf } from '../support/faces.ts';
import { until } from '../support/processes.ts';
import { World } from '../support/world.ts';

describe('a conflict of two contents is settled by a face, and that is taken back', () => {
  let world: World;
  let laptop: IpcClient;
  let phone: IpcClient;
  let workspace: string;
  const on = (name: string, path: string): string => world.device(name).path(path);

  beforeAll(async () => {
    world = await World.start();
    workspace = await world.workspaceId(world.device('laptop'));
    laptop = await faceOf(world.device('laptop'));
    phone = await faceOf(world.device('phone'));
  });
  afterAll(async () => {
    await world.stop();
  });

  const open = async (client: IpcClient): Promise<readonly ConflictCard[]> => (await client.call('conflicts', { workspace })).conflicts;
  const textOf = async (side: ConflictSideView): Promise<string | undefined> => {
    if (side?.entry === null || side?.entry === undefined || side.revision === null) return undefined;
    return (await laptop.call('text', { workspace, entry: side.entry, revision: side.revision })).text;
  };
  /** Both change the file while the phone is paused: the laptop is first. */
  async function conflictAt(path: string): Promise<ConflictCard> {
    await writeFile(on('laptop', path), 'start');
    await world.quiet();
    await phone.call('pause', {});
    await writeFile(on('laptop', path), 'of the laptop');
    await writeFile(on('phone', path), 'of the phone');
    await world.quietOne('laptop');
    await phone.call('resume', {});
    await until('the conflict is shown', async () => (await open(laptop)).some((card) => card.path === path));
    await world.quiet();
    const card = (await open(laptop)).find((one) => one.path === path);
    if (card === undefined) throw new Error('no card');
    return card;
  }
  const contentsNow = async (path: string): Promise<readonly string[]> => {
    const stem = path.replace('.txt', '');
    const found = Object.keys(await world.quiet())
      .filter((one) => one.startsWith(stem))
      .toSorted((a, b) => a.length - b.length);
    return Promise.all(found.map((one) => readFile(on('laptop', one), 'utf8')));
  };

  test('a card shows all three contents, who wrote them, and what can be chosen', async () => {
    const card = await conflictAt('shown.txt');
    expect(card).toMatchObject({
      rule: 'edit-edit',
      settled: null,
      ends: ['mine', 'theirs', 'both', 'merged'],
      by: { deviceName: 'phone' },
    });
    expect(card.said).toMatch(/kept beside it/);
    expect(await textOf(card.base)).toBe('start');
    expect(await textOf(card.mine)).toBe('of the phone');
    expect(await textOf(card.theirs)).toBe('of the laptop');
    expect(card.theirs).toMatchObject({ by: { deviceName: 'laptop' }, bytes: 13 });
    const copy = Object.keys(await world.quiet()).find((path) => path.startsWith('shown (conflict, phone'));
    expect([card.mine, card.theirs]).toMatchObject([
      { path: 'shown.txt', pathNow: copy },
      { path: 'shown.txt', pathNow: 'shown.txt' },
    ]);
    await rename(on('laptop', copy ?? ''), on('laptop', 'elsewhere.txt'));
    await rm(on('laptop', 'shown.txt'));
    await world.quiet();
    const moved = (await open(laptop)).find(({ conflict }) => conflict === card.conflict);
    expect([moved?.mine, moved?.theirs]).toMatchObject([{ pathNow: 'elsewhere.txt' }, { pathNow: null }]);
    await laptop.call('settle', { workspace, conflict: card.conflict, how: 'both' });
    expect((await open(laptop)).map(({ conflict }) => conflict)).not.toContain(card.conflict);
    expect(await contentsNow('elsewhere.txt')).toEqual(['of the phone']);
  });

  const ENDS: readonly { readonly how: ConflictEnd; readonly text?: string; readonly left: readonly string[] }[] = [
    { how: 'mine', left: ['of the phone'] },
    { how: 'theirs', left: ['of the laptop'] },
    { how: 'merged', text: 'of both\n', left: ['of both\n'] },
  ];
  for (const { how, text, left } of ENDS)
    test(`settled with "${how}" one content is left everywhere; taken back both are there again`, async () => {
      const path = `${how}.txt`;
      const card = await conflictAt(path);
      await laptop.call('settle', { workspace, conflict: card.conflict, how, ...(text !== undefined && { text }) });
      await until('one is left', async () => (await contentsNow(path)).length === 1);
      expect(await contentsNow(path)).toEqual(left);
      const settled = (await phone.call('conflicts', { workspace, all: true })).conflicts.find(
        ({ conflict }) => conflict === card.conflict,
      );
      expect(settled).toMatchObject({ settled: { how }, ends: [] });
      expect(await textOf(settled?.mine ?? null)).toBe('of the phone');
      expect(await textOf(settled?.theirs ?? null)).toBe('of the laptop');
      await expect(phone.call('settle', { workspace, conflict: card.conflict, how: 'both' })).rejects.toMatchObject({ code: 'REFUSED' });

      await phone.call('unsettle', { workspace, conflict: card.conflict });
      await until('both are there again', async () => (await contentsNow(path)).length === 2);
      expect(await contentsNow(path)).toEqual(['of the laptop', 'of the phone']);
      await until('it is open again', async () => (await open(laptop)).some(({ conflict }) => conflict === card.conflict));
      await expect(phone.call('unsettle', { workspace, conflict: card.conflict })).rejects.toMatchObject({ code: 'REFUSED' });
    });

  const isOpen = async (client: IpcClient, { conflict }: ConflictCard): Promise<boolean> =>
    (await open(client)).some((card) => card.conflict === conflict);
  /** The laptop is first; the phone meets it. */
  async function metBy(rule: string, onLaptop: () => Promise<void>, onPhone: () => Promise<void>): Promise<ConflictCard> {
    await world.quiet();
    await phone.call('pause', {});
    await onLaptop();
    await onPhone();
    await world.quietOne('laptop');
    await phone.call('resume', {});
    await until('the conflict is shown', async () => (await open(laptop)).some((card) => card.rule === rule));
    await world.quiet();
    const card = (await open(laptop)).find((one) => one.rule === rule);
    if (card === undefined) throw new Error('no card');
    expect(card.ends).toEqual(['mine', 'theirs', 'both']);
    return card;
  }
  const pathsNow = async (stem: string): Promise<readonly string[]> =>
    Object.keys(await world.quiet()).filter((path) => path.endsWith(stem));

  test('what the phone deleted and the laptop edited is deleted after all; taken back it is there with the edit, and is kept', async () => {
    await writeFile(on('laptop', 'gone.txt'), 'start');
    const card = await metBy(
      'delete-edit',
      () => writeFile(on('laptop', 'gone.txt'), 'edited'),
      () => rm(on('phone', 'gone.txt')),
    );
    const { conflict } = card;
    expect(await pathsNow('gone.txt')).toEqual(['gone.txt']);
    await laptop.call('settle', { workspace, conflict, how: 'mine' });
    await until('it is deleted everywhere', async () => (await pathsNow('gone.txt')).length === 0);
    await until('no card anywhere', async () => !(await isOpen(laptop, card)) && !(await isOpen(phone, card)));
    await phone.call('unsettle', { workspace, conflict });
    await until('it is there again', async () => (await pathsNow('gone.txt')).length === 1);
    expect(await readFile(on('phone', 'gone.txt'), 'utf8')).toBe('edited');
    await until('it is open again', () => isOpen(laptop, card));
    await phone.call('settle', { workspace, conflict, how: 'theirs' });
    await until('no card anywhere', async () => !(await isOpen(laptop, card)) && !(await isOpen(phone, card)));
    expect(await pathsNow('gone.txt')).toEqual(['gone.txt']);
  });

  test('what both moved is moved to the place of the second after all; taken back it lies where the first put it', async () => {
    await mkdir(on('laptop', 'left'));
    await mkdir(on('laptop', 'right'));
    await writeFile(on('laptop', 'moved.txt'), 'start');
    const card = await metBy(
      'move-move',
      () => rename(on('laptop', 'moved.txt'), on('laptop', 'left/moved.txt')),
      () => rename(on('phone', 'moved.txt'), on('phone', 'right/moved.txt')),
    );
    const { conflict } = card;
    expect([card.mine?.path, card.theirs?.path, card.mine?.pathNow]).toEqual(['right/moved.txt', 'left/moved.txt', 'left/moved.txt']);
    await laptop.call('settle', { workspace, conflict, how: 'mine' });
    await until('it lies there', async () => (await pathsNow('moved.txt')).join() === 'right/moved.txt');
    await until('no card anywhere', async () => !(await isOpen(laptop, card)) && !(await isOpen(phone, card)));
    await phone.call('unsettle', { workspace, conflict });
    await until('it lies where it was', async () => (await pathsNow('moved.txt')).join() === 'left/moved.txt');
    await until('it is open again', () => isOpen(laptop, card));
  });

  test('what nobody knows is not settled, and a text goes only with a merge', async () => {
    const [card] = await open(laptop);
    const conflict = card?.conflict ?? '';
    await expect(laptop.call('settle', { workspace, conflict: workspace, how: 'both' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(laptop.call('settle', { workspace, conflict, how: 'merged' })).rejects.toMatchObject({ code: 'INVALID' });
    await expect(laptop.call('settle', { workspace, conflict, how: 'mine', text: 'x' })).rejects.toMatchObject({ code: 'INVALID' });
  });
});
