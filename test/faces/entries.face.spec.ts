import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { IpcClient, TransfersNotice } from '@tidemark/ipc';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { entryOf, faceOf, ipcOf } from '../support/faces.ts';
import { run, TIDEMARK, until } from '../support/processes.ts';
import { World } from '../support/world.ts';

/** The agent's own program, which answers one call without a daemon. */
const AGENT = fileURLToPath(import.meta.resolve('@tidemark/agent/main'));

/** What the agent's program answers while no daemon runs. */
async function callsOf(home: string, questions: readonly { name: string; question: unknown }[]): Promise<readonly unknown[]> {
  const program = spawn(process.execPath, [AGENT, 'calls', '--home', home], { stdio: ['pipe', 'pipe', 'inherit'] });
  program.stdin.end(questions.map((one) => JSON.stringify(one)).join('\n'));
  const parts: Buffer[] = [];
  for await (const part of program.stdout as AsyncIterable<Buffer>) parts.push(part);
  const lines = Buffer.concat(parts).toString('utf8').trim().split('\n');
  return lines.map((line) => JSON.parse(line) as unknown);
}

describe('what a face can see and bring back of a workspace', () => {
  let world: World;
  let face: IpcClient;
  let workspace: string;
  const on = (name: string, path: string): string => world.device(name).path(path);

  beforeAll(async () => {
    world = await World.start();
    face = await faceOf(world.device('laptop'));
    workspace = await world.workspaceId(world.device('laptop'));
    await mkdir(on('laptop', 'docs/old'), { recursive: true });
    await writeFile(on('laptop', 'docs/a.txt'), 'one');
    await writeFile(on('laptop', 'docs/old/b.txt'), 'bbbb');
    await writeFile(on('laptop', 'c.bin'), Buffer.from([1, 0, 2]));
    await world.quiet();
  });
  afterAll(async () => {
    await world.stop();
  });

  test('folders are shown with sizes, the way to them, and where their contents are', async () => {
    const top = await face.call('entries', { workspace });
    expect(top.folder).toMatchObject({ parent: null, path: '', kind: 'folder', inside: 5, bytes: 10, presence: 'here' });
    expect(top.entries.map(({ path, kind, bytes, inside, presence }) => ({ path, kind, bytes, inside, presence }))).toEqual([
      { path: 'c.bin', kind: 'file', bytes: 3, inside: 0, presence: 'here' },
      { path: 'docs', kind: 'folder', bytes: 7, inside: 3, presence: 'here' },
    ]);
    const old = await face.call('entries', { workspace, parent: await entryOf(world.device('laptop'), 'docs/old') });
    expect(old.folder.path).toBe('docs/old');
    expect(old.crumbs.map(({ name }) => name)).toEqual(['docs']);
    expect(old.entries).toMatchObject([{ name: 'b.txt', path: 'docs/old/b.txt', bytes: 4, modified: expect.any(Number) }]);
    const page = await face.call('entries', { workspace, limit: 1 });
    expect(page).toMatchObject({ entries: [{ name: 'c.bin' }], more: true });
    expect(await face.call('entries', { workspace, after: 'c.bin' })).toMatchObject({ entries: [{ name: 'docs' }], more: false });
  });

  test('what is not on this device is told to be on its way, or left away', async () => {
    const phone = await faceOf(world.device('phone'));
    await phone.call('pause', {});
    await writeFile(on('laptop', 'new.txt'), 'new');
    await world.quietOne('laptop');
    const seen = async (client: IpcClient, path: string) => (await client.call('entryAt', { workspace, path })).entry.presence;
    expect(await seen(face, 'new.txt')).toBe('here');
    expect(await seen(phone, 'new.txt')).toBe('coming');
    await phone.call('resume', {});
    await world.quiet();
    expect(await seen(phone, 'new.txt')).toBe('here');
    const docs = await entryOf(world.device('phone'), 'docs');
    await phone.call('choose', { workspace, entry: docs, keep: false });
    await until('docs gone from the phone', async () => (await readdir(on('phone', '.'))).every((name) => name !== 'docs'));
    expect(await seen(phone, 'docs')).toBe('away');
    expect(await seen(phone, 'docs/a.txt')).toBe('away');
    await phone.call('choose', { workspace, entry: docs, keep: true });
    await world.quiet();
  });

  test('entries are found by a part of their name, and by their path', async () => {
    expect((await face.call('find', { workspace, text: 'B.T' })).entries).toMatchObject([{ path: 'docs/old/b.txt', bytes: 4 }]);
    expect((await face.call('entryAt', { workspace, path: 'docs/a.txt' })).entry).toMatchObject({ name: 'a.txt', kind: 'file' });
    await expect(face.call('entryAt', { workspace, path: 'docs/none' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(face.call('entries', { workspace: 'no such name' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test('a content is looked at, saved and streamed as it was at any revision, and verified', async () => {
    await writeFile(on('phone', 'docs/a.txt'), 'two, and longer');
    await world.quiet();
    const entry = await entryOf(world.device('laptop'), 'docs/a.txt');
    const { revisions } = await face.call('revisions', { workspace, entry });
    expect(revisions.map(({ bytes, isCurrent, by }) => ({ bytes, isCurrent, device: by.deviceName }))).toEqual([
      { bytes: 15, isCurrent: true, device: 'phone' },
      { bytes: 3, isCurrent: false, device: 'laptop' },
    ]);
    const first = revisions[1]?.revision ?? '';
    expect(await face.call('text', { workspace, entry })).toEqual({ text: 'two, and longer' });
    expect(await face.call('text', { workspace, entry, revision: first })).toEqual({ text: 'one' });
    await expect(face.call('text', { workspace, entry: await entryOf(world.device('laptop'), 'c.bin') })).rejects.toMatchObject({
      code: 'REFUSED',
    });

    const to = join(world.base, 'saved.txt');
    expect(await face.call('get', { workspace, entry, revision: first, to })).toEqual({ path: to, bytes: 3 });
    expect(await readFile(to, 'utf8')).toBe('one');
    await expect(face.call('get', { workspace, entry, to })).rejects.toMatchObject({ code: 'REFUSED' });
    expect(await readFile(to, 'utf8')).toBe('one');
    const within = join(world.base, 'saved here');
    await mkdir(within);
    expect(await face.call('get', { workspace, entry, to: within })).toEqual({ path: join(within, 'a.txt'), bytes: 15 });
    await expect(face.call('get', { workspace, entry, to: 'saved.txt' })).rejects.toMatchObject({ code: 'INVALID' });
    for (const own of [on('laptop', '.tidemark/x'), join(world.device('laptop').home, 'x')])
      await expect(face.call('get', { workspace, entry, to: own })).rejects.toMatchObject({ code: 'FOLDER_UNUSABLE' });

    const { port, secret } = await ipcOf(world.device('laptop'));
    const load = (query: string, headers: Record<string, string> = { authorization: `Bearer ${secret}` }) =>
      fetch(`http://127.0.0.1:${port}/content?workspace=${workspace}&${query}`, { headers });
    const got = await load(`entry=${entry}&revision=${first}`);
    expect(got.headers.get('content-disposition')).toBe("attachment; filename*=UTF-8''a.txt");
    expect(await got.text()).toBe('one');
    expect((await load(`entry=${entry}`, {})).status).toBe(401);
    expect((await load(`entry=${workspace}`)).status).toBe(404);
  });

  test('a large content is saved whole', async () => {
    const bytes = randomBytes(5 * 1024 * 1024);
    await writeFile(on('laptop', 'large.bin'), bytes);
    await world.quiet();
    const entry = await entryOf(world.device('laptop'), 'large.bin');
    const to = join(world.base, 'large.bin');
    await face.call('get', { workspace, entry, to });
    expect((await readFile(to)).equals(bytes)).toBe(true);
    expect((await readdir(world.base)).filter((name) => name.includes('.partial'))).toEqual([]);
    await expect(face.call('text', { workspace, entry })).rejects.toMatchObject({ code: 'REFUSED' });
  });

  test('a large content that is under way is told with its bytes, and no more when it has arrived', async () => {
    const stop = new AbortController();
    const told: TransfersNotice['transfers'][] = [];
    const listening = (async () => {
      for await (const notice of face.notices(stop.signal)) if (notice.type === 'transfers') told.push(notice.transfers);
    })();
    await writeFile(on('laptop', 'huge.bin'), randomBytes(40 * 1024 * 1024));
    await until('it is told', () => told.some((transfers) => transfers.length > 0));
    await until('it is told no more', () => told.at(-1)?.length === 0);
    stop.abort();
    await listening;
    const seen = told.flat();
    expect(new Set(seen.map(({ path, direction, bytes }) => `${direction} ${path} ${bytes}`))).toEqual(
      new Set([`up huge.bin ${40 * 1024 * 1024}`]),
    );
    expect(seen.every(({ doneBytes, bytes }) => doneBytes < bytes)).toBe(true);
    await rm(on('laptop', 'huge.bin'));
    await world.quiet();
  });

  test('history says who did what, when, from which device, as it was called then', async () => {
    await rename(on('laptop', 'new.txt'), on('laptop', 'newer.txt'));
    await world.quiet();
    await rename(on('phone', 'newer.txt'), on('phone', 'docs/newer.txt'));
    await world.quiet();
    const { lines } = await face.call('activity', { workspace, limit: 2 });
    expect(lines.map(({ path, what, by }) => [path, what, by.deviceName])).toEqual([
      ['newer.txt', 'moved to docs/newer.txt', 'phone'],
      ['new.txt', 'renamed to newer.txt', 'laptop'],
    ]);
    const last = lines.at(-1);
    const older = await face.call('activity', { workspace, before: last?.revision, limit: 500 });
    expect(older.more).toBe(false);
    expect(older.lines.map(({ what }) => what)).toContain('created');
    const mine = await face.call('activity', { workspace, device: last?.by.device, limit: 500 });
    expect(new Set(mine.lines.map(({ by }) => by.deviceName))).toEqual(new Set(['laptop']));
    const named = await face.call('activity', { workspace, person: last?.by.person, limit: 500 });
    expect(named.lines.length).toBeGreaterThan(0);
    const within = await face.call('activity', { workspace, path: 'docs/old', limit: 500 });
    expect(new Set(within.lines.map(({ path }) => path.startsWith('docs/old')))).toEqual(new Set([true]));
    expect((await face.call('activity', { workspace, since: Date.now() + 60_000 })).lines).toEqual([]);
  });

  test('what was deleted is listed and comes back where it was, or beside what has its name by now', async () => {
    const entry = await entryOf(world.device('laptop'), 'docs/old/b.txt');
    await rm(on('laptop', 'docs/old'), { recursive: true });
    await world.quiet();
    const { entries } = await face.call('deleted', { workspace });
    expect(entries[0]).toMatchObject({ path: 'docs/old', kind: 'folder', inside: 1, bytes: 4, by: { deviceName: 'laptop' } });
    expect(await face.call('restore', { workspace, entry: entries[0]?.id ?? '' })).toEqual({ path: 'docs/old' });
    await until('back on both', async () => (await readFile(on('phone', 'docs/old/b.txt'), 'utf8').catch(() => '')) === 'bbbb');
    await world.quiet();
    expect((await face.call('deleted', { workspace })).entries.map(({ path }) => path)).toEqual(['huge.bin']);

    await rm(on('laptop', 'docs/old/b.txt'));
    await world.quiet();
    await writeFile(on('laptop', 'docs/old/b.txt'), 'another');
    await world.quiet();
    expect(await face.call('restore', { workspace, entry })).toEqual({ path: 'docs/old/b (restored).txt' });
    const tree = await world.quiet();
    expect(Object.keys(tree)).toEqual(expect.arrayContaining(['docs/old/b.txt', 'docs/old/b (restored).txt']));
    expect(await readFile(on('phone', 'docs/old/b (restored).txt'), 'utf8')).toBe('bbbb');
    await expect(face.call('restore', { workspace, entry })).rejects.toMatchObject({ code: 'INVALID' });
  });

  test('what lies in a folder that is gone comes back in the next one above', async () => {
    const entry = await entryOf(world.device('laptop'), 'docs/old/b (restored).txt');
    await rm(on('laptop', 'docs/old/b (restored).txt'));
    await world.quiet();
    await rm(on('laptop', 'docs/old'), { recursive: true });
    await world.quiet();
    expect(await face.call('restore', { workspace, entry })).toEqual({ path: 'docs/b (restored).txt' });
    await world.untilOn('phone', 'docs/b (restored).txt');
    await world.quiet();
  });

  test('a content of before becomes the latest again, and nothing is lost by it', async () => {
    const entry = await entryOf(world.device('laptop'), 'docs/a.txt');
    const { revisions } = await face.call('revisions', { workspace, entry });
    expect(await face.call('restore', { workspace, entry, revision: revisions.at(-1)?.revision })).toEqual({ path: 'docs/a.txt' });
    await until('the old content on both', async () => (await readFile(on('phone', 'docs/a.txt'), 'utf8')) === 'one');
    await world.quiet();
    expect(await readFile(on('laptop', 'docs/a.txt'), 'utf8')).toBe('one');
    const now = (await face.call('revisions', { workspace, entry })).revisions;
    expect(now.map(({ bytes }) => bytes)).toEqual([3, 15, 3]);
    await expect(face.call('restore', { workspace, entry, revision: '0' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test('a deleted file comes back with a content of before', async () => {
    const entry = await entryOf(world.device('laptop'), 'docs/a.txt');
    const { revisions } = await face.call('revisions', { workspace, entry });
    await rm(on('laptop', 'docs/a.txt'));
    await world.quiet();
    expect(await face.call('restore', { workspace, entry, revision: revisions[1]?.revision })).toEqual({ path: 'docs/a.txt' });
    await until('back on both', async () => (await readFile(on('phone', 'docs/a.txt'), 'utf8').catch(() => '')) === 'two, and longer');
    await world.quiet();
    expect((await face.call('revisions', { workspace, entry })).revisions.map(({ bytes }) => bytes)).toEqual([15, 3, 15, 3]);
  });

  test('a paused workspace restores nothing, and says so', async () => {
    const entry = await entryOf(world.device('laptop'), 'docs/a.txt');
    const { revisions } = await face.call('revisions', { workspace, entry });
    await face.call('pause', {});
    await expect(face.call('restore', { workspace, entry, revision: revisions.at(-1)?.revision })).rejects.toMatchObject({
      code: 'REFUSED',
      message: expect.stringMatching(/paused/),
    });
    await face.call('resume', {});
    await world.quiet();
  });

  test('devices tell what each of them has; another one is let in by a code, and unlinked', async () => {
    const { devices } = await face.call('devices', { workspace });
    expect(devices.map(({ name, isThisOne, unlinked }) => ({ name, isThisOne, unlinked }))).toEqual(
      expect.arrayContaining([
        { name: 'laptop', isThisOne: true, unlinked: null },
        { name: 'phone', isThisOne: false, unlinked: null },
      ]),
    );
    await until('the laptop has said that it has everything', async () =>
      (await face.call('devices', { workspace })).devices.some(({ isThisOne, receipt }) => isThisOne && receipt?.isWhole),
    );
    const { code, url, command } = await face.call('invite', {});
    expect(command).toBe(`tidemark link ${url} --code ${code}`);
    const linked = await run(TIDEMARK, ['link', url, '--code', code, '--device', 'tablet', '--home', join(world.base, 'tablet-home')]);
    expect(linked.code).toBe(0);
    const tablet = await until('the tablet among the devices', async () =>
      (await face.call('devices', { workspace })).devices.find(({ name }) => name === 'tablet'),
    );
    expect(await face.call('unlink', { device: tablet.device })).toEqual({ name: 'tablet' });
    await until('it is unlinked', async () =>
      (await face.call('devices', { workspace })).devices.some(({ name, unlinked }) => name === 'tablet' && unlinked !== null),
    );
    const own = devices.find(({ isThisOne }) => isThisOne)?.device ?? '';
    await expect(face.call('unlink', { device: own })).rejects.toMatchObject({ code: 'INVALID' });
    expect((await face.call('workspaces', {})).workspaces).toEqual([
      { id: workspace, name: world.workspace, folder: world.device('laptop').folder },
    ]);
  });

  test('a folder that was added and not yet synced is answered too, without a daemon', async () => {
    const desk = await world.prepareDevice('desk', world.workspace);
    const [entries, restored] = await callsOf(desk.home, [
      { name: 'entries', question: { workspace: world.workspace, limit: 1 } },
      { name: 'restore', question: { workspace: world.workspace, entry: workspace } },
    ]);
    expect(entries).toMatchObject({ ok: true, result: { entries: [{ name: 'c.bin', presence: 'coming' }], more: true } });
    expect(restored).toMatchObject({ ok: false });
  });

  test('without the server folders are shown as they were last heard of; the rest says that the server is not there', async () => {
    const before = await face.call('entries', { workspace });
    await world.device('laptop').proxy.stop();
    expect(await face.call('entries', { workspace })).toEqual({ ...before, reflects: expect.any(String) });
    expect((await face.call('entryAt', { workspace, path: 'docs/a.txt' })).entry).toMatchObject({ name: 'a.txt', bytes: 15 });
    const asked = [face.call('find', { workspace, text: 'a' }), face.call('activity', { workspace }), face.call('devices', { workspace })];
    await Promise.all(asked.map((one) => expect(one).rejects.toMatchObject({ code: 'SERVER_UNREACHABLE' })));
  });
});
