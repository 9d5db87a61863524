import {
  assert,
  type ContentId,
  type DeviceId,
  type EntryId,
  type Revision,
  type Row,
  START,
  type WorkspaceId,
  workspaceStream,
} from '@tidemark/domain';
import { contract, type Skip } from '@tidemark/sqlite/testing';
import { expect, onTestFinished } from 'vitest';
import { LOOKED_LINES_MAX } from '../history-look.ts';
import type {
  ActivityRow,
  Batch,
  HistoryQuestion,
  ReadModelReader,
  ReadModelWriter,
  ReceiptRow,
  ReceiptStore,
} from '../read-model.port.ts';
import {
  activityRowOf,
  conflictRowOf,
  cursorAt,
  deviceRowOf,
  entryNumber,
  fileRow,
  folderRow,
  newAccount,
  newDevice,
  newEntry,
  newWorkspace,
  workspaceRowOf,
} from './sample-rows.ts';

export interface ReadModelUnderTest {
  readonly reader: ReadModelReader;
  readonly writer: ReadModelWriter;
  readonly receipts: ReceiptStore;
  /** Closes all and opens a reader again on the same store. */
  readonly restart?: () => Promise<ReadModelReader>;
}

async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const collected: Item[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}
const namesOf = (rows: readonly Row[]): readonly string[] => rows.map(({ name }) => name);
const byId = (rows: readonly Row[]): readonly Row[] => rows.toSorted((a, b) => (a.id < b.id ? -1 : 1));

/** Everything a feed gives, page by page, as a device pulls it. */
async function pull(reader: ReadModelReader, workspace: WorkspaceId, limit: number, liveOnly = false): Promise<readonly Row[]> {
  const pulled: Row[] = [];
  let after: { revision: Revision; entry?: EntryId } = { revision: -1n };
  for (;;) {
    const { rows, more } = await reader.feed(workspace, after, limit, liveOnly);
    expect(rows.length).toBeLessThanOrEqual(limit);
    pulled.push(...rows);
    const last = rows.at(-1);
    if (!more) return pulled;
    assert(last !== undefined, 'a page with more behind it is not empty');
    after = { revision: last.feed, entry: last.id };
  }
}

/**
 * What every read model promises. The store may hold what other tests left; each test uses ids of its own.
 * `skips` says what an adapter cannot do, and why. `manyRows`: fewer, in hundreds, where the store is slow.
 */
