import { must, type EntryId } from '@tidemark/domain';
import type { DiskOperation, DiskOutcome, Intent } from '@tidemark/sync-engine';
import { BatchPlaces, syncTouched } from './batch-places.ts';
import type { Folder } from './beneath.ts';
import { diskFault } from './disk-fault.ts';
import type { NodeDiskOptions } from './disk-options.ts';
import type { EntryPaths } from './entry-paths.ts';
import { KeptFiles, type KeptContext } from './kept-files.ts';
import { Preparation, type Ready } from './preparation.ts';
import type { Refusal } from './refusal.ts';
import { Room } from './room.ts';
import { TIDEMARK_FOLDER } from './root-marker.ts';
import { GATHERED_BYTES_MAX, openOwnFolder, Staging } from './staging.ts';
import { VisibleSteps } from './visible-steps.ts';

/** Operations prepared at once. */
const PREPARED_AT_ONCE_MAX = 512;
/** Of files being gathered or assembled: many small ones, so that they share requests and waits for the disk, or a few large ones. */
const STAGED_AT_ONCE_BYTES_MAX = 16 * 1024 * 1024;

export type Result = DiskOutcome | { readonly fault: Error };

/** One call of `perform`: prepare everything, journal all intents, do one after another, make the folders durable, remember. */
export class Batch {
  readonly #options: NodeDiskOptions;
  readonly #root: Folder;
  readonly #staging: Staging;
  readonly #kept: KeptFiles;
  readonly #places: BatchPlaces;
  readonly #preparation: Preparation;
  readonly #steps: VisibleSteps;

  constructor(options: NodeDiskOptions, paths: EntryPaths, root: Folder, context: KeptContext, staged: Set<string>) {
    this.#options = options;
    this.#root = root;
    this.#places = new BatchPlaces(options.journal, paths, root);
    this.#staging = new Staging(openOwnFolder(root, [TIDEMARK_FOLDER, 'staging']), staged, (what) => options.step?.(what));
    this.#kept = KeptFiles.open(root, context);
    this.#preparation = new Preparation(options, this.#places, this.#staging);
    this.#steps = new VisibleSteps(options, this.#places, this.#staging, this.#kept);
  }

  close(): void {
    this.#places.end();
    this.#staging.folder.close();
    this.#kept.folder.close();
    this.#root.close();
  }

  async run(operations: readonly DiskOperation[], intend: (intents: readonly Intent[]) => void): Promise<readonly Result[]> {
    const results: (Result | undefined)[] = operations.map(() => undefined);
    const ready: (Ready | undefined)[] = operations.map(() => undefined);
    const room = new Room(STAGED_AT_ONCE_BYTES_MAX);
    let next = 0;
    const lane = async (): Promise<void> => {
      for (let at = next++; at < operations.length; at = next++) {
        const operation = must(operations[at], 'within the batch');
        const outcome = await room.within(bytesStaged(operation), () =>
          this.#guarded(operation, () => this.#preparation.prepare(operation)),
        );
        if ('identity' in outcome) ready[at] = outcome;
        else results[at] = outcome;
      }
    };
    const lanes = await Promise.allSettled(Array.from({ length: Math.min(PREPARED_AT_ONCE_MAX, operations.length) }, lane));
    try {
      for (const one of lanes) if (one.status === 'rejected') throw one.reason;
      const going = ready.filter((one) => one !== undefined);
      if (going.length > 0) {
        this.#step('intend');
        intend(going.map(({ operation, identity }) => ({ operation, identity })));
      }
      for (const [at, one] of ready.entries()) {
        if (one === undefined) continue;
        results[at] = await this.#guarded(one.operation, () => this.#steps.act(one));
      }
      this.#step('fsync folders');
      this.#syncFolders(operations, results);
      this.#options.journal.transaction(() => this.#steps.remember());
    } finally {
      for (const one of ready) if (one?.staged) this.#staging.release(one.staged);
    }
    return results.map((result) => must(result, 'every operation has an outcome'));
  }

  #step(what: string): void {
    this.#options.step?.(what);
  }

  async #guarded<Done>(operation: DiskOperation, work: () => Done | Promise<Done>): Promise<Done | Refusal | { fault: Error }> {
    try {
      return await work();
    } catch (error) {
      const fault = diskFault(error, 'name' in operation ? operation.name : operation.expect.name);
      if (fault === undefined) throw error;
      return { fault };
    }
  }

  /** Not durable is not done. */
  #syncFolders(operations: readonly DiskOperation[], results: (Result | undefined)[]): void {
    syncTouched(this.#kept.folder);
    const failed = this.#places.sync();
    if (failed.size === 0) return;
    operations.forEach((operation, at) => {
      for (const folder of foldersOf([operation])) {
        const fault = failed.get(folder);
        if (fault !== undefined) results[at] = { fault };
      }
    });
  }
}

/** What is held of it in memory, at most, while it is staged. */
const bytesStaged = (operation: DiskOperation): number =>
  'content' in operation ? Math.min(operation.content.size, GATHERED_BYTES_MAX) : 0;

/** The folders in which the operations change something. */
export function foldersOf(operations: readonly DiskOperation[]): Set<EntryId> {
  const folders = new Set<EntryId>();
  for (const operation of operations) {
    if ('expect' in operation) folders.add(operation.expect.parent);
    if ('parent' in operation) folders.add(operation.parent);
    if (operation.type === 'removeFolder') folders.add(operation.entry);
  }
  return folders;
}
