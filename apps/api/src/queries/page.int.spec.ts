import {
  childrenAnswer,
  conflictsAnswer,
  deletedAnswer,
  devicesAnswer,
  entryAnswer,
  findAnswer,
  historyAnswer,
  revisionsAnswer,
} from '@tidemark/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { z } from 'zod';
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
import { CHILDREN_MAX } from './entries/entries.controller.ts';
import { ACTIVITY_MAX } from './entries/past.controller.ts';
import { PATH_CHARS_MAX } from './question.ts';

const HOUR_MS = 3_600_000;
const BEGIN = Date.UTC(2026, 0, 1, 12);

/** A house with two who live in it, and a day of theirs, an hour between two commits. */
describe('what a page asks the query API', () => {
  let server: TestServer;
  let ann: TestDevice;
  let bob: TestDevice;
  let workspace: string;
  let root: string;
  let head: WireCursor;
  const [docs, letters, note, letter] = [newEntry(), newEntry(), newEntry(), newEntry()];
  const [old, photo, below, again] = [newEntry(), newEntry(), newEntry(), newEntry()];
  const contentOf = (text: string) => contentFrom(bytesOf(text)).content;
  const [one, two, three] = [contentOf('1'), contentOf('22'), contentOf('333')];

  const ask = (path: string, by: TestDevice = ann): Promise<Answer> =>
    server.ask('GET', `/v1/workspaces/${workspace}/${path}`, { token: by.token });
  const get = async <Schema extends z.ZodType>(schema: Schema, path: string): Promise<z.output<Schema>> => {
    const { status, body } = await ask(path);
    expect([path, status, body['detail']]).toEqual([path, 200, undefined]);
    return schema.parse(body);
  };
  const numbers = new Map<unknown, number>();
  let hours = 0;
  const commit = async (by: TestDevice, ...operations: unknown[]): Promise<void> => {
    server.now = BEGIN + hours++ * HOUR_MS;
    numbers.set(by, (numbers.get(by) ?? 0) + 1);
    const body = { number: numbers.get(by), at: head, operations };
    const answer = await server.ask('POST', `/v1/workspaces/${workspace}/commits`, { token: by.token, body });
    expect([answer.status, answer.body['outcomes']]).toEqual([200, operations.map(() => expect.objectContaining({ accepted: true }))]);
    head = await server.head(by, workspace as never);
  };
  const revisionOf = async (entry: string, aspect: 'content' | 'place' | 'live'): Promise<string> =>
    String((await get(entryAnswer, `entries/${entry}?minRevision=${head.revision}`)).entry.revisions[aspect]);
  /** Lines as a person reads them, oldest first. */
  const told = async (query: string): Promise<string[]> =>
    (await get(historyAnswer, `history?${query}`)).activity
      .map(({ type, path, from }) => `${type} ${from === undefined ? '' : `${from} → `}${path}`)
      .toReversed();

  beforeAll(async () => {
    server = await TestServer.start();
    server.now = BEGIN - HOUR_MS;
    ann = await server.link();
    const created = await server.workspace(ann);
    ({ workspace, root, head } = created);
    bob = await server.member(ann, created.workspace, 'editor');
    head = await server.head(ann, created.workspace);
    await server.upload(ann, created.workspace, ['1', '22', '333'].map(bytesOf));
    // 12:00 and 13:00
    await commit(ann, createFolder(root, 'Docs', docs), createFolder(docs, 'Letters', letters), createFile(docs, 'note.txt', one, note));
    await commit(bob, createFile(letters, 'letter.txt', two, letter), createFile(root, 'photo.jpg', three, photo));
    // 14:00: the folder has another name, and so has the note.
    await commit(ann, { type: 'move', entry: docs, base: await revisionOf(docs, 'place'), parent: root, name: 'Documents' });
    await commit(bob, { type: 'move', entry: note, base: await revisionOf(note, 'place'), parent: letters, name: 'Note.txt' });
    // 16:00 and 17:00
    await commit(bob, { type: 'putContent', entry: note, base: await revisionOf(note, 'content'), content: three, attributes });
    await commit(ann, createFolder(root, 'Old', old), createFile(old, 'below.txt', two, below), createFile(root, 'again', one, again));
    // 18:00 to 20:00
    await commit(bob, { type: 'delete', entry: photo });
    await commit(ann, { type: 'delete', entry: again });
    await commit(ann, { type: 'delete', entry: old });
    await get(entryAnswer, `entries/${root}?minRevision=${head.revision}`);
  });
  afterAll(() => server.stop());

  test('a folder is shown with its children, how much is in each, and the way to it', async () => {
    const top = await get(childrenAnswer, 'children');
    expect(top).toMatchObject({ folder: { id: root, inside: 4, bytes: 5 }, live: true, path: '', crumbs: [], more: false });
    expect(top.children).toMatchObject([{ name: 'Documents', inside: 3, bytes: 5 }]);
    expect(top.reflects.revision).toBe(BigInt(head.revision));
    const inner = await get(childrenAnswer, `children?parent=${letters}`);
    expect(inner).toMatchObject({ path: 'Documents/Letters', crumbs: [{ id: docs, name: 'Documents' }], folder: { inside: 2, bytes: 5 } });
    expect(inner.children.map(({ name, bytes, inside }) => [name, bytes, inside])).toEqual([
      ['Note.txt', 3, 0],
      ['letter.txt', 2, 0],
    ]);
    expect(codeOf(await ask(`children?parent=${note}`))).toBe('NOT_FOUND');
    expect(codeOf(await ask(`children?parent=${newEntry()}`))).toBe('NOT_FOUND');
  });

  test('children come page by page, and never more than a page holds', async () => {
    const first = await get(childrenAnswer, `children?parent=${letters}&limit=1`);
    expect([first.children.map(({ name }) => name), first.more]).toEqual([['Note.txt'], true]);
    const second = await get(childrenAnswer, `children?parent=${letters}&limit=1&after=Note.txt`);
    expect([second.children.map(({ name }) => name), second.more]).toEqual([['letter.txt'], false]);
    expect((await ask(`children?limit=${CHILDREN_MAX + 1}`)).status).toBe(200);
    expect((await ask('children?limit=0')).status).toBe(400);
  });

  test('an entry is found by its path, in letters of the case that it has, and by a part of its name', async () => {
    expect(await get(entryAnswer, 'entries/at?path=Documents/Letters/Note.txt')).toMatchObject({ entry: { id: note, bytes: 3 } });
    expect(await get(entryAnswer, 'entries/at?path=')).toMatchObject({ entry: { id: root }, path: '' });
    expect(await get(entryAnswer, 'entries/at?path=/Documents/')).toMatchObject({ entry: { id: docs, inside: 3, bytes: 5 } });
    for (const path of ['documents', 'Docs', 'photo.jpg', 'Old/below.txt'])
      expect(codeOf(await ask(`entries/at?path=${path}`))).toBe('NOT_FOUND');
    expect(codeOf(await ask(`entries/at?path=${'x'.repeat(PATH_CHARS_MAX)}`))).toBe('NOT_FOUND');
    expect(codeOf(await ask(`entries/at?path=${'x'.repeat(PATH_CHARS_MAX + 1)}`))).toBe('REQUEST_INVALID');
    expect(codeOf(await ask(`entries/at?path=${'x/'.repeat(257)}`))).toBe('REQUEST_INVALID');
    const found = await get(findAnswer, 'find?text=LETTER&limit=1');
    expect([found.entries.length, found.more]).toEqual([1, true]);
    const all = await get(findAnswer, 'find?text=LETTER');
    expect([all.entries.map(({ path, bytes, inside }) => [path, bytes, inside]), all.more]).toEqual([
      [
        ['Documents/Letters/letter.txt', 2, 0],
        ['Documents/Letters', 5, 2],
      ],
      false,
    ]);
  });

  test('what was deleted is told by whom and when, the last one first, with what went with it', async () => {
    const { deleted, names, more } = await get(deletedAnswer, 'deleted');
    expect(deleted.map(({ path, at, inside, bytes, device }) => [path, at, inside, bytes, device])).toEqual([
      ['Old', '2026-01-01T20:00:00.000Z', 1, 2, ann.device],
      ['again', '2026-01-01T19:00:00.000Z', 0, 1, ann.device],
      ['photo.jpg', '2026-01-01T18:00:00.000Z', 0, 3, bob.device],
    ]);
    expect(more).toBe(false);
    expect(names.devices[ann.device]).toEqual({ name: 'laptop', account: ann.account });
    expect(new Set(Object.keys(names.accounts))).toEqual(new Set([ann.account, bob.account]));
    const first = await get(deletedAnswer, 'deleted?limit=2');
    expect([first.deleted.length, first.more]).toEqual([2, true]);
    const second = await get(deletedAnswer, `deleted?limit=2&before=${first.next}`);
    expect([second.deleted.map(({ path }) => path), second.next]).toEqual([['photo.jpg'], null]);
  });

  test('history tells each line by the names of then, and a move by where it was before', async () => {
    expect(await told(`within=${docs}`)).toEqual([
      'FolderCreated Docs',
      'FolderCreated Docs/Letters',
      'FileCreated Docs/note.txt',
      'FileCreated Docs/Letters/letter.txt',
      'EntryMoved Docs → Documents',
      'EntryMoved Documents/note.txt → Documents/Letters/Note.txt',
      'ContentCommitted Documents/Letters/Note.txt',
    ]);
    const [saved] = (await get(historyAnswer, `history?entry=${note}&limit=1`)).activity;
    expect(saved?.data).toEqual({ entry: note, content: { id: three.id, size: 3 }, attributes });
    const [whole] = (await get(historyAnswer, `history?entry=${note}&limit=1&whole=1`)).activity;
    expect(whole?.data).toEqual({ entry: note, content: three, attributes });
    expect(await told(`entry=${photo}`)).toEqual(['FileCreated photo.jpg', 'EntryDeleted photo.jpg']);
  });

  test('history is told by device, by person, by path and by time, and by several of these', async () => {
    expect(await told(`path=Documents/Letters&account=${bob.account}`)).toEqual([
      'FileCreated Docs/Letters/letter.txt',
      'EntryMoved Documents/note.txt → Documents/Letters/Note.txt',
      'ContentCommitted Documents/Letters/Note.txt',
    ]);
    expect(await told(`device=${ann.device}&since=2026-01-01T14:00:00Z&until=2026-01-01T20:00:00Z`)).toEqual([
      'EntryMoved Docs → Documents',
      'FolderCreated Old',
      'FileCreated Old/below.txt',
      'FileCreated again',
      'EntryDeleted again',
    ]);
    expect(await told(`account=${ann.account}&device=${bob.device}&since=2026-01-01T12:00:00Z`)).toEqual([]);
    expect((await told('path=')).length).toBe((await told('')).length);
    expect(codeOf(await ask('history?path=Docs'))).toBe('NOT_FOUND');
    for (const wrong of ['since=yesterday', 'until=2026-01-01', 'account=x', 'within=x', 'before=x'])
      expect([wrong, codeOf(await ask(`history?${wrong}`))]).toEqual([wrong, 'REQUEST_INVALID']);
  });

  test('history goes on where a page ended, and names whom it speaks of', async () => {
    const all = await get(historyAnswer, 'history');
    const seen: bigint[] = [];
    for (let next: bigint | null | undefined; next !== null;) {
      const page: z.output<typeof historyAnswer> = await get(
        historyAnswer,
        `history?limit=4${next === undefined ? '' : `&before=${next}`}`,
      );
      seen.push(...page.activity.map(({ revision }) => revision));
      expect(page.more).toBe(page.next !== null);
      next = page.next;
    }
    expect(seen).toEqual(all.activity.map(({ revision }) => revision));
    expect(new Set(Object.keys(all.names.devices))).toEqual(new Set([ann.device, bob.device]));
    expect((await ask(`history?limit=${ACTIVITY_MAX + 1}`)).status).toBe(200);
  });

  test('the contents of a file are told with their sizes, by whom, and which one it has now', async () => {
    const { revisions, names } = await get(revisionsAnswer, `entries/${note}/revisions`);
    expect(revisions).toMatchObject([
      { type: 'ContentCommitted', bytes: 3, content: three.id, isCurrent: true, device: bob.device, at: '2026-01-01T16:00:00.000Z' },
      { type: 'FileCreated', bytes: 1, content: one.id, isCurrent: false, device: ann.device, at: '2026-01-01T12:00:00.000Z' },
    ]);
    expect(names.accounts[bob.account]).toBeTypeOf('string');
    const first = await get(revisionsAnswer, `entries/${note}/revisions?limit=1`);
    expect([first.revisions.length, first.more]).toEqual([1, true]);
    const second = await get(revisionsAnswer, `entries/${note}/revisions?limit=1&before=${first.next}`);
    expect([second.revisions[0]?.type, second.next]).toEqual(['FileCreated', null]);
    expect(codeOf(await ask(`entries/${newEntry()}/revisions`))).toBe('NOT_FOUND');
  });

  test('conflicts come page by page, each side with its path and who wrote it', async () => {
    const content = await revisionOf(note, 'content');
    const conflict = (name: string) => ({
      type: 'recordConflict',
      rule: 'edit-edit',
      entry: note,
      copy: letter,
      inputs: {
        base: null,
        mine: { kind: 'file', parent: letters, name, deleted: false, content: one },
        theirs: {
          kind: 'file',
          parent: letters,
          name: 'Note.txt',
          deleted: false,
          content: three,
          revisions: { content, place: '0', live: '0' },
        },
      },
    });
    await commit(ann, conflict('mine 1'));
    await commit(ann, conflict('mine 2'));
    const { conflicts, next, names } = await get(conflictsAnswer, `conflicts?limit=1&minRevision=${head.revision}`);
    expect(conflicts).toMatchObject([
      {
        path: 'Documents/Letters/Note.txt',
        copyPath: 'Documents/Letters/letter.txt',
        sides: {
          base: null,
          mine: { path: 'Documents/Letters/mine 2', device: ann.device },
          theirs: { path: 'Documents/Letters/Note.txt', device: bob.device, account: bob.account, at: '2026-01-01T16:00:00.000Z' },
        },
      },
    ]);
    expect(new Set(Object.keys(names.devices))).toEqual(new Set([ann.device, bob.device]));
    expect(new Set(Object.keys(names.accounts))).toEqual(new Set([ann.account, bob.account]));
    const rest = await get(conflictsAnswer, `conflicts?open=1&before=${next}`);
    expect([rest.conflicts.length, rest.more, rest.conflicts[0]?.sides.mine?.path]).toEqual([1, false, 'Documents/Letters/mine 1']);
  });

  test('devices come with their people, and with the paths of what they lack', async () => {
    const receipt = { revision: head.revision, fetching: [{ entry: letter, bytes: 2 }], parked: [{ entry: newEntry(), reason: 'gone' }] };
    const given = await server.ask('POST', `/v1/workspaces/${workspace}/receipts`, { token: bob.token, body: receipt });
    expect([given.status, given.body['detail']]).toEqual([200, undefined]);
    const { devices, names } = await get(devicesAnswer, 'devices');
    const bobs = devices.find(({ device }) => device === bob.device);
    expect(bobs?.receipt).toMatchObject({ fetching: [{ path: 'Documents/Letters/letter.txt' }], parked: [{ reason: 'gone' }] });
    expect(bobs?.receipt?.parked[0]?.path).toBeUndefined();
    expect(devices.every(({ account }) => names.accounts[account] !== undefined)).toBe(true);
  });

  test('a former member stays known by name for what was done, and asks no more', async () => {
    await server.ask('DELETE', `/v1/workspaces/${workspace}/members/${bob.account}`, { token: ann.token });
    const by = await get(historyAnswer, `history?account=${bob.account}`);
    expect(by.names.devices[bob.device]?.account).toBe(bob.account);
    const [revoked] = (await get(historyAnswer, 'history?limit=1')).activity;
    expect(revoked).toMatchObject({ type: 'MemberRevoked', data: { account: bob.account } });
    expect((await get(historyAnswer, 'history?limit=1')).names.accounts[bob.account]).toBeTypeOf('string');
    expect(codeOf(await ask('deleted', bob))).toBe('WORKSPACE_NOT_FOUND');
  });
});
