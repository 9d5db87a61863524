import {
  type AccountId,
  type DeviceId,
  type EntryId,
  type Revision,
  type Role,
  type Row,
  type WorkspaceId,
  workspaceStream,
} from '@tidemark/domain';
import type { Filter } from 'mongodb';
import { rolledUp } from '../folder-sizes.ts';
import { addressOf, idIn, streamOf, type SubjectKind } from '../generations.ts';
import type {
  AccountRow,
  ActivityRow,
  ConflictRow,
  DeviceRow,
  FeedPage,
  FolderSize,
  HistoryPage,
  HistoryQuestion,
  Marks,
  MemberRow,
  ReadModelReader,
  ReceiptRow,
  WorkspaceRow,
} from '../read-model.port.ts';
import { type ActivityDocument, type Collections, type EntryDocument } from './collections.ts';
import {
  activityRow,
  addressIn,
  conflictRow,
  deviceRow,
  entryRow,
  foldedName,
  idAt,
  lastIdAt,
  memberRow,
  orderAfter,
  orderOf,
  receiptRow,
  revisionText,
  workspaceRow,
} from './documents.ts';
import { historyPage, linesAt } from './history-documents.ts';
import { IDS_MAX, oneOrMany } from './ids.ts';
import { LiveEntries } from './live-entries.ts';
import { MarksDocuments, marksIn, type StreamState } from './marks-documents.ts';
import type { MongoStore } from './mongo-store.ts';
import { PresentRows } from './present-rows.ts';
import { TreeBelow } from './tree-below.ts';

/** Rows that one command gives where somebody walks over many. */
const PAGE_ROWS = 2_000;
/** Read at least, where some of them may have to be left out. */
const LIVE_ROWS_MIN = 500;

type Position = { readonly revision: Revision; readonly entry?: EntryId | undefined };

/** The reading half. Each answer is of one generation; of a feed's page see `FeedPage`. */
export class MongoReader implements ReadModelReader {
  protected readonly store: MongoStore;
  protected readonly marksDocuments: MarksDocuments;
  protected readonly present: PresentRows;

  protected constructor(store: MongoStore) {
    this.store = store;
    this.marksDocuments = new MarksDocuments(() => this.collections.marks);
    this.present = new PresentRows(this.marksDocuments);
  }

  protected get collections(): Collections {
    return this.store.collections;
  }

