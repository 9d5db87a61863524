import { contentKeyOf, nameKey, type Content, type EntryId } from '@tidemark/domain';
import { attributesAt, contentNamed, entryNamed, ROOT } from '@tidemark/domain/testing';
import { pathOf } from '../../explain/path.ts';
import type { Policy } from '../../planner/policy.ts';
import type { LocalEntry } from '../../trees/trees.port.ts';
import type { Disk, DiskOperation, DiskOutcome, Intent } from '../ports.ts';
import { Synchronizer, type Activity } from '../synchronizer.ts';
import { FakeServer } from './fake-server.ts';
import { MemoryJournal } from './memory-journal.ts';
import { VirtualTimers } from './virtual-timers.ts';

/** A disk that does what it is told, unless a test has another idea. */
export class FakeDisk implements Disk {
  readonly batches: (readonly DiskOperation[])[] = [];
  before: (operations: readonly DiskOperation[]) => void | Promise<void> = () => undefined;
  outcome: (operation: DiskOperation) => DiskOutcome | { readonly fault: Error } | undefined = () => undefined;
  onRemoved: (entry: EntryId) => void = () => undefined;
  readonly #journal: MemoryJournal;

  constructor(journal: MemoryJournal) {
    this.#journal = journal;
  }

  get done(): string[] {
    return this.batches.flat().map(({ type, entry }) => `${type} ${this.#nameOf(entry)}`);
  }

  async perform(
    operations: readonly DiskOperation[],
    intend: (intents: readonly Intent[]) => void,
  ): Promise<readonly (DiskOutcome | { readonly fault: Error })[]> {
    this.batches.push(operations);
    intend(operations.map((operation) => ({ operation, identity: `new ${operation.entry}` })));
    await this.before(operations);
    return operations.map((operation) => this.outcome(operation) ?? this.#do(operation));
  }

  #do(operation: DiskOperation): DiskOutcome {
    const { entry } = operation;
    if (operation.type === 'removeFile' || operation.type === 'removeFolder') return { done: true };
    const known = this.#journal.trees.local(entry);
    const isCreation = operation.type === 'createFolder' || operation.type === 'createFile' || operation.type === 'createLink';
    const local: LocalEntry = {
      id: entry,
      kind: operation.type === 'createFolder' ? 'folder' : operation.type === 'createLink' ? 'link' : (known?.kind ?? 'file'),
      parent: isCreation || operation.type === 'rename' ? operation.parent : (known?.parent ?? ROOT),
      name: isCreation || operation.type === 'rename' ? operation.name : (known?.name ?? ''),
      content: 'content' in operation ? operation.content : known?.content,
      target: 'target' in operation ? operation.target : known?.target,
      attributes: 'attributes' in operation ? operation.attributes : known?.attributes,
      identity: `new ${entry}`,
    };
    return { done: true, local };
  }

  #nameOf(entry: EntryId): string {
    return this.#journal.trees.remote(entry)?.name ?? entry;
  }
}

/** One device and its server; `restart` is what a crash leaves of the device. */
export class World {
  readonly server = new FakeServer();
  readonly timers = new VirtualTimers();
  readonly journal = new MemoryJournal(ROOT);
  readonly disk = new FakeDisk(this.journal);
  readonly looked: EntryId[] = [];
  readonly activity: Activity[] = [];
  readonly problems: (Error | undefined)[] = [];
  turns = 0;
  policy: Policy = { deviceName: 'laptop', mayWrite: true, excluded: () => false, platformProblem: () => undefined };
  sync = this.#make();

  get trees() {
    return this.journal.trees;
  }

  #make(): Synchronizer {
    return new Synchronizer({
      journal: this.journal,
      disk: this.disk,
      remote: this.server,
      uploader: this.server,
      timers: this.timers,
      policy: () => this.policy,
      pathOf: (entry) => pathOf(this.journal.trees, entry),
      lookAgain: (entries) => this.looked.push(...entries),
      onActivity: (activity) => this.activity.push(activity),
      onChange: () => (this.turns += 1),
      onProblem: (problem) => this.problems.push(problem),
    });
  }

  async start(): Promise<void> {
    this.sync.start();
    this.sync.scanned();
    await this.timers.pass(2_000);
  }

  /** The process is gone without a word; what it was waiting for never comes. */
  async crash(): Promise<void> {
    void this.sync.stop();
    await this.timers.pass(0);
    this.sync = this.#make();
  }

  write(name: string, content: string | Content = name, options: { readonly in?: string; readonly seconds?: number } = {}): EntryId {
    const [known] = this.trees.localByKey(entryNamed(options.in ?? 'root'), nameKey(name, 'portable'));
    const id = known?.id ?? entryNamed(`${options.in ?? ''}${name}`);
    this.trees.setLocal(id, {
      id,
      kind: 'file',
      parent: entryNamed(options.in ?? 'root'),
      name,
      content: typeof content === 'string' ? contentNamed(content) : content,
      attributes: attributesAt(options.seconds ?? 1),
      identity: known?.identity ?? `of ${id}`,
    });
    this.sync.observed([id]);
    return id;
  }

  makeFolder(name: string): EntryId {
    const id = entryNamed(name);
    this.trees.setLocal(id, { id, kind: 'folder', parent: ROOT, name, identity: `of ${id}` });
    this.sync.observed([id]);
    return id;
  }

  remove(id: EntryId): void {
    this.trees.setLocal(id, undefined);
    this.sync.observed([id]);
  }

  /** Every entry by name: what it holds. */
  local(): Record<string, string> {
    return Object.fromEntries(Array.from(this.trees.all().local, (one) => [one.name, contentKeyOf(one)]));
  }
}

export const large = (name: string, bytes = 100 * 1024 * 1024): Content => ({ ...contentNamed(name), size: bytes });
