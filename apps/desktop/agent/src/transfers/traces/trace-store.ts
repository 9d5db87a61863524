import { rmSync } from 'node:fs';
import type { ChunkId } from '@tidemark/domain';
import { bytesOf, integerOf, openDatabase, transaction, type Database } from '@tidemark/sqlite';
import { TRACED_BYTES_MIN, traceOf } from './trace.ts';

/** About 15 GiB of files; the oldest go first. */
export const TRACES_BYTES_MAX = 512 * 1024 * 1024;
const WAITING_MAX = 64;
const CHECK_EVERY = 32;

const MIGRATIONS = [
  `CREATE TABLE traces (n INTEGER PRIMARY KEY, chunk BLOB NOT NULL UNIQUE, trace BLOB NOT NULL);
   CREATE TABLE total (bytes INTEGER NOT NULL);
   INSERT INTO total VALUES (0);`,
];

/**
 * Traces of the chunks of one workspace that came by on their way up or down. A cache: what is missing or was lost costs bytes on the wire, nothing else, and the file may be deleted
 * while no agent runs. Faults of its disk are swallowed.
 */
export class TraceStore {
  readonly #db: Database;
  readonly #bytesMax: number;
  readonly #waiting = new Map<ChunkId, Uint8Array>();
  #flushes = 0;

  constructor(path: string, options: { readonly bytesMax?: number } = {}) {
    this.#db = openAnew(path);
    this.#bytesMax = options.bytesMax ?? TRACES_BYTES_MAX;
  }

  /** The chunk came by; small ones are left out. */
  remember(chunk: ChunkId, bytes: Uint8Array): void {
    if (bytes.length < TRACED_BYTES_MIN || this.#waiting.has(chunk)) return;
    this.#waiting.set(chunk, traceOf(bytes));
    if (this.#waiting.size >= WAITING_MAX) this.flush();
  }

  find(chunk: ChunkId): Uint8Array | undefined {
    const waiting = this.#waiting.get(chunk);
    if (waiting) return waiting;
    try {
      const row = this.#db.get('SELECT trace FROM traces WHERE chunk = ?', Buffer.from(chunk, 'hex'));
      return row && bytesOf(row, 'trace');
    } catch {
      return undefined;
    }
  }

  /** Writes what waits: when a transfer has ended, and on close. */
  flush(): void {
    if (this.#waiting.size === 0) return;
    const traces = [...this.#waiting];
    this.#waiting.clear();
    try {
      transaction(this.#db, () => {
        let added = 0;
        for (const [chunk, trace] of traces) {
          const isNew =
            this.#db.run('INSERT INTO traces (chunk, trace) VALUES (?, ?) ON CONFLICT DO NOTHING', Buffer.from(chunk, 'hex'), trace) > 0;
          if (isNew) added += trace.length;
        }
        this.#db.run('UPDATE total SET bytes = bytes + ?', added);
      });
      if (this.#flushes++ % CHECK_EVERY === 0) this.#makeRoom();
    } catch {
      // no room for a cache
    }
  }

  close(): void {
    this.flush();
    this.#db.close();
  }

  #makeRoom(): void {
    transaction(this.#db, () => {
      const total = this.#db.get('SELECT bytes FROM total');
      let excess = total ? integerOf(total, 'bytes') - this.#bytesMax : 0;
      if (excess <= 0) return;
      excess += this.#bytesMax / 10; // so that it is seldom
      let freed = 0;
      let last = 0;
      for (const row of this.#db.iterate('SELECT n, length(trace) AS bytes FROM traces ORDER BY n')) {
        freed += integerOf(row, 'bytes');
        last = integerOf(row, 'n');
        if (freed >= excess) break;
      }
      this.#db.run('DELETE FROM traces WHERE n <= ?', last);
      this.#db.run('UPDATE total SET bytes = bytes - ?', freed);
    });
  }
}

/** Damaged, or of another version: begun anew. */
function openAnew(path: string): Database {
  const open = () => openDatabase(path, { migrations: MIGRATIONS, synchronous: 'NORMAL' });
  try {
    return open();
  } catch {
    for (const file of [path, `${path}-wal`, `${path}-shm`]) rmSync(file, { force: true });
    return open();
  }
}