  async workspacesOf(account: AccountId): Promise<readonly (WorkspaceRow & { readonly role: Role })[]> {
    const { members, workspaces } = this.collections;
    const found = await this.#among(
      'workspace',
      ({ address }: { readonly address: string }) => address,
      async () => {
        const mine = await members.find({ account, gone: false }).sort({ _id: 1 }).toArray();
        const rows = await workspaces.find({ _id: { $in: mine.map(({ address }) => address) } }).toArray();
        return mine.map(({ address, role }) => ({ address, role: role as Role, row: rows.find(({ _id }) => _id === address) }));
      },
    );
    return found.flatMap(({ row, role }) => (row === undefined ? [] : [{ ...workspaceRow(row), role }]));
  }

  async workspace(workspace: WorkspaceId): Promise<WorkspaceRow | undefined> {
    const row = await this.#within(workspace, (address) => this.collections.workspaces.findOne({ _id: address }));
    return row === null ? undefined : workspaceRow(row);
  }

  async members(workspace: WorkspaceId): Promise<readonly MemberRow[]> {
    return (await this.#within(workspace, (address) => this.#membersAt(address))).map(memberRow);
  }

  async entry(workspace: WorkspaceId, entry: EntryId): Promise<Row | undefined> {
    return this.#within(workspace, (address) => this.entryAt(address, entry));
  }

  async entries(workspace: WorkspaceId, entries: readonly EntryId[]): Promise<ReadonlyMap<EntryId, Row>> {
    return this.#within(workspace, (address) => this.entriesAt(address, entries));
  }

  async children(
    workspace: WorkspaceId,
    parent: EntryId,
    options: { readonly after?: string | undefined; readonly limit: number },
  ): Promise<readonly Row[]> {
    if (options.limit <= 0) return [];
    const found = await this.#within(workspace, (address) =>
      this.collections.entries
        .find({ address, parent, deleted: false, name: { $gt: options.after ?? '' } })
        .sort({ name: 1, _id: 1 })
        .limit(options.limit)
        .toArray(),
    );
    return found.map(entryRow);
  }

  async descend(workspace: WorkspaceId, from: EntryId, names: readonly string[]): Promise<Row | undefined> {
    return this.#within(workspace, async (address) => {
      let at = await this.entryAt(address, from);
      for (const name of names) {
        if (at === undefined || at.deleted) return undefined;
        const filter: Filter<EntryDocument> = { address, parent: at.id, deleted: false, name };
        const [found] = await this.collections.entries.find(filter).sort({ _id: 1 }).limit(1).toArray();
        at = found === undefined ? undefined : entryRow(found);
      }
      return at?.deleted === true ? undefined : at;
    });
  }

  async sizes(workspace: WorkspaceId, folders: readonly EntryId[]): Promise<ReadonlyMap<EntryId, FolderSize>> {
    const read = (address: string) => new TreeBelow(this.collections.entries, address).figures(folders);
    return rolledUp(folders, await this.#within(workspace, read));
  }

  async deleted(
    workspace: WorkspaceId,
    { before, limit }: { readonly before?: Revision | undefined; readonly limit: number },
  ): Promise<readonly Row[]> {
    if (limit <= 0) return [];
    const order = before === undefined ? {} : { order: { $lt: orderOf(before, '') } };
    const found = await this.#within(workspace, (address) =>
      this.collections.entries
        .find({ address, deleted: true, ...order })
        .sort({ order: -1 })
        .limit(limit)
        .toArray(),
    );
    return found.map(entryRow);
  }

  async find(workspace: WorkspaceId, text: string, limit: number): Promise<readonly Row[]> {
    const folded = foldedName(text);
    // No name has this character, and no pattern takes it.
    if (limit <= 0 || folded.includes('\0')) return [];
    return this.#within(workspace, async (address) => {
      const live = new LiveEntries(this.collections.entries, address);
      const found: EntryDocument[] = [];
      for await (const page of this.#pagesBy('folded', address, { deleted: false, folded: { $regex: literally(folded) } })) {
        found.push(...(await live.among(page)));
        if (found.length >= limit) break;
      }
      return found.slice(0, limit).map(entryRow);
    });
  }

  async feed(workspace: WorkspaceId, after: Position, limit: number, liveOnly: boolean): Promise<FeedPage> {
    return this.store.attempt(() =>
      this.present.withinState(workspaceStream(workspace), async (state) => {
        const { rows, more } = await this.#feedAfter(addressOf(workspace, state.generation), after, limit, liveOnly);
        return pageOf(state, rows, more);
      }),
    );
  }

  async isLive(workspace: WorkspaceId, entry: EntryId): Promise<boolean> {
    return this.#within(workspace, (address) => new LiveEntries(this.collections.entries, address).isLive(entry));
  }

  /** Each page of the generation of its moment. */
  async *rows(workspace: WorkspaceId): AsyncIterable<Row> {
    let after = '';
    for (;;) {
      const page = await this.#within(workspace, (address) =>
        this.collections.entries
          .find({ address, _id: { $gt: idAt(address, after), $lt: lastIdAt(address) } }, { hint: { _id: 1 } })
          .sort({ _id: 1 })
          .limit(PAGE_ROWS)
          .toArray(),
      );
      const rows = page.map(entryRow);
      yield* rows;
      after = rows.at(-1)?.id ?? after;
      if (page.length < PAGE_ROWS) return;
    }
  }

  /** Children not themselves deleted, by name. */
  childrenOf(workspace: WorkspaceId, parent: EntryId): AsyncIterable<Row> {
    return this.#childrenBy((read) => this.#within(workspace, read), parent);
  }

  /** Newest first. */
  async activity(
    workspace: WorkspaceId,
    options: {
      readonly before?: Revision | undefined;
      readonly entry?: EntryId | undefined;
      readonly device?: DeviceId | undefined;
      readonly limit: number;
    },
  ): Promise<readonly ActivityRow[]> {
    const { before, entry, device, limit } = options;
    if (limit <= 0) return [];
    const filter: Filter<ActivityDocument> = {
      ...(before === undefined ? {} : { revision: { $lt: revisionText(before) } }),
      ...(entry === undefined ? {} : { entry }),
      ...(device === undefined ? {} : { device }),
    };
    const found = await this.#within(workspace, (address) =>
      this.collections.activity
        .find({ address, ...filter })
        .sort({ revision: -1 })
        .limit(limit)
        .toArray(),
    );
    return found.map(activityRow);
  }

  async history(workspace: WorkspaceId, question: HistoryQuestion): Promise<HistoryPage> {
    return this.#within(workspace, (address) => historyPage(this.collections, address, question));
  }

  async activityAt(workspace: WorkspaceId, revisions: readonly Revision[]): Promise<ReadonlyMap<Revision, ActivityRow>> {
    return this.#within(workspace, (address) => linesAt(this.collections, address, revisions));
  }

  /** Newest first. `open`: only those not settled; `false`: only those settled. */
  async conflicts(
    workspace: WorkspaceId,
    { open, before, limit }: { readonly open?: boolean | undefined; readonly before?: Revision | undefined; readonly limit: number },
  ): Promise<readonly ConflictRow[]> {
    if (limit <= 0) return [];
    const earlier = before === undefined ? {} : { revision: { $lt: revisionText(before) } };
    const found = await this.#within(workspace, (address) =>
      this.collections.conflicts
        .find({ address, ...earlier, ...(open === undefined ? {} : { open }) })
        .sort({ revision: -1, _id: 1 })
        .limit(limit)
        .toArray(),
    );
    return found.map(conflictRow);
  }

  async devices(workspace: WorkspaceId): Promise<readonly DeviceRow[]> {
    const members = await this.members(workspace);
    return this.#devicesOf(members.map(({ account }) => account));
  }

  async devicesOf(account: AccountId): Promise<readonly DeviceRow[]> {
    return this.#devicesOf([account]);
  }

  async devicesBy(devices: readonly DeviceId[]): Promise<readonly DeviceRow[]> {
    const found = await this.#bySubject('device', devices, (ids) => this.collections.devices.find({ _id: ids }).toArray());
    return found.map(deviceRow);
  }

  async receipts(workspace: WorkspaceId): Promise<readonly ReceiptRow[]> {
    const found = await this.store.attempt(() => this.collections.receipts.find({ workspace }).sort({ device: 1 }).toArray());
    return found.map(receiptRow);
  }

  async accountOfInvite(codeHash: string): Promise<AccountId | undefined> {
    const read = () => this.collections.invites.find({ code: codeHash }).toArray();
    const [found] = await this.#among('account', ({ _id }) => addressIn(_id), read);
    return found === undefined ? undefined : (idIn(addressIn(found._id)) as AccountId);
  }

  async accounts(): Promise<readonly AccountRow[]> {
    const read = () => this.collections.accounts.find().sort({ _id: 1 }).toArray();
    const found = await this.#among('account', ({ _id }) => _id, read);
    return found.map(({ _id, name }) => ({ account: idIn(_id) as AccountId, name }));
  }

  async accountsBy(accounts: readonly AccountId[]): Promise<readonly AccountRow[]> {
    const found = await this.#bySubject('account', accounts, (ids) => this.collections.accounts.find({ _id: ids }).toArray());
    return found.map(({ _id, name }) => ({ account: idIn(_id) as AccountId, name }));
  }

  async marks(stream: string): Promise<Marks | undefined> {
    return marksIn(await this.store.attempt(() => this.marksDocuments.of(stream)));
  }

  async close(): Promise<void> {
    await this.store.close();
  }

  protected async entryAt(address: string, entry: EntryId): Promise<Row | undefined> {
    const found = await this.collections.entries.findOne({ _id: idAt(address, entry) }, { projection: { row: 1 } });
    return found === null ? undefined : entryRow(found);
  }

  protected async entriesAt(address: string, entries: readonly EntryId[]): Promise<ReadonlyMap<EntryId, Row>> {
    const rows = new Map<EntryId, Row>();
    for (let n = 0; n < entries.length; n += IDS_MAX) {
      const which = oneOrMany(entries.slice(n, n + IDS_MAX).map((entry) => idAt(address, entry)));
      const found = this.collections.entries.find({ address, _id: which }, { projection: { row: 1 } });
      for await (const document of found) {
        const row = entryRow(document);
        rows.set(row.id, row);
      }
    }
    return rows;
  }

  protected childrenAt(address: string, parent: EntryId): AsyncIterable<Row> {
    return this.#childrenBy((read) => this.store.attempt(() => read(address)), parent);
  }

  /** @param asking Runs what it is given on the present address; asked anew for each page. */
  async *#childrenBy(asking: <Result>(read: (address: string) => Promise<Result>) => Promise<Result>, parent: EntryId): AsyncIterable<Row> {
    let after: Row | undefined;
    for (;;) {
      const from = after;
      const page = await asking((address) =>
        this.#pageBy('name', address, { parent, deleted: false }, from && [from.name, idAt(address, from.id)]),
      );
      const rows = page.map(entryRow);
      yield* rows;
      after = rows.at(-1);
      if (after === undefined || page.length < PAGE_ROWS) return;
    }
  }

  async *#pagesBy(field: 'name' | 'folded', address: string, filter: Filter<EntryDocument>): AsyncIterable<readonly EntryDocument[]> {
    let page: readonly EntryDocument[] = [];
    do {
      const last = page.at(-1);
      page = await this.#pageBy(field, address, filter, last && [last[field], last._id]);
      yield page;
    } while (page.length === PAGE_ROWS);
  }

  /** Entries at the address in the order of the field and the id, behind one of them. */
  async #pageBy(
    field: 'name' | 'folded',
    address: string,
    filter: Filter<EntryDocument>,
    after: readonly [value: string, id: string] | undefined,
  ): Promise<readonly EntryDocument[]> {
    const behind: Filter<EntryDocument> =
      after === undefined ? {} : { $or: [{ [field]: { $gt: after[0] } }, { [field]: after[0], _id: { $gt: after[1] } }] };
    return this.collections.entries
      .find({ address, ...filter, ...behind })
      .sort({ [field]: 1, _id: 1 })
      .limit(PAGE_ROWS)
      .toArray();
  }

  /**
   * Rows in feed order, one more than asked to know whether there is more. A row whose feed revision grows meanwhile moves towards the end, where it is met
   * again: it may be seen twice, then the later counts, and never not at all.
   */
  async #feedAfter(
    address: string,
    after: Position,
    limit: number,
    liveOnly: boolean,
  ): Promise<{ readonly rows: readonly Row[]; readonly more: boolean }> {
    const live = new LiveEntries(this.collections.entries, address);
    const found: EntryDocument[] = [];
    let from = orderAfter(after);
    for (;;) {
      const wanted = liveOnly ? Math.max(limit + 1 - found.length, LIVE_ROWS_MIN) : limit + 1 - found.length;
      const page = await this.collections.entries
        .find({ address, order: { $gt: from } })
        .sort({ order: 1 })
        .limit(wanted)
        .toArray();
      found.push(...(liveOnly ? await live.among(page) : page));
      from = page.at(-1)?.order ?? from;
      if (page.length < wanted || found.length > limit) break;
    }
    const latest = new Map(found.slice(0, limit).map((document) => [document._id, document.order]));
    const rows = found.slice(0, limit).filter(({ _id, order }) => latest.get(_id) === order);
    return { rows: rows.map(entryRow), more: found.length > limit };
  }

  async #membersAt(address: string) {
    return this.collections.members.find({ address, gone: false }).sort({ account: 1 }).toArray();
  }

  async #devicesOf(accounts: readonly AccountId[]): Promise<readonly DeviceRow[]> {
    const account = oneOrMany(accounts);
    const read = () => this.collections.devices.find({ account }).sort({ _id: 1 }).toArray();
    return (await this.#among('device', ({ _id }) => _id, read)).map(deviceRow);
  }

  #within<Result>(workspace: WorkspaceId, read: (address: string) => Promise<Result>): Promise<Result> {
    return this.store.attempt(() =>
      this.present.within(streamOf('workspace', workspace), (generation) => read(addressOf(workspace, generation))),
    );
  }

  /** Documents whose ids are the addresses of these subjects. */
  async #bySubject<Item>(
    kind: SubjectKind,
    subjects: readonly string[],
    read: (ids: ReturnType<typeof oneOrMany>) => Promise<readonly Item[]>,
  ): Promise<readonly Item[]> {
    const found: Item[] = [];
    for (let n = 0; n < subjects.length; n += IDS_MAX) {
      const some = subjects.slice(n, n + IDS_MAX);
      const readSome = (addresses: readonly string[]) => read(oneOrMany(addresses));
      found.push(...(await this.store.attempt(() => this.present.at(kind, some, readSome))));
    }
    return found;
  }

  #among<Item>(kind: SubjectKind, addressOfItem: (item: Item) => string, read: () => Promise<readonly Item[]>): Promise<readonly Item[]> {
    return this.store.attempt(() => this.present.among(kind, addressOfItem, read));
  }
}

/**
 * What a page claims. Up to the mark, and up to where a batch was wholly written, no row can still come that belongs before the page's last one; beyond,
 * one may, while a batch is being written. So pages that go on end before that, and where nothing else is there, the page does not offer to go on.
 */
export function pageOf({ marks: { projected }, whole }: StreamState, rows: readonly Row[], more: boolean): FeedPage {
  const last = rows.at(-1);
  if (!more || last === undefined || last.feed <= projected.revision) return { rows, more, at: projected };
  const covered = rows.filter(({ feed }) => feed <= projected.revision);
  if (covered.length > 0) return { rows: covered, more: true, at: projected };
  return { rows, more: last.feed <= whole, at: projected };
}

/** A pattern that means the text itself, for MongoDB's patterns and those of its doubles. */
const literally = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);
