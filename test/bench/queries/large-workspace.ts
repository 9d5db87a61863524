import { randomUUID } from 'node:crypto';
import {
  nanoTime,
  workspaceStream,
  type AccountId,
  type ConflictId,
  type ContentId,
  type DeviceId,
  type EntryId,
  type Row,
  type WorkspaceId,
} from '@tidemark/domain';
import { SqliteReadModel, type ActivityRow, type ConflictRow, type ReadModelWriter } from '@tidemark/read-model/writer';

/** Folders among the entries, folders in a folder, and the share of the files that lie in one folder. */
const FOLDERS_SHARE = 0.1;
const FOLDERS_PER_FOLDER = 8;
const FLAT_SHARE = 0.1;
/** Of the lines: about one file that is saved all day long. */
const HOT_SHARE = 0.05;
const MOVES_SHARE = 0.05;
const DELETED_SHARE = 0.03;
const CONFLICTS = 2_000;
const DEVICES = 8;
const PEOPLE = 4;
const LINE_EVERY_MS = 60_000;
const BEGIN = Date.UTC(2024, 0, 1);
const BATCH = 2_000;

/** What stands in the read model, for questions to be made of. */
export interface LargeWorkspace {
  readonly folders: readonly EntryId[];
  readonly files: readonly EntryId[];
  /** Children of it are very many. */
  readonly flat: EntryId;
  /** Contents of it are very many. */
  readonly hot: EntryId;
  readonly devices: readonly DeviceId[];
  readonly accounts: readonly AccountId[];
  readonly paths: ReadonlyMap<EntryId, string>;
  readonly timeAt: (line: number) => string;
}

/** The same each time. */
function* chances(seed: number): Generator<number, never> {
  for (let state = seed; ;) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    yield state / 2 ** 32;
  }
}

/**
 * Rows as a projection would have written them, straight into the file, since a log of a million events takes far longer to make than to ask about. They
 * are ahead of the mark, which changes no answer but `reflects`.
 */
export async function fill(
  file: string,
  { workspace, root }: { readonly workspace: WorkspaceId; readonly root: EntryId },
  { entries, lines }: { readonly entries: number; readonly lines: number },
): Promise<LargeWorkspace> {
  const model = await SqliteReadModel.open(file);
  try {
    return await new Filling(model, workspace, root, entries, lines).run();
  } finally {
    await model.close();
  }
}

class Filling {
  readonly #model: ReadModelWriter;
  readonly #workspace: WorkspaceId;
  readonly #root: EntryId;
  readonly #count: number;
  readonly #lines: number;
  readonly #random = chances(1);
  readonly #rows: Row[] = [];
  readonly #pending: ActivityRow[] = [];
  readonly #devices = Array.from({ length: DEVICES }, () => randomUUID() as string as DeviceId);
  readonly #accounts = Array.from({ length: PEOPLE }, () => randomUUID() as string as AccountId);
  #revision = 10n;

  constructor(model: ReadModelWriter, workspace: WorkspaceId, root: EntryId, entries: number, lines: number) {
    this.#model = model;
    this.#workspace = workspace;
    this.#root = root;
    this.#count = entries;
    this.#lines = lines;
  }

