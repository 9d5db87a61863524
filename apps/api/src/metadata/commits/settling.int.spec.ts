import type { WorkspaceId } from '@tidemark/domain';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  attributes,
  bytesOf,
  codeOf,
  contentFrom,
  createFile,
  newEntry,
  TestServer,
  type TestDevice,
  type WireCursor,
} from '../../testing/test-server.ts';

interface Outcome {
  readonly accepted: boolean;
  readonly revision: string;
  readonly rejection?: { readonly code: string };
}
interface Conflict {
  readonly conflict: string;
  readonly resolved?: { readonly how: string; readonly revision: string };
}

let server: TestServer;
let laptop: TestDevice;
let phone: TestDevice;
let viewer: TestDevice;
let workspace: WorkspaceId;
let root: string;
const [file, copy] = [newEntry(), newEntry()];
const [theirs, mine] = [contentFrom(bytesOf('theirs')).content, contentFrom(bytesOf('mine')).content];
const numbers = new Map<TestDevice, number>();

const send = async (by: TestDevice, at: WireCursor, ...operations: unknown[]) => {
  numbers.set(by, (numbers.get(by) ?? 0) + 1);
  return server.ask('POST', `/v1/workspaces/${workspace}/commits`, { token: by.token, body: { number: numbers.get(by), at, operations } });
};
const head = () => server.head(laptop, workspace);
/** Of a device that has seen everything, unless told otherwise. */
const commit = async (by: TestDevice, operation: unknown, at?: WireCursor): Promise<Outcome> => {
  const { status, body } = await send(by, at ?? (await head()), operation);
  expect(status).toBe(200);
  const [outcome] = body['outcomes'] as Outcome[];
  if (outcome === undefined) throw new Error('no outcome');
  return outcome;
};
const conflicts = async (by: TestDevice, query = ''): Promise<Conflict[]> => {
  const { revision } = await head();
  const { body } = await server.ask('GET', `/v1/workspaces/${workspace}/conflicts?minRevision=${revision}${query}`, { token: by.token });
  return body['conflicts'] as Conflict[];
};
const theConflict = async (): Promise<Conflict> => {
  const [one] = await conflicts(laptop);
  if (one === undefined) throw new Error('no conflict');
  return one;
};
const open = async (by: TestDevice): Promise<number> => (await conflicts(by, '&open=1')).length;
const names = async (): Promise<string[]> => {
  const { revision } = await head();
  const { body } = await server.ask('GET', `/v1/workspaces/${workspace}/tree?at=${revision}`, { token: laptop.token });
  return (body['entries'] as { name: string }[]).map(({ name }) => name).filter((name) => name !== '');
};
const keepMine = async (base: string) => ({
  type: 'group',
  operations: [
    { type: 'settleConflict', conflict: (await theConflict()).conflict, how: 'mine' },
    { type: 'putContent', entry: file, base, content: mine, attributes },
    { type: 'delete', entry: copy },
  ],
});

beforeAll(async () => {
  server = await TestServer.start();
  laptop = await server.link();
  const created = await server.workspace(laptop);
  ({ workspace, root } = created);
  phone = await server.member(laptop, workspace, 'editor');
  viewer = await server.member(laptop, workspace, 'viewer');
  await server.upload(laptop, workspace, [bytesOf('theirs'), bytesOf('mine')]);
});
afterAll(() => server.stop());

test('a conflict is settled and taken back over the wire, and everybody’s count of open ones follows', async () => {
  const at = await head();
  const recorded = { type: 'recordConflict', rule: 'edit-edit', entry: file, copy, inputs: { base: null, mine: null, theirs: null } };
  await send(laptop, at, createFile(root, 'f', theirs, file), createFile(root, 'f (conflict)', mine, copy), recorded);
  expect([await open(laptop), await open(phone), await open(viewer)]).toEqual([1, 1, 1]);

  const entry = (await server.ask('GET', `/v1/workspaces/${workspace}/entries/${file}`, { token: laptop.token })).body['entry'] as {
    revisions: { content: string };
  };
  const settling = await keepMine(entry.revisions.content);
  const before = await head();
  expect(await commit(phone, settling)).toMatchObject({ accepted: true });
  expect([await open(laptop), await open(phone), await open(viewer)]).toEqual([0, 0, 0]);
  expect(await names()).toEqual(['f']);
  const settled = await theConflict();
  expect(settled.resolved).toMatchObject({ how: 'mine', revision: String(BigInt(before.revision) + 1n) });

  // The same of another device, which had not heard of it; and another way than it was settled.
  expect(await commit(laptop, settling, before)).toMatchObject({ accepted: true });
  const { conflict } = settled;
  expect(await commit(laptop, { type: 'settleConflict', conflict, how: 'both' })).toMatchObject({
    rejection: { code: 'CONFLICT_SETTLED' },
  });

  const revision = settled.resolved?.revision ?? '';
  const back = {
    type: 'group',
    operations: [
      { type: 'reopenConflict', conflict, base: revision },
      { type: 'restore', entry: copy, base: String(BigInt(revision) + 2n), parent: root, name: 'f (conflict)' },
      { type: 'putContent', entry: file, base: String(BigInt(revision) + 1n), content: theirs, attributes },
    ],
  };
  expect(await commit(laptop, back)).toMatchObject({ accepted: true });
  expect([await open(laptop), await open(phone), await open(viewer)]).toEqual([1, 1, 1]);
  expect((await theConflict()).resolved).toBeUndefined();
  expect((await names()).toSorted()).toEqual(['f', 'f (conflict)']);
});

test('after a restart the server knows what was settled, and how', async () => {
  const { conflict } = await theConflict();
  expect(await commit(phone, { type: 'settleConflict', conflict, how: 'theirs' })).toMatchObject({ accepted: true });
  await server.restart();
  expect(await commit(phone, { type: 'settleConflict', conflict, how: 'mine' })).toMatchObject({ rejection: { code: 'CONFLICT_SETTLED' } });
  expect((await theConflict()).resolved).toMatchObject({ how: 'theirs' });
});

test('an unknown conflict is refused, a way that does not exist is not understood, and who may only read settles nothing', async () => {
  const { conflict } = await theConflict();
  const unknown = newEntry();
  expect(await commit(laptop, { type: 'settleConflict', conflict: unknown, how: 'both' })).toMatchObject({
    rejection: { code: 'CONFLICT_NOT_FOUND' },
  });
  expect(await commit(laptop, { type: 'reopenConflict', conflict: unknown, base: '1' })).toMatchObject({
    rejection: { code: 'CONFLICT_NOT_FOUND' },
  });
  const at = await head();
  expect(codeOf(await send(laptop, at, { type: 'settleConflict', conflict, how: 'open' }))).toBe('REQUEST_INVALID');
  expect(codeOf(await send(viewer, at, { type: 'settleConflict', conflict, how: 'both' }))).toBe('NOT_ALLOWED');
});