export function readModelContract(make: () => Promise<ReadModelUnderTest>, skips: readonly Skip[] = [], manyRows = 10_000): void {
  const open = async (): Promise<
    ReadModelUnderTest & { readonly workspace: WorkspaceId; readonly put: (...rows: readonly Row[]) => Promise<void> }
  > => {
    const made = await make();
    onTestFinished(async () => {
      await made.writer.close();
      await made.reader.close();
    });
    const workspace = newWorkspace();
    const put = (...rows: readonly Row[]) => made.writer.write({ stream: workspaceStream(workspace), rowsOf: workspace, rows });
    return { ...made, workspace, put };
  };

  contract(
    'a read model',
    {
      'a row comes back as it was written': async () => {
        const { reader, writer, workspace, put } = await open();
        const rows = [
          folderRow(0),
          fileRow(1, { parent: newEntry(), name: 'e\u0301 😀 "%_\\', deleted: true }),
          folderRow(2, { kind: 'link', target: '../ä', parent: newEntry() }),
          folderRow(3, { rescueOf: newEntry(), revisions: { content: 0n, place: 2n ** 52n, attributes: 1n, live: 3n } }),
        ];
        await put(...rows);
        for (const row of rows) {
          expect(await reader.entry(workspace, row.id)).toStrictEqual(row);
          expect(await writer.entry(workspace, row.id)).toStrictEqual(row);
          expect(await reader.entry(newWorkspace(), row.id)).toBeUndefined();
        }
        const some = rows.slice(1).map((row) => row.id);
        expect(await writer.entries(workspace, [...some, newEntry()])).toStrictEqual(new Map(rows.slice(1).map((row) => [row.id, row])));
        expect(await writer.entries(workspace, some.slice(0, 1))).toStrictEqual(new Map(rows.slice(1, 2).map((row) => [row.id, row])));
        expect((await writer.entries(workspace, [])).size + (await writer.entries(newWorkspace(), some)).size).toBe(0);
        expect(await collect(reader.rows(workspace))).toEqual(byId(rows));
      },

      'a later row replaces an earlier one; an older or equally old one never does': async () => {
        const { reader, workspace, put } = await open();
        const id = newEntry();
        const row = (feed: number, name: string) => folderRow(feed, { id, name });
        await put(row(5, 'five'));
        await put(row(4, 'late'));
        await put(row(5, 'five again'));
        expect((await reader.entry(workspace, id))?.name).toBe('five');
        await put(row(6, 'six'), row(3, 'late too'));
        expect(await reader.entry(workspace, id)).toEqual({ ...row(6, 'six'), id });
        await put(folderRow(7, { id, name: 'gone', deleted: true }));
        await put(row(6, 'six'));
        expect(await reader.entry(workspace, id)).toMatchObject({ deleted: true, feed: 7n });
      },

      'every write repeated changes nothing, the older ones after the newer ones either': async () => {
        const { reader, writer, workspace } = await open();
        const [ann, bob] = [newAccount(), newAccount()];
        const [device, conflict] = [deviceRowOf(ann), conflictRowOf(workspace, 2)];
        const entry = folderRow(1);
        const stream = workspaceStream(workspace);
        const settled = { workspace, conflict: conflict.conflict, how: 'mine', revision: 3n };
        const older: Batch = {
          stream,
          through: 2n,
          rowsOf: workspace,
          rows: [entry, folderRow(2)],
          workspaces: [workspaceRowOf(workspace, 'old')],
          members: [
            { workspace, account: ann, role: 'owner' },
            { workspace, account: bob, role: 'editor' },
          ],
          activity: [activityRowOf(workspace, 1), activityRowOf(workspace, 2)],
          conflicts: [conflict],
          devices: [device],
          accounts: [{ account: ann, name: 'Ann' }],
          invites: [{ codeHash: `${workspace}-code`, account: ann }],
        };
        const newer: Batch = {
          stream,
          through: 4n,
          rowsOf: workspace,
          rows: [{ ...entry, name: 'renamed', feed: 4n }],
          workspaces: [workspaceRowOf(workspace, 'new')],
          members: [{ workspace, account: bob, role: 'editor', gone: true }],
          activity: [activityRowOf(workspace, 4)],
          resolved: [settled],
          devices: [{ ...device, unlinked: '2027-01-01T00:00:00.000Z' }],
          accounts: [{ account: ann, name: 'Anna' }],
        };
        const everything = async () => ({
          rows: await collect(reader.rows(workspace)),
          workspace: await reader.workspace(workspace),
          members: await reader.members(workspace),
          bobs: await reader.workspacesOf(bob),
          activity: await reader.activity(workspace, { limit: 100 }),
          conflicts: await reader.conflicts(workspace, { limit: 100 }),
          devices: await reader.devicesOf(ann),
          account: (await reader.accounts()).find(({ account }) => account === ann),
          invite: await reader.accountOfInvite(`${workspace}-code`),
        });
        await writer.write(older);
        await writer.write(newer);
        const before = await everything();
        expect(before).toMatchObject({
          workspace: { name: 'new' },
          members: [{ account: ann, role: 'owner' }],
          bobs: [],
          account: { name: 'Anna' },
          invite: ann,
          conflicts: [{ resolved: { how: 'mine', revision: 3n } }],
        });
        expect(before.devices[0]?.unlinked).toBeDefined();
        expect(before.rows).toHaveLength(2);
        expect(before.activity).toHaveLength(3);
        for (const batch of [newer, older, older, newer]) {
          await writer.write(batch);
          expect(await everything()).toEqual(before);
        }
      },

      'a feed gives rows in the order of feed revision and entry, and says at which mark it was read': async () => {
        const { reader, writer, workspace, put } = await open();
        const rows = [folderRow(3, { id: entryNumber(1) }), folderRow(1, { id: entryNumber(9) }), folderRow(1, { id: entryNumber(2) })];
        await put(...rows);
        expect((await reader.feed(workspace, { revision: -1n }, 10, false)).at).toEqual(START);
        await writer.mark(workspaceStream(workspace), 'projected', undefined, cursorAt(3));
        const page = await reader.feed(workspace, { revision: -1n }, 10, false);
        expect(page).toMatchObject({ more: false, at: cursorAt(3) });
        expect(page.rows.map(({ id }) => id)).toEqual([entryNumber(2), entryNumber(9), entryNumber(1)]);
        expect((await reader.feed(workspace, { revision: 1n }, 10, false)).rows).toHaveLength(1);
        expect((await reader.feed(workspace, { revision: 1n, entry: entryNumber(2) }, 10, false)).rows).toHaveLength(2);
        expect(await reader.feed(workspace, { revision: 3n }, 10, false)).toEqual({ rows: [], more: false, at: cursorAt(3) });
        expect(await reader.feed(newWorkspace(), { revision: -1n }, 10, false)).toEqual({ rows: [], more: false, at: START });
      },

      'pages of a feed have no gap and no duplicate, also where many rows share a feed revision': async () => {
        const { reader, workspace, put } = await open();
        const rows = Array.from({ length: 300 }, (_, n) => folderRow(n < 250 ? 7 : 8 + (n % 3), { name: `n${n}` }));
        await put(...rows);
        const inOrder = rows.toSorted((a, b) => Number(a.feed - b.feed) || (a.id < b.id ? -1 : 1)).map(({ id }) => id);
        for (const limit of [1, 7, 250, 299, 300, 301]) expect((await pull(reader, workspace, limit)).map(({ id }) => id)).toEqual(inOrder);
        const exact = await reader.feed(workspace, { revision: -1n }, 300, false);
        expect(exact.more).toBe(false);
      },

      'who pulls page by page while others write ahead of the mark has exactly the rows at each mark, and misses none': async () => {
        const { reader, writer, workspace } = await open();
        const stream = workspaceStream(workspace);
        const [batches, perBatch, limit] = [5, 120, 25];
        // Every revision changes one entry, every third one that was there before; and a batch gives the last of each, in any order.
        const history = Array.from({ length: batches * perBatch }, (_, n) => {
          const id = entryNumber(n % 3 === 0 ? (n * 7) % (n + 1) : n);
          return folderRow(n, { id, name: `${n}`, revisions: { content: 0n, place: BigInt(n % 2), attributes: 0n, live: 0n } });
        });
        const rowsAt = (revision: Revision) =>
          new Map(history.slice(0, Number(revision) + 1).map((row) => [row.id, row] satisfies [EntryId, Row]));
        const end = { reached: false };
        const write = async (): Promise<void> => {
          let from = START;
          for (let n = 0; n < history.length; n += perBatch) {
            const rows = [...new Map(history.slice(n, n + perBatch).map((row) => [row.id, row])).values()];
            const to = cursorAt(n + perBatch - 1);
            await writer.write({ stream, through: to.revision, rowsOf: workspace, rows: rows.toSorted((a, b) => (a.id < b.id ? 1 : -1)) });
            expect(await writer.mark(stream, 'projected', from, to)).toBe(true);
            from = to;
            await new Promise((resolve) => setImmediate(resolve));
          }
          end.reached = true;
        };
        const pulled = new Map<EntryId, Row>();
        const pullAll = async (): Promise<void> => {
          let after: { revision: Revision; entry?: EntryId } = { revision: -1n };
          for (let checkpoint = -1n; !end.reached || checkpoint < BigInt(history.length - 1);) {
            const { rows, more, at } = await reader.feed(workspace, after, limit, false);
            const last = rows.at(-1);
            const ahead = last !== undefined && last.feed > after.revision ? last.feed : after.revision;
            if (more || ahead <= at.revision) for (const row of rows) pulled.set(row.id, row);
            if (more) after = { revision: last?.feed ?? -1n, ...(last === undefined ? {} : { entry: last.id }) };
            else if (ahead <= at.revision) {
              expect(pulled).toEqual(rowsAt(at.revision));
              after = { revision: at.revision };
              checkpoint = at.revision;
            }
            await new Promise((resolve) => setImmediate(resolve));
          }
        };
        await Promise.all([write(), pullAll()]);
        expect(byId([...pulled.values()])).toEqual(await collect(reader.rows(workspace)));
      },

      'a live feed leaves out what is deleted, itself or by an ancestor, and its pages go on past it': async () => {
        const { reader, workspace, put } = await open();
        const root = folderRow(0, { id: entryNumber(0), name: '' });
        const dead = folderRow(1, { id: entryNumber(1), parent: root.id, deleted: true });
        const below = Array.from({ length: 30 }, (_, n) => fileRow(2, { id: entryNumber(10 + n), parent: dead.id, name: `below ${n}` }));
        const deep = folderRow(3, { id: entryNumber(50), parent: below[0]?.id ?? null });
        const live = Array.from({ length: 5 }, (_, n) => fileRow(4 + n, { id: entryNumber(60 + n), parent: root.id, name: `live ${n}` }));
        await put(root, dead, ...below, deep, ...live);
        for (const limit of [1, 2, 4, 100]) {
          expect(namesOf(await pull(reader, workspace, limit, true))).toEqual(['', 'live 0', 'live 1', 'live 2', 'live 3', 'live 4']);
        }
        expect(await pull(reader, workspace, 10)).toHaveLength(38);
        expect(await reader.isLive(workspace, deep.id)).toBe(false);
        expect(await reader.isLive(workspace, live[0]?.id ?? root.id)).toBe(true);
        expect(await reader.isLive(workspace, newEntry())).toBe(false);
        await put({ ...dead, deleted: false, feed: 20n });
        expect(await reader.isLive(workspace, deep.id)).toBe(true);
        expect(await pull(reader, workspace, 7, true)).toHaveLength(38);
      },

      'an entry whose parent is not written yet, or that is its own ancestor for a moment, is answered all the same': async () => {
        const { reader, workspace, put } = await open();
        const [a, b] = [newEntry(), newEntry()];
        const orphan = folderRow(1, { parent: newEntry() });
        await put(orphan, folderRow(2, { id: a, parent: b }), folderRow(2, { id: b, parent: a }));
        expect(await reader.isLive(workspace, orphan.id)).toBe(true);
        expect(await pull(reader, workspace, 2, true)).toHaveLength(3);
      },

      'children are those not themselves deleted, by name, page by page': async () => {
        const { reader, writer, workspace, put } = await open();
        const parent = folderRow(0, { deleted: true });
        const names = Array.from({ length: 25 }, (_, n) => `c${String(n).padStart(2, '0')}`);
        await put(parent, ...names.toReversed().map((name, n) => fileRow(1 + n, { parent: parent.id, name })));
        await put(
          fileRow(50, { parent: parent.id, name: 'c03-deleted', deleted: true }),
          fileRow(51, { parent: newEntry(), name: 'c04-elsewhere' }),
        );
        const seen: string[] = [];
        for (;;) {
          const page = await reader.children(workspace, parent.id, { after: seen.at(-1), limit: 10 });
          seen.push(...namesOf(page));
          if (page.length < 10) break;
        }
        expect(seen).toEqual(names);
        expect(namesOf(await collect(writer.childrenOf(workspace, parent.id))).toSorted()).toEqual(names);
        expect(await reader.children(newWorkspace(), parent.id, { limit: 10 })).toEqual([]);
      },

      'children come in the order of their names as UTF-8': async () => {
        const { reader, writer, workspace, put } = await open();
        const parent = newEntry();
        // As UTF-16, or by a language's rules, they would come in others.
        const names = ['A', 'Z', 'a', 'a ', 'a b', 'a.b', 'ab', 'b', 'z', 'ß', 'ä', '日本', '\uff5e', '😀'];
        await put(...names.toReversed().map((name, n) => fileRow(1 + n, { parent, name })));
        expect(namesOf(await reader.children(workspace, parent, { limit: 100 }))).toEqual(names);
        expect(namesOf(await collect(writer.childrenOf(workspace, parent)))).toEqual(names);
        for (const [n, after] of names.entries())
          expect(namesOf(await reader.children(workspace, parent, { after, limit: 1 }))).toEqual(names.slice(n + 1, n + 2));
      },

      'a child that moves away is found at its new place alone': async () => {
        const { reader, workspace, put } = await open();
        const [from, to] = [newEntry(), newEntry()];
        const child = fileRow(1, { parent: from, name: 'x' });
        await put(child);
        await put({ ...child, parent: to, name: 'y', feed: 2n });
        expect(await reader.children(workspace, from, { limit: 10 })).toEqual([]);
        expect(namesOf(await reader.children(workspace, to, { limit: 10 }))).toEqual(['y']);
      },

      'children can be changed while they are walked': async () => {
        const { writer, workspace, put } = await open();
        const parent = newEntry();
        await put(...Array.from({ length: 1_200 }, (_, n) => folderRow(1, { parent, name: `n${n}` })));
        const seen = new Set<EntryId>();
        for await (const child of writer.childrenOf(workspace, parent)) {
          expect(seen.has(child.id)).toBe(false);
          seen.add(child.id);
          if (seen.size % 100 === 0) await put({ ...child, feed: 2n });
        }
        expect(seen.size).toBe(1_200);
      },

      'a name is found by any part of it, in letters of either case, where it is live': async () => {
        const { reader, workspace, put } = await open();
        const dead = folderRow(1, { name: 'dead', deleted: true });
        await put(
          dead,
          ...['Grüße.TXT', 'grüssgott', '100%_sure.txt', 'plain'].map((name, n) => fileRow(2 + n, { parent: null, name })),
          fileRow(9, { parent: dead.id, name: 'below.txt' }),
          fileRow(9, { parent: null, name: 'deleted.txt', deleted: true }),
        );
        const found = async (text: string, limit = 10) => namesOf(await reader.find(workspace, text, limit)).toSorted();
        expect(await found('.txt')).toEqual(['100%_sure.txt', 'Grüße.TXT']);
        expect(await found('GRÜ')).toEqual(['Grüße.TXT', 'grüssgott']);
        expect(await found('u\u0308')).toEqual(['Grüße.TXT', 'grüssgott']);
        expect(await found('%_s')).toEqual(['100%_sure.txt']);
        expect(await found('l%n')).toEqual([]);
        expect(await found('.txt', 1)).toHaveLength(1);
        expect(await reader.find(newWorkspace(), 'plain', 10)).toEqual([]);
      },

      'marks move by compare-and-set, each by itself': async () => {
        const { writer, reader, workspace } = await open();
        const stream = workspaceStream(workspace);
        const [one, two, other] = [cursorAt(1), cursorAt(2), { ...cursorAt(1), chain: cursorAt(99).chain }];
        expect(await writer.marks(stream)).toBeUndefined();
        expect(await writer.mark(stream, 'projected', one, two)).toBe(false);
        expect(await writer.marks(stream)).toBeUndefined();
        expect(await writer.mark(stream, 'projected', undefined, one)).toBe(true);
        expect(await writer.mark(stream, 'projected', undefined, one)).toBe(false);
        expect(await reader.marks(stream)).toEqual({ projected: one, published: START });
        expect(await writer.mark(stream, 'published', START, one)).toBe(true);
        expect(await writer.mark(stream, 'projected', other, two)).toBe(false);
        expect(await writer.mark(stream, 'projected', one, two)).toBe(true);
        expect(await writer.marks(stream)).toEqual({ projected: two, published: one });
        expect(await writer.marks(workspaceStream(newWorkspace()))).toBeUndefined();
      },

      'of many who move a mark at once exactly one succeeds': async () => {
        const { writer, workspace } = await open();
        const stream = workspaceStream(workspace);
        for (const from of [undefined, cursorAt(1)]) {
          const to = from === undefined ? cursorAt(1) : cursorAt(2);
          const moved = await Promise.all(Array.from({ length: 8 }, () => writer.mark(stream, 'projected', from, to)));
          expect(moved.filter(Boolean)).toHaveLength(1);
        }
      },

      'an account sees the workspaces it is a member of, with its role': async () => {
        const { reader, writer } = await open();
        const [ann, bob] = [newAccount(), newAccount()];
        const [mine, ours] = [newWorkspace(), newWorkspace()];
        const rows = [workspaceRowOf(mine, 'mine'), workspaceRowOf(ours, 'ours')] as const;
        await writer.write({
          stream: workspaceStream(mine),
          through: 1n,
          workspaces: [rows[0]],
          members: [{ workspace: mine, account: ann, role: 'owner' }],
        });
        await writer.write({
          stream: workspaceStream(ours),
          through: 1n,
          workspaces: [rows[1]],
          members: [
            { workspace: ours, account: bob, role: 'owner' },
            { workspace: ours, account: ann, role: 'viewer' },
          ],
        });
        const expected = [
          { ...rows[0], role: 'owner' },
          { ...rows[1], role: 'viewer' },
        ];
        expect([...(await reader.workspacesOf(ann))].toSorted((a, b) => (a.name < b.name ? -1 : 1))).toEqual(expected);
        await writer.write({
          stream: workspaceStream(ours),
          through: 2n,
          members: [{ workspace: ours, account: ann, role: 'viewer', gone: true }],
        });
        expect(await reader.workspacesOf(ann)).toEqual([expected[0]]);
        expect(await reader.members(ours)).toEqual([{ workspace: ours, account: bob, role: 'owner' }]);
        await writer.write({ stream: workspaceStream(ours), through: 3n, members: [{ workspace: ours, account: ann, role: 'editor' }] });
        expect(await reader.workspacesOf(ann)).toHaveLength(2);
      },

      'a workspace has the devices of its members': async () => {
        const { reader, writer, workspace } = await open();
        const [ann, bob] = [newAccount(), newAccount()];
        const [laptop, phone, bobs] = [
          deviceRowOf(ann),
          deviceRowOf(ann, { kind: 'browser', unlinked: '2026-02-02T00:00:00.000Z' }),
          deviceRowOf(bob),
        ];
        for (const device of [laptop, phone, bobs])
          await writer.write({ stream: `device-${device.device}`, through: 0n, devices: [device] });
        await writer.write({ stream: workspaceStream(workspace), through: 0n, members: [{ workspace, account: ann, role: 'owner' }] });
        const sorted = [laptop, phone].toSorted((a, b) => (a.device < b.device ? -1 : 1));
        const found = await reader.devices(workspace);
        expect([...found].toSorted((a, b) => (a.device < b.device ? -1 : 1))).toEqual(sorted);
        expect(await reader.devicesOf(bob)).toEqual([bobs]);
      },

      'activity is told newest first, of all, of an entry, of a device, and before a revision': async () => {
        const { reader, writer, workspace } = await open();
        const [entry, device] = [newEntry(), newDevice()];
        const lines = Array.from({ length: 10 }, (_, n) =>
          activityRowOf(workspace, n, { entry: n % 2 === 0 ? entry : undefined, device: n % 3 === 0 ? device : undefined }),
        );
        await writer.write({ stream: workspaceStream(workspace), through: 9n, activity: lines });
        const revisions = async (options: Omit<Parameters<ReadModelReader['activity']>[1], 'limit'>, limit = 100) =>
          (await reader.activity(workspace, { ...options, limit })).map(({ revision }) => Number(revision));
        expect(await reader.activity(workspace, { limit: 100 })).toEqual(lines.toReversed());
        expect(await revisions({}, 3)).toEqual([9, 8, 7]);
        expect(await revisions({ before: 7n }, 2)).toEqual([6, 5]);
        expect(await revisions({ entry })).toEqual([8, 6, 4, 2, 0]);
        expect(await revisions({ device, before: 9n })).toEqual([6, 3, 0]);
        expect(await revisions({ entry, device })).toEqual([6, 0]);
      },

      'a folder has the size of all that is below it, but for what is deleted there': async () => {
        const { reader, workspace, put } = await open();
        const file = (parent: EntryId, size: number, more: Partial<Row> = {}) =>
          fileRow(1, { parent, content: { id: 'c'.repeat(64) as ContentId, size, chunks: [] }, ...more });
        const [root, a, b, dead, empty] = [1, 2, 3, 4, 5].map((n) => entryNumber(n)) as [EntryId, EntryId, EntryId, EntryId, EntryId];
        await put(
          folderRow(0, { id: root, name: '' }),
          folderRow(1, { id: a, parent: root }),
          folderRow(1, { id: b, parent: a }),
          folderRow(1, { id: dead, parent: a, deleted: true }),
          folderRow(1, { id: empty, parent: root }),
          file(root, 2 ** 50),
          file(a, 20),
          file(b, 300),
          file(b, 0),
          file(b, 4_000, { deleted: true }),
          file(dead, 50_000),
          folderRow(1, { kind: 'link', target: 'x', parent: b }),
        );
        const sizes = await reader.sizes(workspace, [root, a, b, dead, empty]);
        expect([...sizes.entries()].toSorted(([one], [two]) => (one < two ? -1 : 1))).toEqual([
          [root, { inside: 8, bytes: 2 ** 50 + 320 }],
          [a, { inside: 5, bytes: 320 }],
          [b, { inside: 3, bytes: 300 }],
          [dead, { inside: 1, bytes: 50_000 }],
          [empty, { inside: 0, bytes: 0 }],
        ]);
        expect(await reader.sizes(workspace, [a])).toEqual(new Map([[a, { inside: 5, bytes: 320 }]]));
        expect(await reader.sizes(workspace, [])).toEqual(new Map());
        expect(await reader.sizes(newWorkspace(), [root])).toEqual(new Map([[root, { inside: 0, bytes: 0 }]]));
        await put(folderRow(2, { id: b, parent: root }));
        expect(await reader.sizes(workspace, [a, b])).toEqual(
          new Map([
            [a, { inside: 1, bytes: 20 }],
            [b, { inside: 3, bytes: 300 }],
          ]),
        );
      },

      'sizes of folders that stand in a circle for a moment are answered all the same': async () => {
        const { reader, workspace, put } = await open();
        const [a, b] = [newEntry(), newEntry()];
        await put(folderRow(1, { id: a, parent: b }), folderRow(1, { id: b, parent: a }));
        expect([...(await reader.sizes(workspace, [a, b])).keys()]).toEqual([a, b]);
        expect((await reader.history(workspace, { within: a, limit: 10 })).lines).toEqual([]);
      },

      'an entry is found at the end of a path of names': async () => {
        const { reader, workspace, put } = await open();
        const [root, folder, file] = [folderRow(0, { name: '' }), folderRow(1, { name: 'ä b' }), fileRow(2, { name: 'x.txt' })];
        const dead = folderRow(3, { parent: root.id, name: 'dead', deleted: true });
        await put(
          root,
          { ...folder, parent: root.id },
          { ...file, parent: folder.id },
          fileRow(4, { parent: folder.id, name: 'x.txt', deleted: true }),
          dead,
          fileRow(5, { parent: dead.id, name: 'x.txt' }),
        );
        const at = async (...names: readonly string[]) => (await reader.descend(workspace, root.id, names))?.id;
        expect(await at()).toBe(root.id);
        expect(await at('ä b')).toBe(folder.id);
        expect(await at('ä b', 'x.txt')).toBe(file.id);
        expect(await at('ä b', 'X.txt')).toBeUndefined();
        expect(await at('dead', 'x.txt')).toBeUndefined();
        expect(await at('x.txt')).toBeUndefined();
        expect(await at('ä b', 'x.txt', 'further')).toBeUndefined();
        expect(await reader.descend(workspace, dead.id, [])).toBeUndefined();
        expect(await reader.descend(newWorkspace(), root.id, [])).toBeUndefined();
        expect([...(await reader.entries(workspace, [file.id, newEntry()])).keys()]).toEqual([file.id]);
      },

      'what was deleted by itself is told latest first, page by page; what went with a folder is not': async () => {
        const { reader, workspace, put } = await open();
        const rows = Array.from({ length: 7 }, (_, n) => folderRow(10 + n, { name: `${n}`, deleted: n !== 3 }));
        const below = fileRow(5, { parent: rows[0]?.id ?? null, name: 'with its folder' });
        await put(...rows.toReversed(), below);
        const seen: string[] = [];
        let before: Revision | undefined;
        for (;;) {
          const page = await reader.deleted(workspace, { before, limit: 4 });
          seen.push(...namesOf(page));
          before = page.at(-1)?.feed;
          if (page.length < 4) break;
        }
        expect(seen).toEqual(['6', '5', '4', '2', '1', '0']);
        expect(await reader.deleted(workspace, { before: 10n, limit: 4 })).toEqual([]);
        expect(await reader.deleted(newWorkspace(), { limit: 4 })).toEqual([]);
        await put({ ...(rows[6] ?? folderRow(0)), deleted: false, feed: 30n });
        expect(namesOf(await reader.deleted(workspace, { limit: 2 }))).toEqual(['5', '4']);
      },

      'history is told by all that is asked for together, newest first, page by page': async () => {
        const { reader, writer, workspace } = await open();
        const [entry, device, account] = [newEntry(), newDevice(), newAccount()];
        const lines = Array.from({ length: 60 }, (_, n) =>
          activityRowOf(workspace, n, {
            at: new Date(Date.UTC(2026, 0, 1, 0, n)).toISOString(),
            type: n % 2 === 0 ? 'EntryMoved' : 'ContentCommitted',
            entry: n % 3 === 0 ? entry : undefined,
            device: n % 4 === 0 ? device : undefined,
            account: n % 5 === 0 ? account : newAccount(),
          }),
        );
        await writer.write({ stream: workspaceStream(workspace), through: 59n, activity: lines });
        const asked = async (question: Omit<HistoryQuestion, 'limit'>, limit = 4) => {
          const found: ActivityRow[] = [];
          let before = question.before;
          for (;;) {
            const page = await reader.history(workspace, { ...question, before, limit });
            expect(page.lines.length).toBeLessThanOrEqual(limit);
            found.push(...page.lines);
            if (page.next === undefined) return found;
            before = page.next;
          }
        };
        const those = (is: (n: number) => boolean) => lines.filter((_, n) => is(n)).toReversed();
        expect(await asked({})).toEqual(lines.toReversed());
        expect(await asked({}, 60)).toEqual(lines.toReversed());
        expect(await asked({ before: 7n })).toEqual(those((n) => n < 7));
        expect(await asked({ entry })).toEqual(those((n) => n % 3 === 0));
        expect(await asked({ device })).toEqual(those((n) => n % 4 === 0));
        expect(await asked({ account })).toEqual(those((n) => n % 5 === 0));
        expect(await asked({ account, device, entry })).toEqual(those((n) => n % 60 === 0));
        expect(await asked({ types: ['ContentCommitted', 'none'], entry })).toEqual(those((n) => n % 6 === 3));
        const at = (n: number) => lines[n]?.at;
        expect(await asked({ since: at(10), until: at(20) })).toEqual(those((n) => n >= 10 && n < 20));
        expect(await asked({ since: at(10), device, before: 30n })).toEqual(those((n) => n >= 10 && n < 30 && n % 4 === 0));
        expect(await asked({ until: '0000-01-01T00:00:00.000Z' })).toEqual([]);
        expect(await asked({ since: '9999-12-31T23:59:59.999Z' })).toEqual([]);
        expect(await asked({ since: '0000-01-01T00:00:00.000Z', until: '9999-12-31T23:59:59.999Z' })).toHaveLength(60);
        const exact = await reader.history(workspace, { entry, limit: 20 });
        expect([exact.lines.length, exact.next]).toEqual([20, undefined]);
        expect((await reader.history(workspace, { entry, limit: 19 })).next).toBe(3n);
        expect(await reader.history(newWorkspace(), { limit: 4 })).toEqual({ lines: [], next: undefined });
      },

      'history by time is whole where clocks of servers are apart, and goes by no more lines than it must': async () => {
        const { reader, writer, workspace } = await open();
        // Every other server is half an hour behind.
        const minutes = (n: number) => new Date(Date.UTC(2026, 0, 1, 12, n - (n % 2) * 30)).toISOString();
        const lines = Array.from({ length: 300 }, (_, n) => activityRowOf(workspace, n, { at: minutes(n) }));
        await writer.write({ stream: workspaceStream(workspace), through: 299n, activity: lines });
        const [since, until] = [minutes(100), minutes(200)];
        const page = await reader.history(workspace, { since, until, limit: 300 });
        expect(page.lines).toEqual(lines.filter(({ at }) => at >= since && at < until).toReversed());
      },

      'history within a folder is that of all that is in it now, deleted or not, at any depth': async () => {
        const { reader, writer, workspace, put } = await open();
        const [root, folder, deep, dead] = [folderRow(0, { name: '' }), folderRow(1), folderRow(2), folderRow(3, { deleted: true })];
        const [file, below, outside] = [fileRow(4, { parent: deep.id }), fileRow(5, { parent: dead.id }), fileRow(6, { parent: root.id })];
        await put(
          root,
          { ...folder, parent: root.id },
          { ...deep, parent: folder.id },
          { ...dead, parent: folder.id },
          file,
          below,
          outside,
        );
        const entries = [root, folder, deep, dead, file, below, outside].map(({ id }) => id);
        const lines = Array.from({ length: 50 }, (_, n) => activityRowOf(workspace, n, { entry: entries[n % 7] }));
        await writer.write({ stream: workspaceStream(workspace), through: 50n, activity: [...lines, activityRowOf(workspace, 50)] });
        const revisions = async (question: Omit<HistoryQuestion, 'limit'>, limit = 100) =>
          (await reader.history(workspace, { ...question, limit })).lines.map(({ revision }) => Number(revision));
        const those = (...which: readonly number[]) =>
          lines
            .map((_, n) => n)
            .filter((n) => which.includes(n % 7))
            .toReversed();
        expect(await revisions({ within: folder.id })).toEqual(those(1, 2, 3, 4, 5));
        expect(await revisions({ within: root.id })).toEqual(those(0, 1, 2, 3, 4, 5, 6));
        expect(await revisions({ within: file.id })).toEqual(those(4));
        expect(await revisions({ within: deep.id, before: 30n }, 3)).toEqual(
          those(2, 4)
            .filter((n) => n < 30)
            .slice(0, 3),
        );
        expect(await revisions({ within: folder.id, entry: below.id })).toEqual(those(5));
        expect(await revisions({ within: folder.id, entry: outside.id })).toEqual([]);
        await put({ ...deep, parent: root.id, feed: 60n });
        expect(await revisions({ within: folder.id })).toEqual(those(1, 3, 5));
      },

      'history within a folder of very many entries goes on from where a page ended, and no page looks through without end': async () => {
        const { reader, writer, workspace, put } = await open();
        const [root, folder, small, other] = [folderRow(0, { name: '' }), folderRow(1), folderRow(1), fileRow(2)];
        const inSmall = fileRow(2, { parent: small.id, deleted: true });
        const many = Array.from({ length: manyRows }, (_, n) => fileRow(3, { id: entryNumber(n), parent: folder.id, name: `${n}` }));
        await put(root, ...[folder, small, other].map((row) => ({ ...row, parent: root.id })), inSmall, ...many);
        // Two in each folder, then more of the other than are looked through for a page, then two in the large folder.
        const count = manyRows < 10_000 ? 600 : LOOKED_LINES_MAX + 100;
        const of = (n: number) => (n < 2 || n >= count - 2 ? entryNumber(n % 2) : n < 4 ? inSmall.id : other.id);
        const lines = Array.from({ length: count }, (_, n) => activityRowOf(workspace, n, { entry: of(n) }));
        for (let n = 0; n < lines.length; n += 2_000)
          await writer.write({ stream: workspaceStream(workspace), activity: lines.slice(n, n + 2_000) });
        const page = async (question: Omit<HistoryQuestion, 'limit'>) => {
          const { lines: found, next } = await reader.history(workspace, { ...question, limit: 10 });
          return [found.map(({ revision }) => Number(revision)), next];
        };
        expect(await page({ within: small.id })).toEqual([[3, 2], undefined]);
        const [seen, next] = [[count - 1, count - 2], BigInt(count - LOOKED_LINES_MAX)];
        if (count < LOOKED_LINES_MAX) expect(await page({ within: folder.id })).toEqual([[...seen, 1, 0], undefined]);
        else {
          expect(await page({ within: folder.id })).toEqual([seen, next]);
          expect(await page({ within: folder.id, before: next })).toEqual([[1, 0], undefined]);
        }
      },

      'sizes are right where folders are very many': async () => {
        const { reader, workspace, put } = await open();
        const count = manyRows < 10_000 ? 200 : 3_200;
        const parentOf = (n: number) => entryNumber(Math.floor((n - 1) / 3));
        const folders = Array.from({ length: count }, (_, n) => folderRow(1, { id: entryNumber(n), parent: n === 0 ? null : parentOf(n) }));
        const files = folders.map(({ id }) => fileRow(2, { parent: id }));
        const elsewhere = folderRow(2, { parent: newEntry() });
        await put(...folders, ...files, elsewhere, fileRow(3, { parent: elsewhere.id }));
        const [top, last] = [entryNumber(0), entryNumber(count - 1)];
        const sizes = await reader.sizes(workspace, [top, last, elsewhere.id]);
        expect(sizes.get(top)).toEqual({ inside: 2 * count - 1, bytes: count * 2 ** 40 });
        expect(sizes.get(last)).toEqual({ inside: 1, bytes: 2 ** 40 });
        expect(sizes.get(elsewhere.id)).toEqual({ inside: 1, bytes: 2 ** 40 });
        // The same from below another folder, that is not the root.
        const above = folderRow(4, { parent: newEntry() });
        await put(above, { ...(folders[0] ?? elsewhere), parent: above.id, feed: 5n });
        expect((await reader.sizes(workspace, [above.id])).get(above.id)).toEqual({ inside: 2 * count, bytes: count * 2 ** 40 });
        await put({ ...(folders[1] ?? elsewhere), deleted: true, feed: 9n });
        const [whole, one] = [await reader.sizes(workspace, [top]), await reader.sizes(workspace, [entryNumber(1)])];
        expect((whole.get(top)?.inside ?? 0) + (one.get(entryNumber(1))?.inside ?? 0) + 1).toBe(2 * count - 1);
      },

      'lines, devices and accounts are told by what they are called': async () => {
        const { reader, writer, workspace } = await open();
        const [ann, bob] = [newAccount(), newAccount()];
        const device = deviceRowOf(ann, { unlinked: '2026-02-02T00:00:00.000Z' });
        const lines = [1, 2, 3].map((n) => activityRowOf(workspace, n));
        await writer.write({ stream: workspaceStream(workspace), through: 3n, activity: lines });
        await writer.write({ stream: `device-${device.device}`, through: 0n, devices: [device] });
        await writer.write({ stream: `account-${ann}`, through: 0n, accounts: [{ account: ann, name: 'Ann' }] });
        const [one, , three] = lines;
        expect(await reader.activityAt(workspace, [3n, 1n, 99n])).toEqual(
          new Map([
            [3n, three],
            [1n, one],
          ]),
        );
        expect(await reader.devicesBy([newDevice(), device.device])).toEqual([device]);
        expect(await reader.accountsBy([ann, bob])).toEqual([{ account: ann, name: 'Ann' }]);
        expect([await reader.devicesBy([]), await reader.accountsBy([])]).toEqual([[], []]);
        const fresh = await writer.fresh(`account-${ann}`);
        await fresh.write({ stream: `account-${ann}`, through: 0n, accounts: [{ account: ann, name: 'Anna' }] });
        await fresh.replace(cursorAt(0));
        expect(await reader.accountsBy([ann])).toEqual([{ account: ann, name: 'Anna' }]);
      },

      'conflicts are told newest first, open or settled': async () => {
        const { reader, writer, workspace } = await open();
        const [one, two, three] = [
          conflictRowOf(workspace, 1),
          conflictRowOf(workspace, 2, { copy: newEntry() }),
          conflictRowOf(workspace, 3),
        ];
        const stream = workspaceStream(workspace);
        await writer.write({ stream, through: 3n, conflicts: [one, two, three] });
        await writer.write({ stream, through: 5n, resolved: [{ workspace, conflict: two.conflict, how: 'both', revision: 5n }] });
        await writer.write({ stream, through: 4n, resolved: [{ workspace, conflict: two.conflict, how: 'mine', revision: 4n }] });
        const settled = { ...two, resolved: { how: 'both', revision: 5n } };
        expect(await reader.conflicts(workspace, { limit: 10 })).toEqual([three, settled, one]);
        expect(await reader.conflicts(workspace, { open: true, limit: 10 })).toEqual([three, one]);
        expect(await reader.conflicts(workspace, { open: false, limit: 10 })).toEqual([settled]);
        expect(await reader.conflicts(workspace, { open: true, limit: 1 })).toEqual([three]);
        expect(await reader.conflicts(workspace, { before: 3n, limit: 1 })).toEqual([settled]);
        expect(await reader.conflicts(workspace, { open: true, before: 3n, limit: 10 })).toEqual([one]);
      },

      'a settling that is taken back leaves the conflict open, and no late write brings it back': async () => {
        const { reader, writer, workspace } = await open();
        const conflict = conflictRowOf(workspace, 1);
        const stream = workspaceStream(workspace);
        const at = (revision: bigint, how: string | undefined) => ({ workspace, conflict: conflict.conflict, how, revision });
        const write = (...resolved: ReturnType<typeof at>[]) => writer.write({ stream, through: 9n, conflicts: [conflict], resolved });
        const now = async () => [
          await reader.conflicts(workspace, { limit: 9 }),
          (await reader.conflicts(workspace, { open: true, limit: 9 })).length,
        ];
        await write(at(5n, 'mine'));
        expect(await now()).toEqual([[{ ...conflict, resolved: { how: 'mine', revision: 5n } }], 0]);
        await write(at(6n, undefined));
        expect(await now()).toEqual([[conflict], 1]);
        await write(at(5n, 'mine'));
        expect(await now()).toEqual([[conflict], 1]);
        await write(at(7n, 'theirs'), at(8n, undefined), at(9n, 'both'));
        await write(at(8n, undefined));
        expect(await now()).toEqual([[{ ...conflict, resolved: { how: 'both', revision: 9n } }], 0]);
      },

      'a receipt replaces the device’s last one unless it is older': async () => {
        const { reader, receipts, workspace } = await open();
        const receipt: ReceiptRow = {
          workspace,
          device: newDevice(),
          revision: 5n,
          at: '2026-01-02T00:00:05.000Z',
          fetching: [{ entry: newEntry(), bytes: 2 ** 40 }],
          parked: [{ entry: newEntry(), reason: 'its name is no name here' }],
        };
        await receipts.receipt(receipt);
        await receipts.receipt(receipt);
        await receipts.receipt({ ...receipt, revision: 4n, at: '2026-01-02T00:00:04.000Z' });
        expect(await reader.receipts(workspace)).toEqual([receipt]);
        const started: ReceiptRow = { ...receipt, revision: 0n, at: '2026-01-02T00:00:06.000Z', fetching: [], parked: [] };
        await receipts.receipt(started);
        expect(await reader.receipts(workspace)).toEqual([started]);
        expect(await reader.receipts(newWorkspace())).toEqual([]);
      },

      'forgetting a stream forgets its rows and marks, and nothing of others, nor receipts': async () => {
        const { reader, writer, receipts, workspace, put } = await open();
        const [other, ann] = [newWorkspace(), newAccount()];
        const device = deviceRowOf(ann);
        const stream = workspaceStream(workspace);
        const fill = (of: WorkspaceId): Promise<void> =>
          writer.write({
            stream: workspaceStream(of),
            through: 1n,
            rowsOf: of,
            rows: [folderRow(1)],
            workspaces: [workspaceRowOf(of, 'w')],
            members: [{ workspace: of, account: ann, role: 'owner' }],
            activity: [activityRowOf(of, 1)],
            conflicts: [conflictRowOf(of, 1)],
          });
        await fill(workspace);
        await fill(other);
        const codeHash = `${workspace}-code`;
        await writer.write({ stream: `device-${device.device}`, through: 0n, devices: [device] });
        await writer.write({
          stream: `account-${ann}`,
          through: 0n,
          accounts: [{ account: ann, name: 'Ann' }],
          invites: [{ codeHash, account: ann }],
        });
        await writer.mark(stream, 'projected', undefined, cursorAt(9));
        await receipts.receipt({ workspace, device: device.device, revision: 1n, at: '2026', fetching: [], parked: [] });
        const counts = async (of: WorkspaceId) => [
          (await collect(reader.rows(of))).length,
          (await reader.workspace(of)) === undefined ? 0 : 1,
          (await reader.members(of)).length,
          (await reader.activity(of, { limit: 10 })).length,
          (await reader.conflicts(of, { limit: 10 })).length,
        ];
        await writer.forget(stream);
        expect(await counts(workspace)).toEqual([0, 0, 0, 0, 0]);
        expect(await counts(other)).toEqual([1, 1, 1, 1, 1]);
        expect(await writer.marks(stream)).toBeUndefined();
        expect(await reader.receipts(workspace)).toHaveLength(1);
        expect(await reader.devicesOf(ann)).toEqual([device]);
        await put(folderRow(0));
        expect(await counts(workspace)).toEqual([1, 0, 0, 0, 0]);
        await writer.forget(`device-${device.device}`);
        await writer.forget(`account-${ann}`);
        await writer.forget(`blocks-${workspace}`);
        expect(await reader.devicesOf(ann)).toEqual([]);
        expect(await reader.accountOfInvite(codeHash)).toBeUndefined();
        expect((await reader.accounts()).some(({ account }) => account === ann)).toBe(false);
      },

      'rows built aside are seen by nobody until they take the place of those before, and then by all': async () => {
        const { reader, writer, receipts, workspace, put } = await open();
        const stream = workspaceStream(workspace);
        const ann = newAccount();
        const whole = (name: string): Batch => ({
          stream,
          through: 1n,
          rowsOf: workspace,
          rows: [
            folderRow(1, { id: entryNumber(1), name }),
            folderRow(1, { id: entryNumber(2), name: `below ${name}`, parent: entryNumber(1) }),
          ],
          workspaces: [{ ...workspaceRowOf(workspace, name), root: entryNumber(1) }],
          members: [{ workspace, account: ann, role: name === 'old' ? 'editor' : 'owner' }],
          activity: [activityRowOf(workspace, 1, { type: name })],
          conflicts: [{ ...conflictRowOf(workspace, 1), device: ann as unknown as DeviceId, at: name }],
        });
        const seen = async () => ({
          entry: (await reader.entry(workspace, entryNumber(1)))?.name,
          children: namesOf(await reader.children(workspace, entryNumber(1), { limit: 9 })),
          found: namesOf(await reader.find(workspace, 'below', 9)),
          feed: namesOf((await reader.feed(workspace, { revision: -1n }, 9, true)).rows),
          rows: namesOf(await collect(reader.rows(workspace))),
          live: await reader.isLive(workspace, entryNumber(2)),
          workspace: (await reader.workspace(workspace))?.name,
          of: (await reader.workspacesOf(ann)).map(({ name, role }) => [name, role]),
          members: (await reader.members(workspace)).map(({ workspace: of, role }) => [of, role]),
          activity: (await reader.activity(workspace, { limit: 9 })).map(({ workspace: of, type }) => [of, type]),
          conflicts: (await reader.conflicts(workspace, { limit: 9 })).map(({ workspace: of, at }) => [of, at]),
        });
        const seenWith = (name: string, role: string) => ({
          entry: name,
          children: [`below ${name}`],
          found: [`below ${name}`],
          feed: [name, `below ${name}`],
          rows: [name, `below ${name}`],
          live: true,
          workspace: name,
          of: [[name, role]],
          members: [[workspace, role]],
          activity: [[workspace, name]],
          conflicts: [[workspace, name]],
        });
        await writer.write(whole('old'));
        await put(folderRow(1, { name: 'that should never have been there' }));
        await writer.mark(stream, 'projected', undefined, cursorAt(1));
        await writer.mark(stream, 'published', undefined, cursorAt(1));
        await receipts.receipt({ workspace, device: newDevice(), revision: 1n, at: '2026', fetching: [], parked: [] });
        const before = await seen();
        const fresh = await writer.fresh(stream);
        expect(await fresh.entry(workspace, entryNumber(1))).toBeUndefined();
        const built = whole('new');
        await fresh.write(built);
        await fresh.write(built);
        expect(await fresh.entry(workspace, entryNumber(1))).toMatchObject({ name: 'new' });
        expect([...(await fresh.entries(workspace, [entryNumber(2), entryNumber(3)])).keys()]).toEqual([entryNumber(2)]);
        expect(namesOf(await collect(fresh.childrenOf(workspace, entryNumber(1))))).toEqual(['below new']);
        expect(await seen()).toEqual(before);
        expect(before.rows).toHaveLength(3);
        expect(await fresh.replace(cursorAt(1))).toBe('replaced');
        expect(await seen()).toEqual(seenWith('new', 'owner'));
        expect(await reader.marks(stream)).toEqual({ projected: cursorAt(1), published: cursorAt(1) });
        expect(await reader.receipts(workspace)).toHaveLength(1);
        await writer.marks(stream);
        await put(folderRow(2, { id: entryNumber(1), name: 'newer' }));
        expect((await seen()).entry).toBe('newer');
        await fresh.discard();
        expect((await seen()).entry).toBe('newer');
      },

      'devices, accounts and invitations have generations too': async () => {
        const { reader, writer } = await open();
        const ann = newAccount();
        const device = deviceRowOf(ann);
        const codes = ['kept', 'gone', 'new'].map((name) => `${name}-${ann}`);
        const [account, linked] = [`account-${ann}`, `device-${device.device}`];
        const invitesOf = (...names: readonly (string | undefined)[]) =>
          names.map((codeHash) => ({ codeHash: codeHash ?? '', account: ann }));
        const seen = async () => ({
          devices: (await reader.devicesOf(ann)).map(({ device: id, name }) => [id, name]),
          names: (await reader.accounts()).filter(({ account: id }) => id === ann).map(({ name }) => name),
          invites: await Promise.all(codes.map((code) => reader.accountOfInvite(code))),
        });
        await writer.write({ stream: linked, through: 0n, devices: [device] });
        await writer.write({
          stream: account,
          through: 0n,
          accounts: [{ account: ann, name: 'Ann' }],
          invites: invitesOf(codes[0], codes[1]),
        });
        const before = await seen();
        const [freshDevice, freshAccount] = [await writer.fresh(linked), await writer.fresh(account)];
        await freshDevice.write({ stream: linked, through: 0n, devices: [{ ...device, name: 'desktop' }] });
        await freshAccount.write({
          stream: account,
          through: 0n,
          accounts: [{ account: ann, name: 'Anna' }],
          invites: invitesOf(codes[0], codes[2]),
        });
        expect(await seen()).toEqual(before);
        expect(before).toEqual({ devices: [[device.device, 'laptop']], names: ['Ann'], invites: [ann, ann, undefined] });
        expect([await freshDevice.replace(cursorAt(0)), await freshAccount.replace(cursorAt(0))]).toEqual(['replaced', 'replaced']);
        expect(await seen()).toEqual({ devices: [[device.device, 'desktop']], names: ['Anna'], invites: [ann, undefined, ann] });
        await (await writer.fresh(account)).discard();
        expect((await seen()).invites).toEqual([ann, undefined, ann]);
      },

      'rows built aside do not take the place of rows that may have been seen to be further': async () => {
        const { reader, writer, workspace, put } = await open();
        const stream = workspaceStream(workspace);
        const entry = entryNumber(1);
        await put(folderRow(1, { id: entry }));
        await writer.mark(stream, 'projected', undefined, cursorAt(1));
        const fresh = await writer.fresh(stream);
        await fresh.write({ stream, rowsOf: workspace, rows: [folderRow(0, { id: entry })] });
        expect(await fresh.replace(cursorAt(0))).toBe('behind');
        await put(folderRow(2, { id: entry, name: 'written, not marked' }));
        expect(await fresh.replace(cursorAt(1))).toBe('behind');
        expect(await reader.entry(workspace, entry)).toMatchObject({ feed: 2n });
        await fresh.write({ stream, rowsOf: workspace, rows: [folderRow(3, { id: entry })] });
        expect(await fresh.replace(cursorAt(3))).toBe('replaced');
        expect(await reader.entry(workspace, entry)).toMatchObject({ feed: 3n });
        expect(await reader.marks(stream)).toEqual({ projected: cursorAt(3), published: START });
      },

      'who was writing on the rows before changes nothing any more, is told so, and goes on from the new ones': async () => {
        const { reader, writer, workspace, put } = await open();
        const stream = workspaceStream(workspace);
        const entry = entryNumber(1);
        await put(folderRow(1, { id: entry, name: 'wrong' }));
        await writer.mark(stream, 'projected', undefined, cursorAt(1));
        await writer.marks(stream);
        const fresh = await writer.fresh(stream);
        await fresh.write({ stream, rowsOf: workspace, rows: [folderRow(1, { id: entry, name: 'right' })] });
        expect(await fresh.replace(cursorAt(1))).toBe('replaced');
        await put(folderRow(2, { id: entry, name: 'from what was wrong' }));
        expect(await writer.mark(stream, 'projected', cursorAt(1), cursorAt(2))).toBe(false);
        expect(await writer.mark(stream, 'published', START, cursorAt(1))).toBe(true);
        expect(await reader.entry(workspace, entry)).toMatchObject({ name: 'right' });
        expect(await writer.marks(stream)).toEqual({ projected: cursorAt(1), published: cursorAt(1) });
        await put(folderRow(2, { id: entry, name: 'right again' }));
        expect(await writer.mark(stream, 'projected', cursorAt(1), cursorAt(2))).toBe(true);
        expect(await reader.entry(workspace, entry)).toMatchObject({ name: 'right again' });
      },

      'of two that build the same rows the later begun one may finish, and leftovers are gone': async () => {
        const { reader, writer, workspace, put } = await open();
        const stream = workspaceStream(workspace);
        await put(folderRow(1, { id: entryNumber(1), name: 'live' }));
        const earlier = await writer.fresh(stream);
        await earlier.write({ stream, rowsOf: workspace, rows: [folderRow(1, { id: entryNumber(2) })] });
        const later = await writer.fresh(stream);
        expect(await collect(later.childrenOf(workspace, entryNumber(1)))).toEqual([]);
        expect(await earlier.entry(workspace, entryNumber(2))).toBeUndefined();
        expect(await earlier.replace(cursorAt(1))).toBe('superseded');
        expect(namesOf(await collect(reader.rows(workspace)))).toEqual(['live']);
        await later.write({ stream, rowsOf: workspace, rows: [folderRow(1, { id: entryNumber(3), name: 'built' })] });
        expect(await later.replace(cursorAt(1))).toBe('replaced');
        expect(namesOf(await collect(reader.rows(workspace)))).toEqual(['built']);
        const last = await writer.fresh(stream);
        await writer.forget(stream);
        expect(await last.replace(cursorAt(9))).toBe('superseded');
        expect(await collect(reader.rows(workspace))).toEqual([]);
        expect(await reader.marks(stream)).toBeUndefined();
      },

      'streams are those that something was written or marked of': async () => {
        const { writer, workspace, put } = await open();
        const [stream, other] = [workspaceStream(workspace), workspaceStream(newWorkspace())];
        await put(folderRow(1));
        await writer.mark('a-log', 'projected', undefined, cursorAt(1));
        const mine = async () => (await collect(writer.streams())).filter((name) => [stream, other, 'a-log'].includes(name)).toSorted();
        expect(await mine()).toEqual(['a-log', stream]);
        await writer.forget(stream);
        expect(await mine()).toEqual(['a-log']);
      },

      'rows are walked and read without a hole while others take their place': async () => {
        const { reader, writer, workspace, put } = await open();
        const stream = workspaceStream(workspace);
        const rows = Array.from({ length: manyRows / 10 }, (_, n) =>
          fileRow(1, { id: entryNumber(n), parent: entryNumber(manyRows), name: `n${n}` }),
        );
        await put(...rows);
        await writer.mark(stream, 'projected', undefined, cursorAt(1));
        const replacing = { ended: false };
        const reading = (async () => {
          let looks = 0;
          for (; !replacing.ended || looks === 0; looks++) {
            expect(await collect(reader.rows(workspace))).toHaveLength(rows.length);
            const page = await reader.feed(workspace, { revision: -1n }, manyRows, true);
            expect(page).toMatchObject({ at: cursorAt(1) });
            expect(page.rows).toHaveLength(rows.length);
            expect(await reader.entry(workspace, entryNumber(0))).toBeDefined();
            expect(await reader.children(workspace, entryNumber(manyRows), { limit: manyRows })).toHaveLength(rows.length);
            await new Promise((resolve) => setImmediate(resolve));
          }
          return looks;
        })();
        for (let turn = 0; turn < 5; turn++) {
          const fresh = await writer.fresh(stream);
          for (let n = 0; n < rows.length; n += 100) await fresh.write({ stream, rowsOf: workspace, rows: rows.slice(n, n + 100) });
          expect(await fresh.replace(cursorAt(1))).toBe('replaced');
        }
        replacing.ended = true;
        expect(await reading).toBeGreaterThan(0);
      },

      'very many rows are written, walked, pulled and found': async () => {
        const { reader, workspace, put } = await open();
        const root = folderRow(0, { name: '' });
        const rows = Array.from({ length: manyRows }, (_, n) =>
          fileRow(1 + Math.floor((10 * n) / manyRows), { parent: root.id, name: `file ${n}` }),
        );
        await put(root, ...rows.slice(0, manyRows / 2));
        await put(...rows.slice(manyRows / 2));
        const ids = byId([root, ...rows]).map(({ id }) => id);
        expect((await collect(reader.rows(workspace))).map(({ id }) => id)).toEqual(ids);
        expect(byId(await pull(reader, workspace, manyRows / 5, true)).map(({ id }) => id)).toEqual(ids);
        expect(namesOf(await reader.find(workspace, `FILE ${manyRows - 1}`, 10))).toEqual([`file ${manyRows - 1}`]);
      },

      'a read model opened again has everything': async () => {
        const { writer, reader, restart, workspace, put } = await open();
        assert(restart !== undefined, 'skip this test where the read model cannot be opened again');
        await put(fileRow(1), folderRow(2));
        await writer.mark(workspaceStream(workspace), 'projected', undefined, cursorAt(2));
        const before = [await collect(reader.rows(workspace)), await reader.marks(workspaceStream(workspace))];
        const again = await restart();
        onTestFinished(() => again.close());
        expect([await collect(again.rows(workspace)), await again.marks(workspaceStream(workspace))]).toEqual(before);
      },
    },
    skips,
  );
}
