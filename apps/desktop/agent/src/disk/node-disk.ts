import type { Disk, DiskOperation, Intent } from '@tidemark/sync-engine';
import { settleIntents } from '@tidemark/sync-engine';
import { Batch, foldersOf, type Result } from './batch.ts';
import type { Folder } from './beneath.ts';
import { diskFault } from './disk-fault.ts';
import type { NodeDiskOptions } from './disk-options.ts';
import { EntryPaths } from './entry-paths.ts';
import { isDoneOnDisk } from './intent-done.ts';
import { KeptFiles, type KeptContext } from './kept-files.ts';
import { OwnWork } from './own-work.ts';
import { openOwnRoot, TIDEMARK_FOLDER } from './root-marker.ts';
import { tidyStaging } from './staging.ts';

export type { NodeDiskOptions } from './disk-options.ts';

/**
 * The workspace's folder on this device's disk. A batch goes: assemble and fsync in staging, journal all intents, then one operation after another with its
 * precondition right before it, then fsync of every folder touched. Paths lead through open folders, never through a link.
 * What is displaced is kept; a person's edit that slipped in between comes back beside it.
 *
 * @throws {RootProblem} where the folder itself is not what it was: nothing was done.
 */
export class NodeDisk implements Disk {
  readonly paths: EntryPaths;
  readonly ownWork: OwnWork;
  readonly #options: NodeDiskOptions;
  readonly #staged = new Set<string>();

  constructor(options: NodeDiskOptions) {
    this.#options = options;
    this.paths = new EntryPaths(options.journal.trees, options.journal.forms);
    this.ownWork = options.ownWork ?? new OwnWork();
  }

  /**
   * At start, before anything is looked at: looks at the marker, settles what was intended when the last run ended, and clears away what was half done.
   * @throws {RootProblem} @throws {Fault}
   */
  prepare(): void {
    const { journal } = this.#options;
    this.#withRoot((root) => {
      journal.transaction(() => {
        const intents = journal.intents();
        settleIntents(journal.trees, intents, (intent) => isDoneOnDisk(root, this.paths, journal.trees, intent));
        for (const { operation } of intents) journal.dropIntent(operation.entry);
      });
      tidyStaging(root, this.#now());
      KeptFiles.open(root, this.#keptContext()).folder.close();
    });
  }

  /** Now and then: kept files are looked at again, and the old ones go. @throws {RootProblem} @throws {Fault} */
  tidyKept(): void {
    const back = this.#withRoot((root) => {
      const kept = KeptFiles.open(root, this.#keptContext());
      try {
        return kept.tidy(root);
      } finally {
        kept.folder.close();
      }
    });
    for (const path of back) this.#options.onUnknown?.(path);
  }

  async perform(operations: readonly DiskOperation[], intend: (intents: readonly Intent[]) => void): Promise<readonly Result[]> {
    const batch = this.#batch();
    const end = this.ownWork.begin(foldersOf(operations));
    try {
      return await batch.run(operations, intend);
    } finally {
      batch.close();
      setImmediate(end); // by then whoever called has written the journal
    }
  }

  #now(): number {
    return (this.#options.now ?? Date.now)();
  }

  #keptContext(): KeptContext {
    return { records: this.#options.journal.kept, device: this.#options.deviceName, now: () => this.#now() };
  }

  #openRoot(): Folder {
    return openOwnRoot(this.#options.root, this.#options);
  }

  #batch(): Batch {
    const root = this.#openRoot();
    try {
      return new Batch(this.#options, this.paths, root, this.#keptContext(), this.#staged);
    } catch (error) {
      root.close();
      throw diskFault(error, TIDEMARK_FOLDER) ?? error;
    }
  }

  #withRoot<Result>(work: (root: Folder) => Result): Result {
    const root = this.#openRoot();
    try {
      return work(root);
    } catch (error) {
      throw diskFault(error, this.#options.root) ?? error;
    } finally {
      root.close();
    }
  }
}
