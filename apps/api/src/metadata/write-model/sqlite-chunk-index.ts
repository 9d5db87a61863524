import {
  NO_REVISION,
  assert,
  decodeStoredChunks,
  must,
  parseBlocksEvent,
  parsePackId,
  type ChunkId,
  type EventId,
  type PackId,
  type RecordedEvent,
  type Revision,
  type StoredChunk,
} from '@tidemark/domain';
import { bigintOf, booleanOf, bytesOf, integerOf, textOf, transaction, type Database } from '@tidemark/sqlite';
import { BrokenHistory } from './broken-history.ts';
import { soundPart, type StreamView } from './followed-view.ts';
import { openViewFile, removeViewFile } from './view-file.ts';

const SCHEMA = `
  CREATE TABLE head (one INTEGER PRIMARY KEY CHECK (one = 1), revision INTEGER NOT NULL, event TEXT NOT NULL) STRICT;
  CREATE TABLE packs (number INTEGER PRIMARY KEY, pack BLOB NOT NULL UNIQUE) STRICT;
  CREATE TABLE chunks (
    id BLOB PRIMARY KEY, pack INTEGER NOT NULL, offset INTEGER NOT NULL, stored_length INTEGER NOT NULL, size INTEGER NOT NULL,
    zstd INTEGER NOT NULL, page INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  INSERT INTO head VALUES (1, -1, '');
`;

/** A chunk and the pack in which it rests. */
export interface LocatedChunk extends StoredChunk {
  readonly pack: PackId;
}

const idBytes = (id: string): Uint8Array => Buffer.from(id, 'hex');

/**
 * Which chunks a workspace has and where they rest: its `blocks-` stream as a table in a file of its own. Appends to that stream commute and so carry no chain;
 * the id of the last event taken vouches for the place instead. A cache, like every view.
 */
export class SqliteChunkIndex implements StreamView {
  readonly #path: string;
  #db: Database;
  #revision: Revision = NO_REVISION;
  #event = '' as EventId;

  private constructor(path: string) {
    this.#path = path;
    this.#db = this.#open();
  }

  static open(path: string): SqliteChunkIndex {
    return new SqliteChunkIndex(path);
  }

  /** The last event taken. */
  get head(): { readonly revision: Revision; readonly event: EventId } {
    return { revision: this.#revision, event: this.#event };
  }

  isHead({ revision, id }: RecordedEvent): boolean {
    return revision === this.#revision && id === this.#event;
  }

  /** Without a chain, what follows is what has the next revision and can be read; see {@link StreamView}. */
  take(events: readonly RecordedEvent[]): void {
    const { sound, broken } = soundPart(events, this.#revision, () => true);
    this.#apply(sound);
    if (broken !== undefined) throw new BrokenHistory(broken.stream, broken.revision);
  }

  startOver(): void {
    this.#db.close();
    removeViewFile(this.#path);
    this.#db = this.#open();
  }

  close(): void {
    this.#db.close();
  }

  has(id: ChunkId): boolean {
    return this.#db.get('SELECT 1 FROM chunks WHERE id = ?', idBytes(id)) !== undefined;
  }

  find(id: ChunkId): LocatedChunk | undefined {
    const row = this.#db.get(
      'SELECT packs.pack, offset, stored_length, size, zstd, page FROM chunks JOIN packs ON packs.number = chunks.pack WHERE id = ?',
      idBytes(id),
    );
    if (row === undefined) return undefined;
    return {
      id,
      pack: Buffer.from(bytesOf(row, 'pack')).toString('hex') as PackId,
      offset: integerOf(row, 'offset'),
      storedLength: integerOf(row, 'stored_length'),
      size: integerOf(row, 'size'),
      codec: booleanOf(row, 'zstd') ? 'zstd' : 'none',
      page: booleanOf(row, 'page'),
    };
  }

  /** All or none. */
  #apply(events: readonly RecordedEvent[]): void {
    const last = events.at(-1);
    if (last === undefined || last.revision <= this.#revision) return;
    transaction(this.#db, () => {
      for (const event of events) {
        if (event.revision <= this.#revision) continue;
        const stored = parseBlocksEvent(event);
        if (stored === undefined) continue;
        const [pack, chunks] = [parsePackId(stored.data.pack), decodeStoredChunks(stored.data.chunks)];
        if (pack === undefined || chunks === undefined) throw new BrokenHistory(event.stream, event.revision);
        this.#store(pack, chunks);
      }
      this.#db.run('UPDATE head SET revision = ?, event = ?', last.revision, last.id);
    });
    this.#revision = last.revision;
    this.#event = last.id;
  }

  #store(pack: PackId, chunks: readonly StoredChunk[]): void {
    this.#db.run('INSERT OR IGNORE INTO packs (pack) VALUES (?)', idBytes(pack));
    const { number } = must(this.#db.get('SELECT number FROM packs WHERE pack = ?', idBytes(pack)), 'a pack that was put is there');
    assert(typeof number === 'number', 'packs are numbered');
    // The first place stays. The same bytes may be a file's chunk and, later, a page that was checked as one.
    for (const { id, offset, storedLength, size, codec, page } of chunks)
      this.#db.run(
        'INSERT INTO chunks VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET page = 1 WHERE excluded.page = 1',
        idBytes(id),
        number,
        offset,
        storedLength,
        size,
        codec === 'zstd',
        page,
      );
  }

  #open(): Database {
    return openViewFile(this.#path, SCHEMA, (db) => {
      const row = must(db.get('SELECT revision, event FROM head'), 'an index has a head');
      this.#revision = bigintOf(row, 'revision');
      this.#event = textOf(row, 'event') as EventId;
    });
  }
}
