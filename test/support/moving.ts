import { createHash, randomBytes } from 'node:crypto';
import { appendFile, mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { expect } from 'vitest';
import { run, SERVER, type Ran } from './processes.ts';
import { contentsOf } from './trees.ts';
import type { Installation } from './installations/installation.ts';
import type { Device, World } from './world.ts';

/** What stands in a workspace's history, by the API, and the bytes of every content there ever was. */
export interface Chronicle {
  readonly activity: readonly unknown[];
  readonly conflicts: readonly unknown[];
  /** By entry and revision: SHA-256. */
  readonly contents: Readonly<Record<string, string>>;
}

interface Line {
  readonly type: string;
  readonly entry?: string;
  readonly revision: string;
}

/** Of a new content that goes over the wire with all that belongs to it. */
const SMALL_TRAFFIC_BYTES = 100_000;
const LARGE_BYTES = 3_000_000;

/** Asked with the device's own token, so that it also shows that the token holds. */
export async function chronicleOf(world: World, device: Device): Promise<Chronicle> {
  const workspace = `/v1/workspaces/${await world.workspaceId(device)}`;
  const answer = async <Body>(path: string): Promise<Body> => {
    const response = await world.api(device, `${workspace}${path}`);
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as Body;
  };
  const { activity, more } = await answer<{ activity: readonly Line[]; more: boolean }>('/history?limit=500');
  expect(more).toBe(false);
  const { conflicts } = await answer<{ conflicts: readonly unknown[] }>('/conflicts?limit=500');
  const contents: Record<string, string> = {};
  for (const { type, entry, revision } of activity) {
    if (entry === undefined || (type !== 'FileCreated' && type !== 'ContentCommitted')) continue;
    const response = await world.api(device, `${workspace}/entries/${entry}/content?revision=${revision}`);
    if (!response.ok) throw new Error(`content of ${entry} at ${revision}: ${response.status}`);
    contents[`${entry} ${revision}`] = createHash('sha256')
      .update(Buffer.from(await response.arrayBuffer()))
      .digest('hex');
  }
  return { activity, conflicts, contents };
}

/** The server stops, its things are copied, and devices find it in its new place. Agents run on meanwhile. */
export async function moveHouse(world: World, to: Installation, meanwhile: () => Promise<void> = async () => undefined): Promise<Ran> {
  const from = world.server;
  await from.stop();
  await meanwhile();
  await to.prepare();
  const ran = await run(SERVER, ['copy', '--from', from.place, '--to', to.place]);
  if (ran.code !== 0) throw new Error(`copy ended with ${ran.code}:\n${ran.stdout}${ran.stderr}`);
  await world.moveTo(to);
  return ran;
}

/** Edits, renames, deletions and a conflict of two devices. */
async function live(world: World): Promise<void> {
  const [laptop, phone] = [world.device('laptop'), world.device('phone')];
  await mkdir(laptop.path('folder/inner'), { recursive: true });
  await writeFile(laptop.path('large.bin'), randomBytes(LARGE_BYTES));
  await writeFile(laptop.path('empty'), '');
  await symlink('large.bin', laptop.path('link'));
  for (let n = 0; n < 10; n += 1) await writeFile(laptop.path(`folder/inner/${n}.txt`), `file ${n}\n`);
  await writeFile(laptop.path('both.txt'), 'start');
  await world.quiet();
  await appendFile(phone.path('folder/inner/1.txt'), 'edited on the phone\n');
  await rename(phone.path('folder/inner'), phone.path('renamed'));
  await rm(laptop.path('folder/inner/2.txt'), { force: true });
  await world.quiet();
  await rm(phone.path('renamed/3.txt'));
  phone.proxy.goOffline();
  await writeFile(phone.path('both.txt'), 'the phone');
  await world.seen('phone');
  await writeFile(laptop.path('both.txt'), 'the laptop');
  await world.quietOne('laptop');
  phone.proxy.goOnline();
  await world.quiet();
}

const sent = (world: World): number => world.devices.reduce((sum, { proxy }) => sum + proxy.traffic().up + proxy.traffic().down, 0);

/**
 * A house of real files with a history moves to the middle and back home, agents running and writing all the while: they go on with their tokens and cursors
 * as if nothing had been, and what stands in the history and in every content is the same at each end.
 * The middle may be any installation that has not begun yet.
 */
export async function thereAndBack(world: World, middle: Installation): Promise<void> {
  const home = world.server;
  const [laptop, phone] = [world.device('laptop'), world.device('phone')];
  await live(world);
  const first = await chronicleOf(world, laptop);
  expect(first.conflicts).toHaveLength(1);
  const events = await world.events();

  let traffic = sent(world);
  await moveHouse(world, middle, () => writeFile(phone.path('meanwhile.txt'), 'while the server was away'));
  const tree = await world.quiet();
  expect(tree['meanwhile.txt']?.size).toBe('while the server was away'.length);
  // Nothing is sent again but what is new: no pull from the beginning, no content.
  expect(sent(world) - traffic).toBeLessThan(SMALL_TRAFFIC_BYTES);
  const there = await chronicleOf(world, phone);
  expect(there.activity.slice(-first.activity.length)).toEqual(first.activity);
  expect(there.activity).toHaveLength(first.activity.length + 1);
  expect(there.conflicts).toEqual(first.conflicts);
  expect(there.contents).toMatchObject(first.contents);

  await appendFile(laptop.path('large.bin'), 'one more line');
  await rm(phone.path('renamed/4.txt'));
  await rename(laptop.path('renamed'), laptop.path('renamed in the middle'));
  await world.quiet();
  const before = await chronicleOf(world, laptop);

  traffic = sent(world);
  await moveHouse(world, home, () => writeFile(laptop.path('on the way home.txt'), 'home'));
  const end = await world.quiet();
  expect(sent(world) - traffic).toBeLessThan(SMALL_TRAFFIC_BYTES);
  const after = await chronicleOf(world, phone);
  expect(after.activity.slice(-before.activity.length)).toEqual(before.activity);
  expect(after.activity).toHaveLength(before.activity.length + 1);
  expect(after.conflicts).toEqual(first.conflicts);
  expect(after.contents).toMatchObject(before.contents);
  expect(Object.keys(end).filter((path) => path.includes('(conflict'))).toHaveLength(1);
  expect(contentsOf(end)).toHaveLength(Object.values(end).filter(({ kind }) => kind === 'file').length);
  expect((await world.events()).slice(0, events.length).map(withoutPosition)).toEqual(events.map(withoutPosition));
}

const withoutPosition = <Event extends { readonly position: bigint }>({ position: _position, ...event }: Event): Omit<Event, 'position'> =>
  event;
