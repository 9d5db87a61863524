import { closeSync, openSync, read, readSync } from 'node:fs';
import { promisify } from 'node:util';
import { chunkIdOf } from '@tidemark/chunking';
import type { ChunkRef, Content, EntryId } from '@tidemark/domain';
import { FILE_FLAGS, Folder, openBeneath } from '../disk/beneath.ts';
import type { EntryPaths } from '../disk/entry-paths.ts';
import type { SqliteJournal } from '../journal/sqlite-journal.ts';
import type { LocalContents, LocalFile } from './local-contents.port.ts';

/** Longer reads go to another thread. */
const READ_HERE_BYTES_MAX = 64 * 1024;
const readAside = promisify(read);

/** What the journal knows of contents, and the files of the folder themselves. Files are opened from the root down, no link followed. */
export class JournalContents implements LocalContents {
  readonly #journal: SqliteJournal;
  readonly #paths: EntryPaths;
  readonly #root: string;

  /** @param root path of the workspace's folder. */
  constructor(journal: SqliteJournal, paths: EntryPaths, root: string) {
    this.#journal = journal;
    this.#paths = paths;
    this.#root = root;
  }

  refsOf(content: Content): readonly ChunkRef[] | undefined {
    return content.chunks ?? this.#journal.chunks.manifest(content.id);
  }

  keepRefs(content: Content, refs: readonly ChunkRef[]): void {
    this.#journal.chunks.putManifest(content.id, refs);
  }

  contentOf(entry: EntryId): Content | undefined {
    return this.#journal.trees.local(entry)?.content;
  }

  async openEntry(entry: EntryId): Promise<LocalFile | undefined> {
    const names = this.#paths.namesOf(entry);
    const name = names?.at(-1);
    if (names === undefined || name === undefined) return undefined;
    let folder: Folder | undefined;
    try {
      const root = Folder.open(this.#root);
      try {
        const found = openBeneath(root, names.slice(0, -1));
        if (typeof found === 'string') return undefined;
        folder = found;
      } finally {
        root.close();
      }
      return new OpenFile(openSync(folder.path(name), FILE_FLAGS));
    } catch {
      return undefined; // gone, a link, or not readable: the indexer says which
    } finally {
      folder?.close();
    }
  }

  async readChunk(chunk: ChunkRef): Promise<Uint8Array | undefined> {
    for (const { identity, offset, size } of this.#journal.chunks.find(chunk.id, chunk.size)) {
      const entry = this.#journal.trees.localByIdentity(identity);
      const file = entry && (await this.openEntry(entry.id));
      if (!file) continue;
      try {
        const bytes = await file.read(offset, size);
        if (bytes.length === chunk.size && chunkIdOf(bytes) === chunk.id) return bytes;
      } finally {
        await file.close();
      }
    }
    return undefined;
  }
}

/** Opened, read in small parts, and closed without leaving the thread: each of these is shorter than handing it to another, and files come by the thousand. */
class OpenFile implements LocalFile {
  readonly #fd: number;
  readonly #reading = new Set<Promise<unknown>>();

  constructor(fd: number) {
    this.#fd = fd;
  }

  /** What cannot be read (EIO, a folder by now) counts as not there: it is looked for elsewhere, and the indexer finds out why. */
  async read(offset: number, length: number): Promise<Uint8Array> {
    const bytes = Buffer.allocUnsafe(length);
    let filled = 0;
    while (filled < length) {
      const count = await this.#readInto(bytes, filled, offset + filled);
      if (count === 0) break;
      filled += count;
    }
    return bytes.subarray(0, filled);
  }

  #readInto(bytes: Buffer, filled: number, position: number): number | Promise<number> {
    const left = bytes.length - filled;
    if (left > READ_HERE_BYTES_MAX) {
      const reading = readAside(this.#fd, bytes, filled, left, position)
        .then(({ bytesRead }) => bytesRead)
        .catch(() => 0)
        .finally(() => this.#reading.delete(reading));
      this.#reading.add(reading);
      return reading;
    }
    try {
      return readSync(this.#fd, bytes, filled, left, position);
    } catch {
      return 0;
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#reading);
    closeSync(this.#fd);
  }
}