  async run(): Promise<LargeWorkspace> {
    await this.#people();
    const folderCount = Math.max(2, Math.floor(this.#count * FOLDERS_SHARE));
    const flatFiles = Math.floor(this.#count * FLAT_SHARE);
    const flat = this.#newId();
    for (let n = 0; n < this.#count; n += 1) {
      const parentOfFolder = n < FOLDERS_PER_FOLDER + 1 ? this.#root : this.#rows[Math.floor((n - 1) / FOLDERS_PER_FOLDER) - 1]?.id;
      const inFlat = n >= folderCount && n < folderCount + flatFiles;
      const parent = n < folderCount ? parentOfFolder : inFlat ? flat : this.#rows[1 + Math.floor(this.#chance() * (folderCount - 1))]?.id;
      await this.#create(n === 0 ? flat : this.#newId(), n < folderCount ? 'folder' : 'file', parent ?? this.#root, n);
    }
    const hot = folderCount + flatFiles;
    const deletions = Math.floor(this.#count * DELETED_SHARE);
    const conflicts = Math.min(CONFLICTS, Math.floor(this.#count / 50));
    for (let n = this.#count; n < this.#lines - deletions; n += 1) {
      const isHot = this.#chance() < HOT_SHARE;
      const which = isHot ? hot : 1 + Math.floor(this.#chance() * (this.#count - 1));
      if (!isHot && this.#chance() < MOVES_SHARE) await this.#move(which, n);
      else if (which >= folderCount) await this.#save(which);
    }
    const gone = new Set<number>();
    while (gone.size < deletions) gone.add(hot + 1 + Math.floor(this.#chance() * (this.#count - hot - 1)));
    for (const which of gone) await this.#delete(which);
    await this.#raise(conflicts, hot);
    await this.#flush();
    for (let n = 0; n < this.#rows.length; n += BATCH)
      await this.#model.write({ stream: this.#stream, rowsOf: this.#workspace, rows: this.#rows.slice(n, n + BATCH) });
    const live = this.#rows.filter(({ deleted }) => !deleted);
    return {
      folders: live.filter(({ kind }) => kind === 'folder').map(({ id }) => id),
      files: live.filter(({ kind }) => kind === 'file').map(({ id }) => id),
      flat,
      hot: this.#rows[hot]?.id ?? flat,
      devices: this.#devices,
      accounts: this.#accounts,
      paths: this.#paths(),
      timeAt: (line) => new Date(BEGIN + line * LINE_EVERY_MS).toISOString(),
    };
  }

  get #stream() {
    return workspaceStream(this.#workspace);
  }
  #newId(): EntryId {
    return randomUUID() as string as EntryId;
  }
  #chance(): number {
    return this.#random.next().value;
  }

  async #people(): Promise<void> {
    for (const [n, account] of this.#accounts.entries())
      await this.#model.write({ stream: `account-${account}`, through: 0n, accounts: [{ account, name: `Person ${n}` }] });
    for (const [n, device] of this.#devices.entries()) {
      const account = this.#accounts[n % PEOPLE];
      if (account === undefined) continue;
      const row = {
        device,
        account,
        name: `device ${n}`,
        kind: 'agent',
        linked: new Date(BEGIN).toISOString(),
        unlinked: undefined,
      } as const;
      await this.#model.write({ stream: `device-${device}`, through: 0n, devices: [row] });
      const members = [{ workspace: this.#workspace, account, role: 'editor' } as const];
      await this.#model.write({ stream: this.#stream, through: 5n, members });
    }
  }

  async #line(type: string, entry: EntryId, data: unknown): Promise<bigint> {
    const revision = (this.#revision += 1n);
    const which = Math.floor(this.#chance() * DEVICES);
    const at = new Date(BEGIN + Number(revision) * LINE_EVERY_MS).toISOString();
    const [device, account] = [this.#devices[which], this.#accounts[which % PEOPLE]];
    this.#pending.push({ workspace: this.#workspace, revision, at, type, entry, account, device, data });
    if (this.#pending.length >= BATCH) await this.#flush();
    return revision;
  }

  async #flush(): Promise<void> {
    await this.#model.write({ stream: this.#stream, activity: this.#pending.splice(0) });
  }

  async #create(id: EntryId, kind: 'folder' | 'file', parent: EntryId, n: number): Promise<void> {
    const name = kind === 'folder' ? `folder ${n}` : `file ${n}.${['txt', 'jpg', 'pdf'][n % 3]}`;
    const file = kind === 'folder' ? {} : { content: this.#content(n), attributes: { modified: nanoTime(0n), executable: false } };
    const at = await this.#line(kind === 'folder' ? 'FolderCreated' : 'FileCreated', id, { entry: id, parent, name, ...file });
    const revisions = { content: at, place: at, attributes: at, live: at };
    this.#rows.push({ id, kind, parent, name, deleted: false, ...file, revisions, feed: at });
  }

  async #save(which: number): Promise<void> {
    const row = this.#rows[which];
    if (row === undefined) return;
    const content = this.#content(Math.floor(this.#chance() * 2 ** 30));
    const at = await this.#line('ContentCommitted', row.id, { entry: row.id, content, attributes: row.attributes });
    this.#rows[which] = { ...row, content, revisions: { ...row.revisions, content: at }, feed: at };
  }

  async #move(which: number, n: number): Promise<void> {
    const row = this.#rows[which];
    if (row === undefined) return;
    const name = `${row.name.split(' renamed ')[0]} renamed ${n}`;
    const at = await this.#line('EntryMoved', row.id, { entry: row.id, parent: row.parent, name });
    this.#rows[which] = { ...row, name, revisions: { ...row.revisions, place: at }, feed: at };
  }

  async #delete(which: number): Promise<void> {
    const row = this.#rows[which];
    if (row === undefined) return;
    const at = await this.#line('EntryDeleted', row.id, { entry: row.id });
    this.#rows[which] = { ...row, deleted: true, revisions: { ...row.revisions, live: at }, feed: at };
  }

  async #raise(count: number, from: number): Promise<void> {
    const conflicts: ConflictRow[] = [];
    for (let n = 0; n < count; n += 1) {
      const row = this.#rows[from + n];
      const [device] = this.#devices;
      if (row === undefined || device === undefined) continue;
      const { kind, parent, name, content, revisions } = row;
      const side = { kind, parent, name, deleted: false, content };
      const theirs = { ...side, revisions: { content: String(revisions.content), place: '0', live: '0' } };
      const revision = await this.#line('ConflictRecorded', row.id, { entry: row.id });
      const conflict = randomUUID() as string as ConflictId;
      const at = new Date(BEGIN).toISOString();
      const inputs = { base: null, mine: side, theirs };
      conflicts.push({
        workspace: this.#workspace,
        conflict,
        rule: 'edit-edit',
        entry: row.id,
        copy: undefined,
        inputs,
        device,
        revision,
        at,
        resolved: undefined,
      });
    }
    await this.#model.write({ stream: this.#stream, conflicts });
  }

  #content(n: number) {
    return { id: n.toString(16).padStart(64, '0') as ContentId, size: n % 100_000, chunks: [] };
  }

  #paths(): ReadonlyMap<EntryId, string> {
    const paths = new Map<EntryId, string>([[this.#root, '']]);
    for (const { id, parent, name } of this.#rows) {
      const above = parent === null ? '' : (paths.get(parent) ?? '');
      paths.set(id, above === '' ? name : `${above}/${name}`);
    }
    return paths;
  }
}
