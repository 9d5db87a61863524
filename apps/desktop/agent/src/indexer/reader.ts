import type { EntryId } from '@tidemark/domain';
import type { Identity } from '@tidemark/sync-engine';
import type { Stat } from '../journal/disk-forms.ts';
import type { WorkerData } from './calls.ts';
import type { Read } from './found-entries.ts';
import type { Hashed } from './look.ts';
import { DiskWorker } from './worker.ts';

const BATCH_FILES_MAX = 128;
/** Asked of a thread ahead, so that it does not wait for us between two. */
const BATCHES_AHEAD_MAX = 2;
const BATCH_BYTES = 16 * 1024 * 1024;
/** Larger files have a thread of their own, so that small ones do not wait behind them. */
const LARGE_BYTES_MIN = 32 * 1024 * 1024;
/** A folder is looked at again after so many of its files were read, so that results do not pile up. */
const RESULTS_HELD_MAX = 2_000;

interface Job {
  readonly folder: EntryId;
  readonly names: readonly string[];
  readonly name: string;
  readonly stat: Stat;
}

/** Reads files in threads, many small ones a message, and holds what they held until the folder is looked at again. */
export class Reader {
  readonly #lanes: { readonly worker: DiskWorker; readonly queue: Job[]; running: number }[];
  readonly #queued = new Map<Identity, Job>();
  readonly #ofFolder = new Map<EntryId, { open: number; done: number }>();
  readonly #results = new Map<Identity, Read>();
  readonly #failed = new Map<Identity, { stat: Stat; code: string }>();
  readonly #onFolder: (folder: EntryId, changed: readonly string[]) => void;
  readonly #onError: (error: unknown) => void;
  #bytes = 0;
  #stopped = false;

  /** @param onFolder the folder has results, or files that changed while they were read (by name). */
  constructor(data: WorkerData, onFolder: (folder: EntryId, changed: readonly string[]) => void, onError: (error: unknown) => void) {
    this.#lanes = [0, 1].map(() => ({ worker: new DiskWorker(data), queue: [], running: 0 }));
    this.#onFolder = onFolder;
    this.#onError = onError;
  }

  get open(): { readonly files: number; readonly bytes: number } {
    return { files: this.#queued.size, bytes: this.#bytes };
  }

  /** Something small is probably to be read soon. */
  warm(): void {
    this.#lanes[0]?.worker.warm();
  }

  isReading(folder: EntryId): boolean {
    return this.#ofFolder.has(folder);
  }

  result(identity: Identity): Read | undefined {
    return this.#results.get(identity);
  }

  failed(identity: Identity): { readonly stat: Stat; readonly code: string } | undefined {
    return this.#failed.get(identity);
  }

  /** It is observed, or no longer wanted. */
  forget(identity: Identity): void {
    this.#results.delete(identity);
  }

  /** What could not be read is tried once more. */
  forgive(): void {
    this.#failed.clear();
  }

  read(folder: EntryId, names: readonly string[], file: { readonly name: string; readonly stat: Stat }): void {
    if (this.#queued.has(file.stat.identity)) return;
    const job = { folder, names, ...file };
    this.#queued.set(file.stat.identity, job);
    this.#bytes += file.stat.size;
    const count = this.#ofFolder.get(folder) ?? { open: 0, done: 0 };
    count.open += 1;
    this.#ofFolder.set(folder, count);
    const lane = this.#lanes[file.stat.size >= LARGE_BYTES_MIN ? 1 : 0];
    lane?.queue.push(job);
    if (lane !== undefined && lane.running < Math.min(BATCHES_AHEAD_MAX, lane.queue.length)) void this.#run(lane);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#lanes.map(({ worker }) => worker.stop()));
  }

  async #run(lane: { readonly worker: DiskWorker; readonly queue: Job[]; running: number }): Promise<void> {
    lane.running += 1;
    await Promise.resolve(); // whoever is asking may have more
    try {
      while (lane.queue.length > 0 && !this.#stopped) {
        const batch = takeBatch(lane.queue);
        const hashed = await lane.worker
          .ask({ type: 'hash', jobs: batch.map(({ names, name }) => ({ folder: names, name })) })
          .catch((error: unknown) => {
            if (!this.#stopped) this.#onError(error);
            return batch.map((): Hashed => ({ problem: 'changed' }));
          });
        if (this.#stopped) return;
        this.#take(batch, hashed);
      }
    } finally {
      lane.running -= 1;
    }
  }

  #take(batch: readonly Job[], hashed: readonly Hashed[]): void {
    const changed = new Map<EntryId, string[]>();
    batch.forEach((job, at) => {
      const result = hashed[at];
      const { identity, size } = job.stat;
      this.#queued.delete(identity);
      this.#bytes -= size;
      const count = this.#ofFolder.get(job.folder);
      if (count) {
        count.open -= 1;
        count.done += 1;
      }
      if (result === undefined || 'problem' in result) {
        const problem = result?.problem ?? 'changed';
        if (typeof problem === 'object') this.#failed.set(identity, { stat: job.stat, code: problem.code });
        else if (problem === 'changed') changed.set(job.folder, [...(changed.get(job.folder) ?? []), job.name]);
      } else this.#results.set(result.stat.identity, result);
    });
    for (const folder of new Set(batch.map((job) => job.folder))) {
      const count = this.#ofFolder.get(folder);
      const names = changed.get(folder) ?? [];
      const isDue = count === undefined || count.open === 0 || count.done >= RESULTS_HELD_MAX;
      if (count?.open === 0) this.#ofFolder.delete(folder);
      else if (count && isDue) count.done = 0;
      if (isDue || names.length > 0) this.#onFolder(folder, names);
    }
  }
}

function takeBatch(queue: Job[]): Job[] {
  let bytes = 0;
  let n = 0;
  for (; n < queue.length && n < BATCH_FILES_MAX && (n === 0 || bytes < BATCH_BYTES); n++) bytes += queue[n]?.stat.size ?? 0;
  return queue.splice(0, n);
}
