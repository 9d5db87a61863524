import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { WorkspaceId } from '@tidemark/domain';
import { CallProblem, IpcClient, SecretRefused, type Notice, type Status } from '@tidemark/ipc';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  attributes,
  bytesOf,
  contentFrom,
  createFile,
  createFolder,
  newEntry,
  TestServer,
  type TestDevice,
} from '../testing/test-server.ts';

const INDEX = '<!doctype html><meta name="tidemark-face" content="agent" /><title>Tidemark</title>';

describe('the page of a server', () => {
  let pageFolder: string;
  let server: TestServer;
  beforeAll(async () => {
    pageFolder = mkdtempSync(join(tmpdir(), 'tidemark-page-'));
    server = await TestServer.start({ pageFolder });
  });
  afterAll(async () => {
    await server.stop();
    rmSync(pageFolder, { recursive: true, force: true });
  });

  test('where it was not built it is said how to build it', async () => {
    const { status, bytes, headers } = await server.ask('GET', '/');
    expect([status, headers.get('content-type')]).toEqual([503, 'text/plain; charset=utf-8']);
    expect(Buffer.from(bytes).toString()).toContain('npm run build:page');
  });

  test('is served to everybody under a policy that lets nothing foreign run, knows that a server serves it, and clashes with no route', async () => {
    mkdirSync(join(pageFolder, 'assets'));
    writeFileSync(join(pageFolder, 'index.html'), INDEX);
    writeFileSync(join(pageFolder, 'assets', 'main-1.js'), 'export {}');
    const start = await server.ask('GET', '/');
    expect(start.status).toBe(200);
    expect(Buffer.from(start.bytes).toString()).toBe(INDEX.replace('"agent"', '"server"'));
    expect(start.headers.get('content-security-policy')).toMatch(/^default-src 'self'; script-src 'self';.*frame-ancestors 'none'/);
    expect(start.headers.get('tidemark-server')).not.toBeNull();
    const script = await server.ask('GET', '/assets/main-1.js');
    expect([script.status, script.headers.get('content-type'), script.headers.get('cache-control')]).toEqual([
      200,
      'text/javascript; charset=utf-8',
      'public, max-age=31536000, immutable',
    ]);
    expect((await server.ask('HEAD', '/')).status).toBe(200);
    expect((await server.ask('GET', '/assets/..%2f..%2fpackage.json')).status).toBe(404);
    expect((await server.ask('GET', '/nowhere')).body['code']).toBe('NOT_FOUND');
    expect(Buffer.from((await server.ask('GET', '/docs')).bytes).toString()).toContain('SwaggerUIBundle');
    expect((await server.ask('GET', '/healthz')).body['status']).toBe('ok');
  });
});

