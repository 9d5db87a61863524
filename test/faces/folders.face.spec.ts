import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { PACK_BYTES_TARGET } from '@tidemark/domain';
import type { IpcClient, WorkspaceStatus } from '@tidemark/ipc';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { entryOf, faceOf } from '../support/faces.ts';
import { until } from '../support/processes.ts';
import { World } from '../support/world.ts';

/** A question to the server, headers included, has less. */
const QUESTION_BYTES = 16 * 1024;

describe('what a face can do with the folders of its device', () => {
  let world: World;
  let face: IpcClient;
  let workspace: string;
  const on = (name: string, path: string): string => world.device(name).path(path);
  const here = async (name: string, path: string): Promise<string | undefined> => readFile(on(name, path), 'utf8').catch(() => undefined);
  const stateOf = async (client: IpcClient): Promise<WorkspaceStatus | undefined> => (await client.call('status', {})).workspaces[0];

  beforeAll(async () => {
    world = await World.start();
    face = await faceOf(world.device('laptop'));
    workspace = await world.workspaceId(world.device('laptop'));
  });
  afterAll(async () => {
    await world.stop();
  });

  test('while a workspace is paused nothing is sent or fetched, also after a restart; then everything is', async () => {
    await face.call('pause', { workspace });
    await writeFile(on('laptop', 'mine.txt'), 'mine');
    await writeFile(on('phone', 'theirs.txt'), 'theirs');
    await world.quietOne('phone');
    await until('the change is noticed', async () => ((await stateOf(face))?.pending.upload.entries ?? 0) > 0);
    expect(await stateOf(face)).toMatchObject({ state: 'paused' });
    await world.device('laptop').stop();
    await world.device('laptop').start();
    face = await faceOf(world.device('laptop'));
    await until('the change is noticed again', async () => ((await stateOf(face))?.pending.upload.entries ?? 0) > 0);
    expect(await stateOf(face)).toMatchObject({ state: 'paused' });
    expect(await here('laptop', 'theirs.txt')).toBeUndefined();
    expect(await here('phone', 'mine.txt')).toBeUndefined();
    await face.call('resume', { workspace });
    expect(Object.keys(await world.quiet())).toEqual(['mine.txt', 'theirs.txt']);
  });

  test('a pause in the middle of a large content stops it at once, and what has arrived is not sent again', async () => {
    const bytes = 40 * 1024 * 1024;
    const sent = async (): Promise<number> => (await face.call('status', {})).traffic.sentBytes;
    const before = await sent();
    await writeFile(on('laptop', 'large.bin'), randomBytes(bytes));
    await until('some of it is sent', async () => (await sent()) - before > bytes / 5);
    await face.call('pause', {});
    const atPause = await sent();
    expect(atPause - before).toBeLessThan(bytes);
    await writeFile(on('laptop', 'meanwhile.txt'), 'meanwhile');
    await until('another change is noticed', async () => ((await stateOf(face))?.pending.upload.entries ?? 0) > 1);
    // No content: at most a question.
    expect((await sent()) - atPause).toBeLessThan(QUESTION_BYTES);
    await face.call('resume', {});
    await world.quiet();
    expect((await sent()) - before).toBeLessThan(bytes + 2 * PACK_BYTES_TARGET);
  });

  test('a pause for a time ends by itself', async () => {
    await face.call('pause', { minutes: 0.02 });
    expect(await stateOf(face)).toMatchObject({ state: 'paused' });
    await writeFile(on('phone', 'later.txt'), 'later');
    await world.untilOn('laptop', 'later.txt');
    await world.quiet();
  });

  test('a folder that leaves the scope goes from this disk and from nowhere else, and comes back', async () => {
    await mkdir(on('laptop', 'big/inner'), { recursive: true });
    await writeFile(on('laptop', 'big/inner/a.txt'), 'a');
    await writeFile(on('laptop', 'big/b.txt'), 'b');
    await world.quiet();
    const big = await entryOf(world.device('laptop'), 'big');
    expect(await face.call('choose', { workspace, entry: big, keep: false })).toEqual({ left: [big] });
    await until(
      'gone from the laptop',
      async () => (await here('laptop', 'big/b.txt')) === undefined && (await here('laptop', 'big/inner/a.txt')) === undefined,
    );
    await world.idle();
    expect(await here('phone', 'big/inner/a.txt')).toBe('a');
    expect(await face.call('scope', { workspace })).toEqual({ left: [{ entry: big, path: 'big' }] });
    await writeFile(on('phone', 'big/b.txt'), 'b again, and longer');
    await world.idle();
    expect(await stateOf(face)).toMatchObject({ state: 'idle', pending: { download: { entries: 0, bytes: 0 } } });
    await world.device('laptop').stop();
    await world.device('laptop').start();
    face = await faceOf(world.device('laptop'));
    await world.idle();
    expect(await here('laptop', 'big/b.txt')).toBeUndefined();
    expect((await world.events()).map(({ type }) => type)).not.toContain('EntryDeleted');
    await face.call('choose', { workspace, entry: big, keep: true });
    await until('back on the laptop', async () => (await here('laptop', 'big/b.txt')) === 'b again, and longer');
    await world.quiet();
    expect(await here('laptop', 'big/inner/a.txt')).toBe('a');
  });

  test('what was changed here and not sent stays when its folder leaves the scope, and is sent', async () => {
    const big = await entryOf(world.device('laptop'), 'big');
    await face.call('pause', {});
    await writeFile(on('laptop', 'big/b.txt'), 'edited on the laptop');
    await writeFile(on('laptop', 'big/new.txt'), 'new on the laptop');
    await face.call('choose', { workspace, entry: big, keep: false });
    await face.call('resume', {});
    await until(
      'sent',
      async () =>
        (await here('phone', 'big/b.txt')) === 'edited on the laptop' && (await here('phone', 'big/new.txt')) === 'new on the laptop',
    );
    await face.call('choose', { workspace, entry: big, keep: true });
    await world.quiet();
  });

  test('the workspace itself cannot leave its own scope, and what nobody knows neither', async () => {
    const root = await entryOf(world.device('laptop'), '');
    await expect(face.call('choose', { workspace, entry: root, keep: false })).rejects.toMatchObject({ code: 'INVALID' });
    await expect(face.call('choose', { workspace, entry: workspace, keep: false })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test('ignore rules are read, tried, set and synced; what is synced already is told to stay so', async () => {
    expect(await face.call('ignoreRules', { workspace })).toEqual({ rules: '' });
    await writeFile(on('laptop', 'tracked.log'), 'tracked');
    await world.quiet();
    const rules = 'target/\n*.log\n';
    const tried = await face.call('ignoreCheck', { workspace, rules });
    expect(tried).toEqual({ hidden: [{ path: 'tracked.log', isFolder: false, rule: '*.log', isSynced: true }], more: false });
    await face.call('setIgnoreRules', { workspace, rules });
    await world.quiet();
    expect(await here('phone', '.tidemarkignore')).toBe(rules);
    await mkdir(on('laptop', 'target'));
    await writeFile(on('laptop', 'target/out.o'), 'o');
    await writeFile(on('laptop', 'seen.txt'), 'seen');
    await world.untilOn('phone', 'seen.txt');
    expect(await here('phone', 'target/out.o')).toBeUndefined();
    const { hidden } = await face.call('ignoreCheck', { workspace });
    expect(hidden).toContainEqual({ path: 'target', isFolder: true, rule: 'target/', isSynced: false });
    expect(await face.call('ignoreCheck', { workspace, path: 'a/target/x.txt' })).toMatchObject({ hidden: [{ rule: 'target/' }] });
    expect(await face.call('ignoreCheck', { workspace, path: 'a/x.txt' })).toEqual({ hidden: [], more: false });
    await expect(face.call('ignoreCheck', { workspace, path: '../x' })).rejects.toMatchObject({ code: 'INVALID' });
  });

  test('folders are listed for a picker, with those that are synced', async () => {
    const { parent, folders } = await face.call('folders', { path: world.base });
    expect(parent).not.toBeNull();
    expect(folders).toContainEqual({ name: 'laptop', path: world.device('laptop').folder, isSynced: true });
    expect(folders).toContainEqual({ name: 'phone', path: world.device('phone').folder, isSynced: false });
    await expect(face.call('folders', { path: on('laptop', 'nowhere') })).rejects.toMatchObject({ code: 'FOLDER_UNUSABLE' });
  });

  test('a report names no files and no secret, unless it is asked for paths', async () => {
    const { text } = await face.call('report', {});
    expect(text).toMatch(/Node\.js v\d+/);
    expect(text).toContain(workspace);
    for (const name of ['seen.txt', 'tracked', world.base]) expect(text).not.toContain(name);
    const { token } = await world.credentials(world.device('laptop'));
    const whole = (await face.call('report', { withPaths: true })).text;
    expect(whole).toContain('seen.txt');
    expect(whole).not.toContain(token.split('.').at(-1));
  });
});
