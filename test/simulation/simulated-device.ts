import { contentKeyOf, GENESIS, START, type Commit, type EntryId, type Operation } from '@tidemark/domain';
import {
  applyDiskOutcome,
  applyRows,
  confirmMissing,
  MemoryTrees,
  MissingEntries,
  noteConflicts,
  observeFolder,
  plan,
  revisionAwaited,
  settle,
  settleIntents,
  settleOutcome,
  STAGING,
  type DiskOperation,
  type DiskOutcome,
  type FoundEntry,
  type Identity,
  type Intent,
  type LocalEntry,
  type Plan,
  type Policy,
  type RemoteEntry,
  type Request,
  type Sent,
  type SyncedEntry,
} from '@tidemark/sync-engine';
import { attributesOf, contentOf, isIgnored, labelOf, MemoryDisk, minutesOf, ROOT_INODE, STAGING_INODE, type Node } from './memory-disk.ts';
import type { Random } from './random.ts';
import type { Answer, Page, SimulatedDelta } from './simulated-server.ts';

/** Trees that know when they changed, so that a world can tell when it is quiet. */
class WatchedTrees extends MemoryTrees {
  version = 0;

  override setLocal(id: EntryId, entry: LocalEntry | undefined): void {
    this.version++;
    super.setLocal(id, entry);
  }

  override setSynced(id: EntryId, entry: SyncedEntry | undefined): void {
    this.version++;
    super.setSynced(id, entry);
  }

  override setRemote(row: RemoteEntry): void {
    if ((this.remote(row.id)?.feed ?? START.revision) < row.feed) this.version++;
    super.setRemote(row);
  }
}

export interface CopyMade {
  readonly copy: EntryId;
  readonly of: EntryId;
  readonly base: string;
  readonly content: string;
}

/** What a person asks for, with what had been seen then. */
export interface Asked {
  readonly request: Request;
  readonly at: bigint;
  readonly whenTaken: () => void;
}

/** One device: a disk, the real trees and the real brain, and the little that the agent adds to them: a journal that survives a crash, a scan, disk operations. */
export class SimulatedDevice {
  readonly name: string;
  readonly disk: MemoryDisk;
  readonly trees: WatchedTrees;
  readonly copies: CopyMade[] = [];
  /** Content of ignored files that a person put here, by inode: they must stay as they are. */
  readonly untracked = new Map<number, string>();
  /** A file deleted and made again with the same content counts as one. */
  movesSeen = 0;
  cursor: { revision: bigint; entry?: EntryId | undefined } = { revision: START.revision };
  isComplete = false;
  sent: Sent | undefined;
  /** What the person here asked for and was not sent yet. */
  asked: Asked | undefined;
  /** By the number of its commit: what is to be remembered once the server has taken it. */
  readonly whenTaken = new Map<number, () => void>();
  queue: DiskOperation[] = [];
  lastPlan: Plan | undefined;
  policy: Policy;
  /** Operations that fit the next commit: a commit may be cut anywhere. */
  operationsMax: () => number = () => 1_000;
  /** Of what stands alone, how much one turn looks at: cutting it must change nothing but when. */
  aloneMax: () => number = () => Infinity;
  readonly #missing = new MissingEntries();
  #intent: Intent | undefined;
  #minted = 0;
  #commits = 0;

  constructor(name: string, root: EntryId, ignoresCase: boolean) {
    this.name = name;
    this.disk = new MemoryDisk(ignoresCase);
    this.trees = new WatchedTrees(root, 'portable');
    this.policy = { deviceName: name, mayWrite: true, excluded: () => false, platformProblem: () => undefined };
  }

  /** What is out of its scope, by a person's word. */
  get leftOut(): readonly EntryId[] {
    return this.policy.excludedTops ?? [];
  }

  choose(leftOut: readonly EntryId[]): void {
    this.policy = { ...this.policy, excluded: ({ id }) => leftOut.includes(id), excludedTops: leftOut };
  }

  /** Changes whenever anything this device knows does. */
  fingerprint(): string {
    const { revision, entry } = this.cursor;
    return `${this.trees.version} ${revision} ${entry ?? ''} ${this.sent?.commit.number ?? ''} ${this.sent?.answer === undefined}`;
  }

  // ---- looking at the disk

  /** A whole scan; what it misses is gone. */
  scan(): void {
    this.#recover();
    const present = new Set([...this.disk.below(ROOT_INODE), ...this.disk.below(STAGING_INODE)].map((node) => String(node.inode)));
    this.#lookDown(
      (identity) => present.has(identity),
      () => true,
    );
    confirmMissing(this.trees, this.#missing.ids(), () => true, this.#missing);
  }