describe('a browser that is linked to a server', () => {
  let server: TestServer;
  let laptop: TestDevice;
  let browser: TestDevice;
  let workspace: WorkspaceId;
  let root: string;
  let commits: number;
  let client: IpcClient;

  beforeEach(async () => {
    server = await TestServer.start();
    laptop = await server.link();
    ({ workspace, root } = await server.workspace(laptop));
    commits = 0;
    browser = await linkedBrowser(laptop);
    client = clientOf(browser);
  });
  afterEach(() => server.stop());

  async function linkedBrowser(of: TestDevice): Promise<TestDevice> {
    const { body } = await server.ask('POST', '/v1/invites', { token: of.token, body: { kind: 'device' } });
    return server.link(body['code'] as string, 'browser', 'browser');
  }
  const clientOf = ({ token }: TestDevice, at = server): IpcClient => new IpcClient({ base: at.running.url, secret: token });

  async function commit(...operations: readonly object[]): Promise<readonly { accepted: boolean; revision: string }[]> {
    const at = await server.head(laptop, workspace);
    const { body } = await server.ask('POST', `/v1/workspaces/${workspace}/commits`, {
      token: laptop.token,
      body: { number: (commits += 1), at, operations },
    });
    const outcomes = body['outcomes'] as { accepted: boolean; revision: string }[];
    expect(outcomes.map(({ accepted }) => accepted)).toEqual(operations.map(() => true));
    // What was committed is asked for until it can be read.
    const last = outcomes.at(-1)?.revision;
    await server.ask('GET', `/v1/workspaces/${workspace}/children?minRevision=${last}`, { token: laptop.token });
    return outcomes;
  }

  async function file(name: string, text: string): Promise<string> {
    const bytes = bytesOf(text);
    await server.upload(laptop, workspace, [bytes]);
    const entry = newEntry();
    await commit(createFile(root, name, contentFrom(bytes).content, entry));
    return entry;
  }

  async function put(entry: string, text: string): Promise<string> {
    const bytes = bytesOf(text);
    await server.upload(laptop, workspace, [bytes]);
    const { body } = await server.ask('GET', `/v1/workspaces/${workspace}/entries/${entry}`, { token: laptop.token });
    const base = (body as { entry: { revisions: { content: string } } }).entry.revisions.content;
    const [outcome] = await commit({ type: 'putContent', entry, base, content: contentFrom(bytes).content, attributes });
    return outcome?.revision ?? '';
  }

  const refusal = (asked: Promise<unknown>): Promise<unknown> =>
    asked.then(
      () => undefined,
      (error: unknown) => error,
    );

  test('sees workspaces, folders, files by name and path, and says that a server answers', async () => {
    await commit(createFolder(root, 'photos'));
    const entry = await file('report.txt', 'first');
    const status = await client.call('status', {});
    expect(status).toMatchObject({
      face: 'server',
      server: { url: server.running.url, connected: true },
      workspaces: [{ id: workspace, conflicts: 0 }],
    });
    const { entries, folder } = await client.call('entries', { workspace });
    expect(entries.map(({ path, kind, bytes }) => [path, kind, bytes])).toEqual([
      ['photos', 'folder', 0],
      ['report.txt', 'file', 5],
    ]);
    expect([folder.inside, folder.bytes]).toEqual([2, 5]);
    expect((await client.call('find', { workspace, text: 'PORT' })).entries.map(({ id }) => id)).toEqual([entry]);
    expect((await client.call('entryAt', { workspace, path: 'report.txt' })).entry.id).toBe(entry);
    expect((await client.call('workspaces', {})).workspaces).toEqual([{ id: workspace, name: 'Test', folder: null }]);
  });

  test('sees who did what, and is itself a device of its kind that keeps no receipts', async () => {
    await file('report.txt', 'first');
    const { lines } = await client.call('activity', { workspace });
    expect(lines[0]).toMatchObject({ path: 'report.txt', what: 'created', by: { device: laptop.device, deviceName: 'laptop' } });
    const { devices } = await client.call('devices', { workspace });
    expect(
      devices
        .map(({ name, kind, isThisOne, receipt }) => ({ name, kind, isThisOne, receipt }))
        .toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    ).toEqual([
      { name: 'browser', kind: 'browser', isThisOne: true, receipt: null },
      { name: 'laptop', kind: 'agent', isThisOne: false, receipt: null },
    ]);
  });

  test('reads and downloads what a file holds and has held', async () => {
    const entry = await file('report.txt', 'first');
    await put(entry, 'second, and longer');
    const { revisions } = await client.call('revisions', { workspace, entry });
    expect(revisions.map(({ bytes, isCurrent }) => [bytes, isCurrent])).toEqual([
      [18, true],
      [5, false],
    ]);
    const oldest = revisions.at(-1)?.revision ?? '';
    expect((await client.call('text', { workspace, entry, revision: oldest })).text).toBe('first');
    expect((await client.call('text', { workspace, entry })).text).toBe('second, and longer');
    const download = await server.ask('GET', `/content?workspace=${workspace}&entry=${entry}&revision=${oldest}`, { token: browser.token });
    expect(Buffer.from(download.bytes).toString()).toBe('first');
    expect([download.headers.get('content-disposition'), download.headers.get('content-security-policy')]).toEqual([
      "attachment; filename*=UTF-8''report.txt",
      "sandbox; default-src 'none'",
    ]);
    const none = await server.ask('GET', `/content?workspace=${workspace}&entry=${randomUUID()}`, { token: browser.token });
    expect([none.status, none.body['ok']]).toEqual([404, false]);
  });

  test('restores what was deleted, and an old content, by commits of its own that the other device sees', async () => {
    const entry = await file('report.txt', 'first');
    await put(entry, 'second');
    await commit({ type: 'delete', entry });
    const { entries } = await client.call('deleted', { workspace });
    expect(entries.map(({ path }) => path)).toEqual(['report.txt']);
    expect(await client.call('restore', { workspace, entry })).toEqual({ path: 'report.txt' });
    const { revisions } = await client.call('revisions', { workspace, entry });
    await client.call('restore', { workspace, entry, revision: revisions.at(-1)?.revision ?? '' });
    const seen = await server.ask('GET', `/v1/workspaces/${workspace}/entries/${entry}/content`, { token: laptop.token });
    expect(Buffer.from(seen.bytes).toString()).toBe('first');
    const { lines } = await client.call('activity', { workspace, limit: 2 });
    expect(lines.map(({ what, by }) => [what, by.device])).toEqual([
      ['changed', browser.device],
      ['restored', browser.device],
    ]);
    expect(await refusal(client.call('restore', { workspace, entry }))).toMatchObject({ code: 'INVALID' });
  });

  test('restores several at once, as quickly as somebody clicks', async () => {
    const some: string[] = [];
    for (const name of ['a', 'b', 'c', 'd']) some.push(await file(name, name));
    await commit(...some.map((entry) => ({ type: 'delete', entry })));
    const answers = await Promise.all(some.map((entry) => client.call('restore', { workspace, entry })));
    expect(answers.map(({ path }) => path)).toEqual(['a', 'b', 'c', 'd']);
  });

  test('what has the name by now stays: what is restored comes to stand beside it', async () => {
    const entry = await file('report.txt', 'first');
    await commit({ type: 'delete', entry });
    await file('report.txt', 'another');
    expect(await client.call('restore', { workspace, entry })).toEqual({ path: 'report (restored).txt' });
  });

  describe('with a conflict', () => {
    let entry: string;
    let copy: string;
    let conflict: string;

    beforeEach(async () => {
      entry = await file('text.txt', 'of the laptop');
      copy = await file('text (conflict).txt', 'of the phone');
      const { body } = await server.ask('GET', `/v1/workspaces/${workspace}/children`, { token: laptop.token });
      const rows = (
        body as { children: { id: string; kind: string; content: object; revisions: Record<'content' | 'place' | 'live', string> }[] }
      ).children;
      const side = (id: string) => {
        const row = rows.find((one) => one.id === id);
        const { content, place, live } = row?.revisions ?? { content: '', place: '', live: '' };
        // What a device had only itself has no revisions.
        return {
          kind: 'file',
          parent: root,
          name: 'text.txt',
          deleted: false,
          content: row?.content,
          ...(id === entry && { revisions: { content, place, live } }),
        };
      };
      await commit({
        type: 'recordConflict',
        rule: 'edit-edit',
        entry,
        copy,
        inputs: { base: null, mine: side(copy), theirs: side(entry) },
      });
      const { conflicts } = await client.call('conflicts', { workspace });
      conflict = conflicts[0]?.conflict ?? '';
      expect(conflicts).toMatchObject([{ path: 'text.txt', rule: 'edit-edit', ends: ['mine', 'theirs', 'both', 'merged'], settled: null }]);
    });

    const contentOf = async (id: string): Promise<string> =>
      Buffer.from((await server.ask('GET', `/v1/workspaces/${workspace}/entries/${id}/content`, { token: laptop.token })).bytes).toString();
    const isLive = async (id: string): Promise<unknown> =>
      (await server.ask('GET', `/v1/workspaces/${workspace}/entries/${id}`, { token: laptop.token })).body['live'];

    test('reads both contents, settles it with the copy, and takes that back; the other device sees each', async () => {
      expect((await client.call('status', {})).workspaces[0]?.conflicts).toBe(1);
      const [card] = (await client.call('conflicts', { workspace })).conflicts;
      const texts = await Promise.all(
        [card?.mine, card?.theirs].map((side) =>
          client.call('text', { workspace, entry: side?.entry ?? '', revision: side?.revision ?? '' }),
        ),
      );
      expect(texts).toEqual([{ text: 'of the phone' }, { text: 'of the laptop' }]);
      await client.call('settle', { workspace, conflict, how: 'mine' });
      expect([await contentOf(entry), await isLive(copy)]).toEqual(['of the phone', false]);
      expect((await client.call('status', {})).workspaces[0]?.conflicts).toBe(0);
      expect((await client.call('conflicts', { workspace })).conflicts).toEqual([]);
      await client.call('unsettle', { workspace, conflict });
      expect([await contentOf(entry), await isLive(copy)]).toEqual(['of the laptop', true]);
      expect((await client.call('conflicts', { workspace })).conflicts).toHaveLength(1);
    });

    test('settles it with a text of both', async () => {
      await client.call('settle', { workspace, conflict, how: 'merged', text: 'of both' });
      expect([await contentOf(entry), await isLive(copy)]).toEqual(['of both', false]);
      expect(await refusal(client.call('settle', { workspace, conflict, how: 'both' }))).toMatchObject({ code: 'REFUSED' });
    });
  });

  test('what needs a disk is refused with a sentence that says where to do it', async () => {
    for (const asked of [
      client.call('pause', {}),
      client.call('scope', { workspace }),
      client.call('folders', {}),
      client.call('get', { workspace, entry: randomUUID(), to: '/tmp/x' }),
      client.call('explain', { path: '/a' }),
      client.call('stop', {}),
    ]) {
      const error = await refusal(asked);
      expect(error).toBeInstanceOf(CallProblem);
      expect(error).toMatchObject({
        code: 'REFUSED',
        message: expect.stringContaining('on a device that keeps the workspace in a folder'),
      });
    }
  });

  test('hears the status first, then of every change, and nothing more once it is unlinked', async () => {
    const heard: Status[] = [];
    const following = (async () => {
      for await (const notice of client.notices()) heard.push((notice as Extract<Notice, { type: 'status' }>).status);
    })();
    await expect.poll(() => heard.length).toBe(1);
    await file('report.txt', 'first');
    const { entries } = await client.call('entries', { workspace });
    expect(entries).toHaveLength(1);
    await expect.poll(() => heard.at(-1)?.workspaces[0]?.applied).toBeGreaterThan(heard[0]?.workspaces[0]?.applied ?? 0);
    expect(heard.at(-1)?.workspaces[0]?.head).toBe(heard.at(-1)?.workspaces[0]?.applied);
    await server.workspace(laptop, 'Another');
    await expect.poll(() => heard.at(-1)?.workspaces.length).toBe(2);

    await server.ask('DELETE', `/v1/devices/${browser.device}`, { token: laptop.token });
    await following;
    const again = refusal(client.notices().next());
    expect(await again).toBeInstanceOf(SecretRefused);
    expect(await again).toMatchObject({ message: expect.stringContaining('was unlinked') });
    expect(await refusal(client.call('status', {}))).toMatchObject({
      code: 'NOT_LINKED',
      message: expect.stringContaining('was unlinked'),
    });
  });

  test('asks any of several processes: each tells what was done at another, and refuses whom another has unlinked', async () => {
    const feed = server.running.stores.changeFeed;
    const heardHere = { away: undefined, subscribe: feed.subscribe.bind(feed), close: async () => undefined };
    const other = await TestServer.start({ beside: server, wrap: (stores) => ({ ...stores, changeFeed: heardHere }) });
    try {
      const there = clientOf(browser, other);
      const heard: number[] = [];
      const following = (async () => {
        for await (const notice of there.notices()) if (notice.type === 'status') heard.push(notice.status.workspaces[0]?.applied ?? -1);
      })();
      await expect.poll(() => heard.length).toBe(1);
      const entry = await file('report.txt', 'first');
      await expect.poll(() => heard.at(-1)).toBeGreaterThan(heard[0] ?? 0);
      await commit({ type: 'delete', entry });
      expect(await there.call('restore', { workspace, entry })).toEqual({ path: 'report.txt' });
      expect((await client.call('entries', { workspace })).entries.map(({ path }) => path)).toEqual(['report.txt']);
      await client.call('unlink', { device: browser.device });
      await following;
      expect(await refusal(there.call('status', {}))).toMatchObject({ code: 'NOT_LINKED' });
    } finally {
      await other.stop();
    }
  });

  test('unlinks itself', async () => {
    expect(await client.call('unlink', { device: browser.device })).toEqual({ name: 'browser' });
    expect((await server.ask('POST', '/call/status', { token: browser.token, body: {} })).body['code']).toBe('DEVICE_UNLINKED');
  });

  test('makes a code for a further device, named by the address that it has itself', async () => {
    const { code, url, command } = await client.call('invite', {});
    expect(url).toBe(server.running.url);
    expect(command).toBe(`tidemark link ${url} --code ${code}`);
    expect((await server.link(code, 'tablet')).account).toBe(laptop.account);
  });

  test('without a token nothing is answered, nor with one that is none', async () => {
    for (const token of [undefined, 'nonsense'])
      for (const [method, path] of [
        ['POST', '/call/status'],
        ['GET', '/notices'],
        ['GET', `/content?workspace=${workspace}&entry=${randomUUID()}`],
      ] as const)
        expect((await server.ask(method, path, { token, ...(method === 'POST' && { body: {} }) })).status, path).toBe(401);
  });

  test('a page of anywhere else is refused, also with a token', async () => {
    const ask = (origin: string) =>
      server.ask('POST', '/call/status', { token: browser.token, body: {}, headers: { origin } }).then(({ status }) => status);
    expect(await ask(server.running.url)).toBe(200);
    for (const origin of ['http://elsewhere.example', 'null', `${server.running.url}0`]) expect(await ask(origin)).toBe(403);
    expect((await server.ask('GET', '/notices', { token: browser.token, headers: { origin: 'http://elsewhere.example' } })).status).toBe(
      403,
    );
  });

  test('to a stranger every workspace is as one that does not exist', async () => {
    const entry = await file('report.txt', 'first');
    const { workspace: other } = await server.workspace(laptop, 'Other');
    const stranger = clientOf(await server.member(laptop, other, 'editor'));
    const asked = (w: string): Promise<unknown>[] =>
      [
        stranger.call('entries', { workspace: w }),
        stranger.call('find', { workspace: w, text: 'report' }),
        stranger.call('entryAt', { workspace: w, path: 'report.txt' }),
        stranger.call('revisions', { workspace: w, entry }),
        stranger.call('deleted', { workspace: w }),
        stranger.call('activity', { workspace: w }),
        stranger.call('conflicts', { workspace: w }),
        stranger.call('settle', { workspace: w, conflict: randomUUID(), how: 'both' }),
        stranger.call('unsettle', { workspace: w, conflict: randomUUID() }),
        stranger.call('restore', { workspace: w, entry }),
        stranger.call('text', { workspace: w, entry }),
        stranger.call('devices', { workspace: w }),
      ].map(refusal);
    const foreign = await Promise.all(asked(workspace));
    const none = await Promise.all(asked(randomUUID()));
    const nonsense = await Promise.all(asked('nonsense'));
    for (const error of foreign) expect(error).toMatchObject({ code: 'NOT_FOUND', message: expect.stringContaining('no such workspace') });
    expect(foreign.map(String)).toEqual(none.map(String));
    expect(foreign.map(String)).toEqual(nonsense.map(String));
    expect((await stranger.call('status', {})).workspaces.map(({ id }) => id)).toEqual([other]);
    expect((await stranger.call('workspaces', {})).workspaces.map(({ id }) => id)).toEqual([other]);
  });

  test('a browser may no more than its person: a viewer restores nothing, and unlinks nobody else', async () => {
    const entry = await file('report.txt', 'first');
    await commit({ type: 'delete', entry });
    const viewer = await server.member(laptop, workspace, 'viewer');
    const theirs = clientOf(await linkedBrowser(viewer));
    expect((await theirs.call('deleted', { workspace })).entries).toHaveLength(1);
    expect(await refusal(theirs.call('restore', { workspace, entry }))).toMatchObject({
      code: 'REFUSED',
      message: expect.stringContaining('viewers of a workspace may read it'),
    });
    expect(await refusal(theirs.call('unlink', { device: laptop.device }))).toMatchObject({ code: 'NOT_FOUND' });
  });

  test('a server that stops lets its followers go at once', async () => {
    const notices = client.notices();
    await notices.next();
    const ended = notices.next();
    await server.restart();
    expect((await ended).done).toBe(true);
  });
});
