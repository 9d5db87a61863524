import { closeSync, lstatSync, mkdirSync, openSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { v7 as uuidv7 } from 'uuid';
import { buildManifest } from '@tidemark/chunking';
import type { Attributes, Content, DeviceId, EntryId, NanoTime, WorkspaceId } from '@tidemark/domain';
import { contentKeyOf, Fault } from '@tidemark/domain';
import { temporaryFolder } from '@tidemark/sqlite/testing';
import type { Expected, Intent, LocalEntry, SyncedEntry } from '@tidemark/sync-engine';
import { onTestFinished } from 'vitest';
import { identityOf, statFrom } from '../disk/beneath.ts';
import type { ContentSource, StagedBefore } from '../disk/content-source.port.ts';
import { hashNow } from '../disk/hash-file.ts';
import { NodeDisk, type NodeDiskOptions } from '../disk/node-disk.ts';
import { writeMarker } from '../disk/root-marker.ts';
import { Indexer } from '../indexer/indexer.ts';
import { openJournal, type SqliteJournal } from '../journal/sqlite-journal.ts';

export const ROOT_ENTRY = uuidv7() as EntryId;
const WORKSPACE = uuidv7() as WorkspaceId;
const DEVICE = uuidv7() as DeviceId;

/** Contents by id, as bytes. */
export class MemorySource implements ContentSource {
  readonly #known = new Map<string, Uint8Array>();
  fail: Error | undefined;
  /** What was handed in of earlier attempts. */
  readonly before: Buffer[] = [];
  #open = 0;
  /** Read at once, at most. */
  openMost = 0;

  async add(text: string | Uint8Array): Promise<Content> {
    const bytes = typeof text === 'string' ? Buffer.from(text) : text;
    const { content } = await buildManifest([bytes], 'fastcdc', bytes.length);
    this.#known.set(content.id, bytes);
    return content;
  }

  async *open(content: Content, _entry: EntryId, options: { readonly before?: StagedBefore } = {}): AsyncIterable<Uint8Array> {
    this.openMost = Math.max(this.openMost, ++this.#open);
    try {
      await new Promise(setImmediate);
      if (this.fail) throw this.fail;
      const bytes = this.#known.get(content.id);
      if (bytes === undefined) throw new Fault('nobody has it', { retry: 'later' });
      if (options.before) this.before.push(Buffer.from(await options.before.read(0, bytes.length)));
      for (let at = 0; at < bytes.length; at += 100_000) yield bytes.slice(at, at + 100_000);
    } finally {
      this.#open -= 1;
    }
  }
}

/** A followed folder with its journal, and a disk on it. */
export class DiskWorld {
  readonly root: string;
  readonly journal: SqliteJournal;
  readonly source = new MemorySource();
  readonly disk: NodeDisk;
  readonly unknown: string[] = [];

  constructor(options: Partial<NodeDiskOptions> = {}) {
    const home = temporaryFolder();
    this.root = join(home, 'root');
    mkdirSync(this.root);
    const { journal } = openJournal(join(home, 'journal.sqlite'), { root: ROOT_ENTRY, names: 'portable' });
    this.journal = journal;
    onTestFinished(() => journal.close());
    writeMarker(this.root, { workspace: WORKSPACE, device: DEVICE, generation: 0 });
    this.disk = this.another(options);
    this.disk.prepare();
  }

  another(options: Partial<NodeDiskOptions> = {}): NodeDisk {
    return new NodeDisk({
      root: this.root,
      workspace: WORKSPACE,
      device: DEVICE,
      deviceName: 'laptop',
      strategy: 'fastcdc',
      journal: this.journal,
      source: this.source,
      isIgnored: (path) => path.endsWith('.ignored'),
      onUnknown: (path) => this.unknown.push(path),
      ...options,
    });
  }

  indexer(): Indexer {
    const { root, journal } = this;
    return new Indexer({
      root,
      workspace: WORKSPACE,
      device: DEVICE,
      strategy: 'fastcdc',
      journal,
      ownWork: this.disk.ownWork,
      onError: (error) => console.error(error),
    });
  }

  path(name: string): string {
    return join(this.root, name);
  }

  /** Takes what lies at the path into L, as a look would. */
  seen(path: string, id: EntryId = uuidv7() as EntryId): LocalEntry {
    const stat = lstatSync(this.path(path), { bigint: true });
    const parent = dirname(path) === '.' ? ROOT_ENTRY : this.entryAt(dirname(path)).id;
    const base = { id, parent, name: path.split('/').at(-1)!.normalize('NFC'), identity: identityOf(stat) };
    let entry: LocalEntry;
    if (stat.isDirectory()) entry = { ...base, kind: 'folder' };
    else if (stat.isSymbolicLink()) entry = { ...base, kind: 'link', target: readlinkSync(this.path(path)) };
    else {
      const fd = openSync(this.path(path), 'r');
      const { content } = hashNow(fd, Number(stat.size), 'fastcdc');
      closeSync(fd);
      entry = {
        ...base,
        kind: 'file',
        content,
        attributes: { modified: stat.mtimeNs.toString() as NanoTime, executable: (stat.mode & 0o100n) !== 0n },
      };
    }
    this.journal.transaction(() => {
      this.journal.trees.setLocal(id, entry);
      const spelling = path.split('/').at(-1)!;
      if (entry.kind !== 'folder' || spelling !== base.name)
        this.journal.forms.put({ ...statFrom(stat), spelling: spelling === base.name ? undefined : spelling });
    });
    return entry;
  }

  entryAt(path: string): LocalEntry {
    const names = path.split('/');
    const { folder, rest } = this.disk.paths.folderAt(names);
    const entry =
      rest.length === 0 ? this.journal.trees.local(folder) : rest.length === 1 ? this.disk.paths.childOf(folder, rest[0]!) : undefined;
    if (!entry) throw new Error(`L has no ${path}`);
    return entry;
  }

  /** Performs, and takes the outcome into L as the engine does. */
  async perform(operations: Parameters<NodeDisk['perform']>[0], disk: NodeDisk = this.disk): ReturnType<NodeDisk['perform']> {
    const outcomes = await disk.perform(operations, (intents: readonly Intent[]) => this.journal.addIntents(intents));
    this.journal.transaction(() =>
      operations.forEach(({ entry }, at) => {
        const outcome = outcomes[at]!;
        this.journal.dropIntent(entry);
        if ('done' in outcome && outcome.done) this.journal.trees.setLocal(entry, outcome.local);
      }),
    );
    return outcomes;
  }

  /** Everything visible: folders end in '/', links show '→ target'. */
  tree(below = ''): Record<string, string> {
    const found: Record<string, string> = {};
    for (const item of readdirSync(join(this.root, below), { withFileTypes: true })) {
      const path = below === '' ? item.name : `${below}/${item.name}`;
      if (path === '.tidemark') continue;
      if (item.isDirectory()) Object.assign(found, { [`${path}/`]: '' }, this.tree(path));
      else found[path] = item.isSymbolicLink() ? `→ ${readlinkSync(this.path(path))}` : readFileSync(this.path(path), 'utf8');
    }
    return found;
  }

  /** L as {@link tree} shows the disk, with content ids. */
  journalTree(folder: EntryId = ROOT_ENTRY, path = ''): Record<string, string> {
    const found: Record<string, string> = {};
    for (const child of this.journal.trees.localChildren(folder)) {
      const at = `${path}${child.name}`;
      if (child.kind === 'folder') Object.assign(found, { [`${at}/`]: '' }, this.journalTree(child.id, `${at}/`));
      else found[at] = contentKeyOf(child);
    }
    return found;
  }

  kept(): string[] {
    const folder = this.path('.tidemark/kept');
    return readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'));
  }
}

export const newId = (): EntryId => uuidv7() as EntryId;
export const attributes = (modified = '1763827200123456789', executable = false): Attributes => ({
  modified: modified as NanoTime,
  executable,
});
export const expectOf = (entry: LocalEntry): Expected => ({
  identity: entry.identity,
  parent: entry.parent!,
  name: entry.name,
  ...(entry.kind === 'folder' ? {} : { content: contentKeyOf(entry) }),
});
/** What S would hold; the disk only hands it on. */
export const syncedStub = (id: EntryId): SyncedEntry => ({
  id,
  kind: 'file',
  place: null,
  content: null,
  attributes: null,
  revisions: { content: 1n, place: 1n, attributes: 1n, live: 1n },
});
