import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  attributes,
  bytesOf,
  codeOf,
  contentFrom,
  createFile,
  createFolder,
  newEntry,
  TestServer,
  type Answer,
  type TestDevice,
  type WireCursor,
} from '../testing/test-server.ts';

/** Enough chunks that the manifest stands on a page. */
const CHUNKS = ['zero ', 'one ', 'two ', 'three ', 'four ', 'five'].map(bytesOf);
const TEXT = 'zero one two three four five';

describe('the query API', () => {
  let server: TestServer;
  let laptop: TestDevice;
  let workspace: string;
  let root: string;
  let head: WireCursor;
  const [folder, file, gone] = [newEntry(), newEntry(), newEntry()];
  const small = contentFrom(bytesOf('small'));
  const large = contentFrom(...CHUNKS);

  const get = (path: string, headers: Record<string, string> = {}, token = laptop.token): Promise<Answer> =>
    server.ask('GET', `/v1/workspaces/${workspace}/${path}`, { token, headers });
  let number = 0;
  const commit = async (...operations: unknown[]): Promise<void> => {
    const answer = await server.ask('POST', `/v1/workspaces/${workspace}/commits`, {
      token: laptop.token,
      body: { number: ++number, at: head, operations },
    });
    expect(answer.status).toBe(200);
    expect((answer.body['outcomes'] as { accepted: boolean }[]).every(({ accepted }) => accepted)).toBe(true);
    head = await server.head(laptop, workspace as never);
  };

  beforeAll(async () => {
    server = await TestServer.start();
    laptop = await server.link();
    const created = await server.workspace(laptop);
    ({ workspace, root, head } = created);
    const packed = await server.upload(laptop, created.workspace, [
      bytesOf('small'),
      ...CHUNKS,
      ...large.pages.map(({ bytes }) => ({ page: bytes })),
    ]);
    expect(packed.status).toBe(200);
    await commit(
      createFolder(root, 'Folder', folder),
      createFile(folder, 'file.txt', small.content, file),
      createFolder(root, 'gone', gone),
    );
    await commit({ type: 'putContent', entry: file, base: '2', content: large.content, attributes });
    await commit({ type: 'delete', entry: gone });
  });
  afterAll(() => server.stop());

  test('an entry comes with its path, and says which revision it reflects', async () => {
    const { body } = await get(`entries/${file}?minRevision=${head.revision}`);
    expect(body).toMatchObject({ reflects: head, live: true, path: 'Folder/file.txt', entry: { id: file, name: 'file.txt' } });
    expect((await get(`entries/${gone}`)).body).toMatchObject({ live: false });
    expect(codeOf(await get(`entries/${newEntry()}`))).toBe('NOT_FOUND');
  });

  test('children, finding, history and revisions', async () => {
    expect((await get(`children?parent=${root}`)).body).toMatchObject({ children: [{ name: 'Folder' }], more: false });
    expect((await get('find?text=FILE')).body).toMatchObject({ entries: [{ path: 'Folder/file.txt' }] });
    const types = (answer: Answer): string[] => (answer.body['activity'] as { type: string }[]).map(({ type }) => type);
    const history = await get('history?limit=2');
    expect(types(history)).toEqual(['EntryDeleted', 'ContentCommitted']);
    expect(history.body['more']).toBe(true);
    expect((await get(`entries/${file}/revisions`)).body).toMatchObject({
      revisions: [{ type: 'ContentCommitted' }, { type: 'FileCreated' }],
    });
    expect((await get('conflicts')).body).toMatchObject({ conflicts: [] });
    expect((await get('devices')).body).toMatchObject({ devices: [{ device: laptop.device, name: 'laptop' }] });
  });

  test('the tree at a past revision is the tree that was', async () => {
    const names = async (at: string): Promise<string[]> =>
      ((await get(`tree?at=${at}`)).body['entries'] as { name: string }[]).map(({ name }) => name).toSorted();
    expect(await names('0')).toEqual(['']);
    expect(await names('3')).toEqual(['', 'Folder', 'file.txt', 'gone']);
    expect(await names(head.revision)).toEqual(['', 'Folder', 'file.txt']);
    expect(codeOf(await get('tree?at=999'))).toBe('NOT_FOUND');
  });

  test('a file is put together from its chunks, now and as it was, whole and in part', async () => {
    const whole = await get(`content?entry=${file}`);
    expect(Buffer.from(whole.bytes).toString()).toBe(TEXT);
    expect(whole.headers.get('etag')).toBe(`"${large.content.id}"`);
    expect(whole.headers.get('content-length')).toBe(String(TEXT.length));
    expect(Buffer.from((await get(`entries/${file}/content?revision=2`)).bytes).toString()).toBe('small');
    const part = await get(`content?entry=${file}`, { range: 'bytes=3-11' });
    expect(part.status).toBe(206);
    expect(part.headers.get('content-range')).toBe(`bytes 3-11/${TEXT.length}`);
    expect(Buffer.from(part.bytes).toString()).toBe(TEXT.slice(3, 12));
    const outside = await get(`content?entry=${file}`, { range: 'bytes=1000-' });
    expect([outside.status, codeOf(outside)]).toEqual([416, 'RANGE_INVALID']);
    expect((await get(`content?entry=${file}`, { 'if-none-match': `"${large.content.id}"` })).status).toBe(304);
    const asked = await server.ask('HEAD', `/v1/workspaces/${workspace}/content?entry=${file}`, { token: laptop.token });
    expect([asked.status, asked.headers.get('content-length'), asked.bytes.length]).toEqual([200, String(TEXT.length), 0]);
    expect(codeOf(await get(`content?entry=${folder}`))).toBe('NOT_FOUND');
  });

  test('a pull over HTTP ends at the head, and a cursor of another history is refused', async () => {
    const first = await get('changes?fresh=1');
    expect(first.body).toMatchObject({ more: false, head, next: head });
    expect((first.body['rows'] as unknown[]).length).toBe(3);
    const diverged = await get(`changes?revision=1&chain=${'f'.repeat(64)}`);
    expect([diverged.status, codeOf(diverged)]).toEqual([409, 'HISTORY_DIVERGED']);
    const cursors = [{ revision: '99', chain: 'f'.repeat(64) }, head];
    const common = await server.ask('POST', `/v1/workspaces/${workspace}/common`, { token: laptop.token, body: { cursors } });
    expect(common.body).toEqual({ common: head, head });
  });

  test('a revision that does not come is waited for only so long', async () => {
    const answer = await get(`entries/${file}?minRevision=999`);
    expect([answer.status, codeOf(answer)]).toEqual([503, 'NOT_YET']);
  });

  test('to others every query answers as if there were no such workspace', async () => {
    const own = await server.workspace(laptop, 'Other');
    const stranger = await server.member(laptop, own.workspace, 'viewer');
    const paths = [
      'changes',
      `entries/${file}`,
      `entries/${file}/revisions`,
      'entries/at?path=Folder',
      'deleted',
      `children?parent=${root}`,
      'find?text=f',
      'history',
      'conflicts',
      'devices',
      'tree?at=0',
      `content?entry=${file}`,
    ];
    for (const path of paths) {
      const answer = await get(path, {}, stranger.token);
      expect([path, answer.status, codeOf(answer)]).toEqual([path, 404, 'WORKSPACE_NOT_FOUND']);
    }
  });
});