  /** Looks at some folders only: nothing is believed gone. */
  glance(random: Random): void {
    this.#recover();
    const met = new Set<string>();
    this.#lookDown(
      (identity) => met.has(identity),
      (inode) => {
        if (!random.chance(0.5)) return false;
        for (const node of this.disk.children(inode)) met.add(String(node.inode));
        return true;
      },
    );
  }

  #lookDown(isElsewhere: (identity: Identity) => boolean, isLookedAt: (inode: number) => boolean): void {
    const open: EntryId[] = [this.trees.root, STAGING];
    for (let folder = open.shift(); folder !== undefined; folder = open.shift()) {
      const inode = this.#inodeOf(folder);
      if (inode === undefined || !this.disk.nodes.has(inode)) continue;
      if (!isLookedAt(inode)) {
        open.push(
          ...Array.from(this.trees.localChildren(folder))
            .filter((child) => child.kind === 'folder')
            .map(({ id }) => id),
        );
        continue;
      }
      const found = this.disk.children(inode).map((node) => this.#found(node));
      const looked = observeFolder(this.trees, folder, found, {
        ids: { next: () => `${this.name}${++this.#minted}` },
        missing: this.#missing,
        isElsewhere: (identity) => isElsewhere(identity) && !found.some((one) => one.identity === identity),
        isStillAt: (entry) => this.#isStillAt(entry),
        isTrackable: (one) => this.#isTrackable(this.disk.node(Number(one.identity))),
      });
      this.movesSeen += looked.observed.filter(({ what }) => what === 'moved').length;
      open.push(...looked.folders);
    }
  }

  #found(node: Node): FoundEntry {
    const common = { name: node.name, kind: node.kind, identity: String(node.inode), ignored: isIgnored(node.name) };
    if (node.kind === 'folder') return common;
    return node.kind === 'link'
      ? { ...common, target: node.text }
      : { ...common, content: contentOf(node), attributes: attributesOf(node) };
  }

  #isStillAt(entry: LocalEntry): boolean {
    const node = this.disk.nodes.get(Number(entry.identity));
    return node !== undefined && node.name === entry.name && entry.parent !== null && node.parent === this.#inodeOf(entry.parent);
  }

  #isTrackable(folder: Node): boolean {
    return this.disk
      .children(folder.inode)
      .some(
        (node) => !isIgnored(node.name) && (node.kind !== 'folder' || !this.trees.isLeft(String(node.inode)) || this.#isTrackable(node)),
      );
  }

  #inodeOf(folder: EntryId): number | undefined {
    if (folder === this.trees.root) return ROOT_INODE;
    if (folder === STAGING) return STAGING_INODE;
    const identity = this.trees.local(folder)?.identity;
    return identity === undefined ? undefined : Number(identity);
  }

  // ---- hearing

  onDelta(delta: SimulatedDelta): boolean {
    if (!this.isComplete || this.cursor.entry !== undefined || delta.from !== this.cursor.revision) return false;
    applyRows(this.trees, delta.rows);
    this.cursor = { revision: delta.to };
    return true;
  }

  onPage(page: Page, after: { readonly revision: bigint; readonly entry?: EntryId | undefined }): void {
    if (after.revision !== this.cursor.revision || after.entry !== this.cursor.entry) return;
    applyRows(this.trees, page.rows);
    this.cursor = page.next;
    this.isComplete = !page.more;
  }

  onAnswer(answer: Answer): void {
    if (answer.delta !== undefined) this.onDelta(answer.delta);
    if (this.sent?.commit.number !== answer.number || this.sent.answer !== undefined) return;
    this.sent = { ...this.sent, answer: { number: answer.number, outcomes: [...answer.outcomes] } };
  }

  get isFresh(): boolean {
    const { done } = this.trees.all().synced[Symbol.iterator]().next();
    return this.cursor.revision === START.revision && this.cursor.entry === undefined && done === true && this.sent === undefined;
  }

  // ---- deciding

  settle(aloneMax = Infinity): void {
    if (!this.isComplete) return;
    if (this.sent?.answer !== undefined && this.cursor.revision >= (revisionAwaited(this.sent) ?? 0n)) {
      settleOutcome(this.trees, this.sent);
      this.sent = undefined;
    }
    this.trees.leaveOut(this.leftOut);
    const decided = settle(this.trees, this.sent, { policy: { ...this.policy, aloneMax } });
    if (decided.some(({ what }) => what === 'adopted')) this.queue = [];
  }

  plan(aloneMax = Infinity): Plan | undefined {
    if (!this.isComplete) return undefined;
    const planned = plan(this.trees, { ...this.policy, operationsMax: this.operationsMax(), aloneMax }, this.sent);
    const isEmpty = planned.disk.length === 0 && planned.commit.operations.length === 0;
    return isEmpty && !planned.isAll && this.sent === undefined ? this.plan(aloneMax * 2) : planned;
  }

  /** Whether a commit is to go out. */
  planStep(): boolean {
    if (this.#intent !== undefined) this.scan();
    const aloneMax = this.aloneMax();
    this.settle(aloneMax);
    const planned = this.plan(aloneMax);
    this.lastPlan = planned;
    if (planned === undefined) return false;
    noteConflicts(this.trees, planned.conflicts);
    this.queue = [...planned.disk];
    if (this.sent !== undefined) return false;
    if (this.asked !== undefined) return this.#ask(this.asked);
    if (planned.commit.operations.length === 0) return false;
    const { operations, notes, marks } = planned.commit;
    const commit: Commit = { number: ++this.#commits, at: { revision: this.cursor.revision, chain: GENESIS }, operations };
    this.sent = { commit, notes, marks };
    for (const note of notes) if (note.copyOf !== undefined) this.#rememberCopy(operations[note.operation], note.copyOf);
    return true;
  }

  #ask({ request, at, whenTaken }: Asked): boolean {
    const commit: Commit = { number: ++this.#commits, at: { revision: at, chain: GENESIS }, operations: request.operations };
    this.sent = { commit, notes: [], marks: [], request: { entry: request.entry } };
    this.whenTaken.set(commit.number, whenTaken);
    this.asked = undefined;
    return true;
  }

  #rememberCopy(operation: Operation | undefined, of: { readonly entry: EntryId; readonly base: string }): void {
    if (operation?.type === 'createFile')
      this.copies.push({ copy: operation.entry, of: of.entry, base: of.base, content: labelOf(operation.content) });
    if (operation?.type === 'createLink')
      this.copies.push({ copy: operation.entry, of: of.entry, base: of.base, content: operation.target });
  }

  // ---- acting on the disk

  crash(): void {
    this.asked = undefined;
    this.queue = [];
  }

  /** One disk operation. A crash leaves it done on disk and not in the journal, but for the intent. */
  perform(operation: DiskOperation, crash: boolean): boolean {
    const done = this.#act(operation);
    if (!done.outcome.done) return false;
    if (crash) this.#intent = { operation, identity: done.identity };
    else applyDiskOutcome(this.trees, operation, done.outcome);
    return true;
  }

  #act(operation: DiskOperation): { readonly outcome: DiskOutcome; readonly identity: Identity } {
    switch (operation.type) {
      case 'createFolder':
      case 'createFile':
      case 'createLink':
        return this.#create(operation);
      case 'rename':
        return this.#rename(operation);
      case 'replaceFile':
      case 'replaceLink':
        return this.#replace(operation);
      case 'setAttributes':
        return this.#setAttributes(operation);
      case 'removeFile':
      case 'removeFolder':
        return this.#remove(operation);
    }
  }

  #create(operation: Extract<DiskOperation, { type: 'createFolder' | 'createFile' | 'createLink' }>) {
    const parent = this.#inodeOf(operation.parent);
    if (this.trees.local(operation.entry) !== undefined) return refused('changed');
    if (parent === undefined || !this.disk.nodes.has(parent)) return refused('parent-missing');
    const there = this.disk.find(parent, operation.name);
    let node: Node | undefined;
    if (there !== undefined) {
      const isOurs = operation.type === 'createFolder' && there.kind === 'folder' && this.trees.isLeft(String(there.inode));
      if (isOurs) node = there;
      else if (!this.#moveAside(there)) return refused('occupied');
    }
    if (operation.type === 'createFolder') node ??= this.disk.add(parent, operation.name, 'folder');
    else if (operation.type === 'createLink') node = this.disk.add(parent, operation.name, 'link', operation.target);
    else {
      const { content, attributes } = operation;
      node = this.disk.add(parent, operation.name, 'file', labelOf(content), minutesOf(attributes), attributes.executable);
    }
    return this.#done(node, { entry: operation.entry, parent: operation.parent });
  }

  #rename(operation: Extract<DiskOperation, { type: 'rename' }>) {
    const node = this.#expected(operation);
    const parent = this.#inodeOf(operation.parent);
    if (node === undefined) return refused('changed');
    if (parent === undefined || !this.disk.nodes.has(parent)) return refused('parent-missing');
    if (this.disk.isInside(parent, node.inode)) return refused('changed');
    const there = this.disk.find(parent, operation.name);
    if (there !== undefined && there !== node && !this.#moveAside(there)) return refused('occupied');
    this.disk.move(node, parent, operation.name);
    return this.#done(node, { entry: operation.entry, parent: operation.parent });
  }

  #replace(operation: Extract<DiskOperation, { type: 'replaceFile' | 'replaceLink' }>) {
    const node = this.#expected(operation);
    if (node === undefined) return refused('changed');
    this.disk.remove(node.inode);
    const isFile = operation.type === 'replaceFile';
    const fresh = isFile
      ? this.disk.add(
          node.parent,
          node.name,
          'file',
          labelOf(operation.content),
          minutesOf(operation.attributes),
          operation.attributes.executable,
        )
      : this.disk.add(node.parent, node.name, 'link', operation.target);
    return this.#done(fresh, { entry: operation.entry, parent: operation.expect.parent });
  }

  #setAttributes(operation: Extract<DiskOperation, { type: 'setAttributes' }>) {
    const node = this.#expected(operation);
    if (node === undefined) return refused('changed');
    node.modified = minutesOf(operation.attributes);
    node.executable = operation.attributes.executable;
    return this.#done(node, { entry: operation.entry, parent: operation.expect.parent });
  }

  #remove(operation: Extract<DiskOperation, { type: 'removeFile' | 'removeFolder' }>) {
    const node = this.#expected(operation);
    if (node === undefined) return refused('changed');
    const identity = String(node.inode);
    const inside = this.disk.below(node.inode);
    const isTracked = (one: Node): boolean => (one.kind === 'folder' ? !this.trees.isLeft(String(one.inode)) : !isIgnored(one.name));
    if (inside.some(isTracked)) return refused('not-empty');
    if (inside.length > 0) return { outcome: { done: true, left: identity } as const, identity };
    this.disk.remove(node.inode);
    return { outcome: { done: true } as const, identity };
  }

  /** The very object that was seen when the operation was planned, where and as it was. */
  #expected({ expect }: Extract<DiskOperation, { expect: unknown }>): Node | undefined {
    const node = this.disk.nodes.get(Number(expect.identity));
    if (node === undefined || node.name !== expect.name || node.parent !== this.#inodeOf(expect.parent)) return undefined;
    if (node.kind === 'folder') return node;
    const key =
      node.kind === 'file' ? contentKeyOf({ kind: 'file', content: contentOf(node) }) : contentKeyOf({ kind: 'link', target: node.text });
    return key === expect.content ? node : undefined;
  }

  #moveAside(node: Node): boolean {
    if (!this.trees.isLeft(String(node.inode))) return false;
    let n = 0;
    while (this.disk.find(node.parent, `${node.name} (left ${n})`) !== undefined) n++;
    this.disk.move(node, node.parent, `${node.name} (left ${n})`);
    return true;
  }

  #done(node: Node, { entry, parent }: { readonly entry: EntryId; readonly parent: EntryId }) {
    const { ignored: _, ...seen } = this.#found(node);
    const identity = String(node.inode);
    return { outcome: { done: true, local: { ...seen, id: entry, parent } } as const, identity };
  }

  #recover(): void {
    const intent = this.#intent;
    this.#intent = undefined;
    if (intent !== undefined) settleIntents(this.trees, [intent], (one) => this.#isDone(one));
  }

  #isDone({ operation, identity }: Intent): boolean {
    const node = this.disk.nodes.get(Number(identity));
    switch (operation.type) {
      case 'removeFile':
      case 'removeFolder':
        return node === undefined;
      case 'rename':
        return node !== undefined && node.name === operation.name && node.parent === this.#inodeOf(operation.parent);
      case 'setAttributes':
        return (
          node !== undefined && node.modified === minutesOf(operation.attributes) && node.executable === operation.attributes.executable
        );
      case 'createFolder':
      case 'createFile':
      case 'createLink':
      case 'replaceFile':
      case 'replaceLink':
        return node !== undefined;
    }
  }
}

const refused = (reason: Extract<DiskOutcome, { done: false }>['reason']) => ({ outcome: { done: false, reason } as const, identity: '' });
